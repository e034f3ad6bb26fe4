"""The words of the pages, one file a language."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from shopstream_platform.contract.metrics import LOCALES, METRICS

FOLDER = Path(__file__).parent / "locales"
# Dates and numbers as Europe writes them: the amounts are in EUR.
BROWSER_LOCALES: dict[str, Literal["en-GB", "fr-FR"]] = {"en": "en-GB", "fr": "fr-FR"}


@lru_cache
def texts(locale: str) -> dict[str, Any]:
    """All words of one language; KeyError for a language that there is not."""
    if locale not in LOCALES:
        raise KeyError(locale)
    return json.loads((FOLDER / f"{locale}.json").read_text(encoding="utf-8"))


def texts_of_page(locale: str) -> dict[str, Any]:
    """What the page's script writes itself."""
    found = texts(locale)
    labels = {name: metric.label[locale] for name, metric in METRICS.items()}
    return {"page": found["page"], "words": found["words"], "metrics": labels}
