"""The consoles of all commands. What they print may come from data, a source or dbt: controls in it are spelt out."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.text import Text

from shopstream_platform.config.visible import visible, visible_cell


class PlainConsole(Console):
    """A console that lets no control character through but its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Markup; cleaned before it is measured, so that tables keep their columns."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """All else that is drawn, such as texts of a progress bar."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def cell(value: object) -> str:
    """A value of a table as markup: one line, whatever is in it."""
    return escape(visible_cell(str(value)))


console = PlainConsole()
errors = PlainConsole(stderr=True)
