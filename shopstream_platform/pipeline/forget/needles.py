"""A person's values as they may stand where there are no columns: in logs, pages and events of any program."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from unicodedata import normalize
from urllib.parse import quote

from shopstream_platform.config.visible import visible
from shopstream_platform.pipeline.forget.person import ADDRESSES, Person

# Shorter ones stand in everything.
SHORTEST_ADDRESS, SHORTEST_NAME = 3, 4
FILL = "*"
_BETWEEN_NAMES = r"(?:\W|_){1,8}(?:(?:first|last)_?name(?:\W|_){1,8})?"
_WORD_BEGINS, _WORD_ENDS = "(?<![A-Za-z0-9])", "(?![A-Za-z0-9])"


@dataclass(frozen=True)
class Needles:
    """Patterns that Python and PostgreSQL both understand; compared without regard to case."""

    patterns: tuple[str, ...]

    @cached_property
    def _bytes(self) -> re.Pattern[bytes]:
        return re.compile("|".join(self.patterns).encode(), re.IGNORECASE)

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile("|".join(self.patterns), re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def found(self, content: bytes) -> Iterator[tuple[int, int]]:
        """(start, end) of every place, in bytes."""
        return (match.span() for match in self._bytes.finditer(content)) if self.patterns else iter(())

    def any_in(self, content: bytes) -> bool:
        """Whether the person stands anywhere."""
        return next(self.found(content), None) is not None

    def scrubbed(self, text: str) -> str:
        """The text with every place overwritten, as long as before: what reads it (JSON, HTML) still can."""
        return self._text.sub(lambda match: FILL * len(match[0]), text) if self.patterns else text

    def scrubbed_bytes(self, content: bytes) -> bytes:
        """`scrubbed` for bytes."""
        return self._bytes.sub(lambda match: FILL.encode() * len(match[0]), content) if self.patterns else content


def needles(person: Person, distinctive: Iterable[str]) -> Needles:
    """Addresses, first and last names beside each other, and the names that nobody and nothing else has."""
    addresses = {v for name in ADDRESSES for v in person.values.get(name, ()) if len(v) >= SHORTEST_ADDRESS}
    patterns = [_WORD_BEGINS + one + _WORD_ENDS for value in addresses for one in _spellings(value)]
    names = [values for name, values in sorted(person.values.items()) if name not in ADDRESSES]
    for first in names:
        for last in (values for values in names if values is not first):
            patterns += [
                f"{_WORD_BEGINS}{a}{_BETWEEN_NAMES}{b}{_WORD_ENDS}"
                for one in first
                for other in last
                for a, b in zip(_spellings(one), _spellings(other), strict=False)
            ]
    patterns += [_WORD_BEGINS + one + _WORD_ENDS for value in distinctive for one in _spellings(value)]
    # The longest first: what is left of it would not be found any more.
    return Needles(tuple(sorted(dict.fromkeys(patterns), key=len, reverse=True)))


def _spellings(value: str) -> list[str]:
    """The value in the cases and encodings in which programs write it, each as a pattern; always as many."""
    cases = [value, value.lower(), value.upper(), value.title()]
    forms = [normalize(form, case) for case in cases for form in ("NFC", "NFD")]
    return [_escaped(write(form)) for form in forms for write in _WRITERS]


def _escaped(text: str) -> str:
    """Every sign that means something in a pattern, for Python and PostgreSQL alike."""
    return "".join(sign if sign.isalnum() or sign == "_" or ord(sign) > 127 else f"\\{sign}" for sign in text)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


_WRITERS = (
    lambda text: text,
    _json,
    lambda text: _json(_json(text)),
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False).translate({ord(s): f"\\u{ord(s):04x}" for s in "<>&'"})[1:-1],
    lambda text: html.escape(text),
    lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    lambda text: text.replace("'", "''"),
    lambda text: text.replace("'", "\\'"),
    lambda text: text.replace('"', '""'),
    lambda text: text.replace("|", "\\|"),
    lambda text: quote(text),
    lambda text: quote(text, safe=""),
    visible,
)
