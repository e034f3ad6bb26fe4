"""The pages that read what changed: their first charts and their cards in both versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shopstream_platform.config.groups import DbtSettings, Locale
from shopstream_platform.contract.metrics import METRICS
from shopstream_platform.serving.kit.data import Figures, Marts, Options
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.preview import picture
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import translated

# A pull request is read by engineers: in English, whatever the shop's language is.
_LOCALE = Locale.EN


@dataclass(frozen=True)
class Look:
    """A page in one version: its first chart as PNG (none without rows), its cards."""

    chart: bytes | None
    cards: Figures


@dataclass(frozen=True)
class PageDiff:
    """A page before and after."""

    page: str
    before: Look
    after: Look

    @property
    def cards(self) -> list[tuple[str, str, str]]:
        """Label, before and after of the cards that moved."""
        moved = [
            (card, self.before.cards.get(card), value)
            for card, value in self.after.cards.items()
            if self.before.cards.get(card) != value
        ]
        return [(_label(card), _shown(before), _shown(after)) for card, before, after in moved]


def pages_of(models: Iterable[str]) -> list[Page]:
    """The pages that read one of these models."""
    names = set(models)
    return [page for page in PAGES.values() if names & reads_of(page)]


def reads_of(page: Page) -> set[str]:
    """The models that the page reads."""
    return {path.rpartition("/")[2] for path in page.reads}


def look(session: Warehouse, page: Page, schemas: DbtSettings) -> Look:
    """How the page looks on the marts of these schemas; nobody's name is in it. Raises ShopStreamError."""
    marts = Marts(session, schemas)
    with translated():
        return Look(picture(page, page.read(marts, Options()), locale=str(_LOCALE)), page.figures(marts))


def _label(card: str) -> str:
    return METRICS[card].label[str(_LOCALE)] if card in METRICS else card.replace("_", " ")


def _shown(value: Decimal | float | int | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{round(float(value), 4):,}"
