"""Names of countries from their three-letter codes, in the language of the pages; CLDR's names, by Babel."""

from collections.abc import Iterable
from functools import lru_cache

from babel import Locale
from babel.core import get_global

# What CLDR writes in full is longer than a chart has room for.
SHORTER = {"en": {"HKG": "Hong Kong", "MAC": "Macao"}, "fr": {"HKG": "Hong Kong", "MAC": "Macao"}}
THREE_LETTERS = 3


def country_names(locale: str, codes: Iterable[str]) -> dict[str, str]:
    """Code -> name, of those codes that are a country's (ISO 3166-1 alpha-3)."""
    names = _all(locale)
    return {code: names[code] for code in codes if code in names}


@lru_cache
def _all(locale: str) -> dict[str, str]:
    territories = Locale.parse(locale).territories
    found = {
        code: territories[short[0]]
        for code, short in get_global("territory_aliases").items()
        # Of a country that has been divided CLDR names all that followed.
        if len(code) == THREE_LETTERS and code.isalpha() and len(short) == 1 and short[0] in territories
    }
    return found | SHORTER[locale]
