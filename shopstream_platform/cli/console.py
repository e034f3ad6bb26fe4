"""The consoles of all commands. What they print may come from data, a source or dbt: controls in it are spelt out."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.text import Text

from shopstream_platform.config.visible import visible, visible_cell

# Of what is not read on a screen: nothing is wrapped, so that a row is a line.
WIDE = 10_000


class PlainConsole(Console):
    """A console that lets no control character through but its own, and wraps nothing in a file or a pipe."""

    # Whether each asset is told as it is made.
    verbose = False

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, **options)
        if not self.is_terminal and "width" not in options:
            self.width = WIDE

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
# What a command was called for: with --quiet, too.
results = PlainConsole()


def say_only(*, quiet: bool, verbose: bool) -> None:
    """How much is written for people: errors alone, or each asset too."""
    console.quiet, console.verbose = quiet, verbose


def only_json_on_stdout() -> None:
    """Send to stderr what is written for people: a program reads stdout."""
    console.stderr = results.stderr = True


def print_json(document: object) -> None:
    """One JSON document; dates and paths as text."""
    # In ASCII: what a source or a server says cannot steer a terminal then.
    sys.stdout.write(f"{json.dumps(document, indent=2, default=str)}\n")
