"""The words of the pages: one file a language for all pages, and one in the folder of each page."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from shopstream_platform.contract.metrics import LOCALES, METRICS
from shopstream_platform.serving.kit.countries import country_names
from shopstream_platform.serving.kit.declaration import Page

FOLDER = Path(__file__).parent / "locales"
# Dates and numbers as Europe writes them: the amounts are in EUR.
BROWSER_LOCALES: dict[str, Literal["en-GB", "fr-FR"]] = {"en": "en-GB", "fr": "fr-FR"}

# An axis title that begins so is the name of a word.
TITLE_MARK = "@"
# Between the thousands.
SEPARATORS = {"en": ",", "fr": "\u202f"}


@dataclass(frozen=True)
class Wording:
    """How a language calls a value and writes a count."""

    words: dict[str, str]
    thousands: str

    def word(self, value: str) -> str:
        """The value's name; itself if it has none."""
        return self.words.get(value, value)

    def count(self, value: int) -> str:
        """The number with its thousands apart."""
        return f"{value:,}".replace(",", self.thousands)


def wording(locale: str) -> Wording:
    """How this language writes."""
    return Wording(texts(locale)["words"], SEPARATORS[locale])


def texts(locale: str) -> dict[str, Any]:
    """The words of all pages in one language. Raises KeyError for an unsupported locale."""
    return _read(FOLDER, locale)


def texts_of(page: Page, locale: str) -> dict[str, Any]:
    """The words of one page alone: its title, its blocks' titles, what its script writes."""
    return _read(page.folder, locale)


def texts_of_script(page: Page, locale: str, countries: Iterable[str]) -> dict[str, Any]:
    """What the page's script writes itself; `countries` are the codes of which it needs the names."""
    shared, own = texts(locale), texts_of(page, locale)
    labels = {name: metric.label[locale] for name, metric in METRICS.items()}
    words = country_names(locale, countries) | shared["words"]
    return {"page": shared["page"] | own["page"], "words": words, "metrics": labels}


@lru_cache
def _read(folder: Path, locale: str) -> dict[str, Any]:
    if locale not in LOCALES:
        raise KeyError(locale)
    return json.loads((folder / f"{locale}.json").read_text(encoding="utf-8"))
