"""Text that other people wrote, made harmless for a terminal and a message: what cannot be seen is spelt out."""

import re

# C0, DEL and C1 steer a terminal; bidirectional controls make text read differently from what it is; the separators end
# lines where nobody expects it; a lone surrogate cannot be printed at all. Newlines and tabs lay text out.
_FORBIDDEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROL = re.compile(f"[{_FORBIDDEN}]")
_CONTROL_OR_LAYOUT = re.compile(f"[{_FORBIDDEN}\t\n]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str) -> str:
    r"""The text with each control character as an escape, such as \x1b or \u202e; newlines and tabs stay.

    Escapes rather than pictures such as U+241B: they name the very character, in any font, also on a pipe in ASCII.
    """
    return _CONTROL.sub(_escaped, text)


def visible_cell(text: str) -> str:
    r"""The same on one line: a newline or a tab is \n or \t too."""
    return _CONTROL_OR_LAYOUT.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
