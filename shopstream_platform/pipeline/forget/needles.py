"""A person's values as they may stand where there are no columns: in logs, pages and events of any program."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import quote

from shopstream_platform.config.visible import visible
from shopstream_platform.pipeline.forget.person import ADDRESSES, Person

# Shorter ones stand in everything.
SHORTEST_ADDRESS, SHORTEST_NAME = 3, 4
FILL = "*"
_BETWEEN_NAMES = re.compile(rb"[\W_]{1,8}(?:(?:first|last)_?name[\W_]{1,8})?")
_PLAIN = re.compile(rb"[a-z0-9]+")
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")


@dataclass(frozen=True)
class Needle:
    """Values that stand beside each other, each in all its spellings, lower case in ASCII.

    `anchors` are the parts that every spelling has: where one is missing, no spelling need be looked for.
    """

    spellings: tuple[tuple[bytes, ...], ...]
    anchors: tuple[bytes, ...]

    @classmethod
    def of(cls, *values: str) -> "Needle":
        """The needle of an address or a name, or of a first and a last name."""
        return cls(tuple(map(_spellings, values)), tuple(filter(None, map(_anchor, values))))

    def found(self, lowered: bytes) -> Iterator[tuple[int, int]]:
        """(start, end) of every place."""
        if not all(anchor in lowered for anchor in self.anchors):
            return
        first, *rest = self.spellings
        for spelling in first:
            start = lowered.find(spelling)
            while start >= 0:
                end = self._end(lowered, start + len(spelling), rest)
                if end and _is_apart(lowered, start, end):
                    yield start, end
                start = lowered.find(spelling, start + 1)

    @staticmethod
    def _end(lowered: bytes, end: int, rest: list[tuple[bytes, ...]]) -> int | None:
        for spellings in rest:
            # Back from the longest: what begins a name may be a sign that also stands between two.
            between = _BETWEEN_NAMES.match(lowered, end)
            begins = range(between.end(), end, -1) if between else ()
            ends = (at + len(one) for at in begins for one in spellings if lowered.startswith(one, at))
            if (found := next(ends, None)) is None:
                return None
            end = found
        return end


@dataclass(frozen=True)
class Needles:
    """All that is looked for; compared without regard to case."""

    all: tuple[Needle, ...]

    @property
    def anchors(self) -> list[str]:
        """One of these is part of whatever is found, unless the list is empty: then anything may be."""
        known = [needle.anchors[:1] for needle in self.all]
        return sorted({anchor.decode() for (anchor,) in known}) if all(known) else []

    def found(self, content: bytes) -> list[tuple[int, int]]:
        """(start, end) of every place, in bytes; in order, none within another."""
        lowered = content.lower()
        places = sorted({span for needle in self.all for span in needle.found(lowered)}, key=lambda s: (s[0], -s[1]))
        apart: list[tuple[int, int]] = []
        for start, end in places:
            if not apart or start >= apart[-1][1]:
                apart.append((start, end))
            else:
                apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        return apart

    def any_in(self, content: bytes) -> bool:
        """Whether the person stands anywhere."""
        lowered = content.lower()
        return any(True for needle in self.all for _ in needle.found(lowered))

    def scrubbed(self, text: str) -> str:
        """The text with every place overwritten, as long as before: what reads it (JSON, HTML) still can."""
        content, end, parts = text.encode(), 0, list[str]()
        for start, stop in self.found(content):
            parts += [content[end:start].decode(), FILL * len(content[start:stop].decode())]
            end = stop
        return "".join([*parts, content[end:].decode()])

    def scrubbed_bytes(self, content: bytes) -> bytes:
        """`scrubbed` for bytes."""
        changed = bytearray(content)
        for start, end in self.found(content):
            changed[start:end] = FILL.encode() * (end - start)
        return bytes(changed)


def needles(person: Person, distinctive: Iterable[str]) -> Needles:
    """Addresses, first and last names beside each other, and the names that nobody and nothing else has."""
    single = {v for name in ADDRESSES for v in person.values.get(name, ()) if len(v) >= SHORTEST_ADDRESS}
    names = [values for name, values in sorted(person.values.items()) if name not in ADDRESSES]
    pairs = [(a, b) for first in names for last in names if first is not last for a in first for b in last]
    found = [*((value,) for value in sorted({*single, *distinctive})), *sorted(set(pairs))]
    return Needles(tuple(Needle.of(*values) for values in found))


def _is_apart(lowered: bytes, start: int, end: int) -> bool:
    """Whether no letter or digit stands directly before or after: a part of a word is another word."""
    before, after = lowered[start - 1 : start], lowered[end : end + 1]
    return not (before and before[0] in _WORD) and not (after and after[0] in _WORD)


def _anchor(value: str) -> bytes | None:
    """The longest part that no encoding changes; None if all of them are short."""
    # Combining marks that some letters have are signs of their own in some spellings.
    plain = _PLAIN.findall(value.lower().encode())
    longest = max(plain, key=len, default=b"")
    return longest if len(longest) >= SHORTEST_ADDRESS else None


def _spellings(value: str) -> tuple[bytes, ...]:
    """The value in the cases and encodings in which programs write it, the longest first."""
    cases = [value, value.lower(), value.upper(), value.title(), value.casefold()]
    forms = {normalize(form, case) for case in cases for form in ("NFC", "NFD")}
    written = {write(form).encode(errors="surrogatepass").lower() for form in forms for write in _WRITERS}
    return tuple(sorted(written, key=lambda one: (-len(one), one)))


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
