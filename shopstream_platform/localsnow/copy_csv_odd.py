"""CSV dialects that DuckDB cannot read, such as Snowflake's default with its backslash escapes: rewritten first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TextIO

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.copy_files import LARGEST_RECORD, LocalFile
from shopstream_platform.localsnow.copy_options import FileFormat
from shopstream_platform.localsnow.errors import sql_error

ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def is_odd(files: list[LocalFile], given: FileFormat) -> bool:
    """Whether DuckDB's reader cannot be told to read these files as Snowflake would."""
    unescapes = given.escape_unenclosed == "\\" and any(file.has_backslash for file in files)
    other_escape = given.escape_unenclosed not in (None, "\\")
    return (
        bool(given.escape)
        or given.trim_space
        or given.skip_blank_lines
        or unescapes
        or other_escape
        or not given.empty_field_as_null
    )


def rewritten(files: list[LocalFile], given: FileFormat) -> tuple[list[LocalFile], FileFormat]:
    """The same rows in the plain dialect: every value quoted, NULL an empty field."""
    plain = FileFormat(quote='"', escape_unenclosed=None, null_if=(), empty_field_as_null=True)
    return [_rewrite(file, given) for file in files], plain


def count_records(file: LocalFile, given: FileFormat) -> int:
    """Records after the header."""
    with file.path.open(encoding="utf-8-sig", newline="") as source:
        return sum(1 for _ in _data_records(source, given, file.key))


def _rewrite(file: LocalFile, given: FileFormat) -> LocalFile:
    target = file.path.with_suffix(".csv")
    with file.path.open(encoding="utf-8-sig", newline="") as source, target.open("w", encoding="utf-8") as out:
        for fields in _data_records(source, given, file.key):
            out.write(",".join(_quoted(_value(field, given)) for field in fields) + "\n")
    return replace(file, path=target, longest_record=LARGEST_RECORD)


def _data_records(source: TextIO, given: FileFormat, name: str) -> Iterator[list[Field]]:
    for number, fields in enumerate(records(source, given, name)):
        if number >= given.skip_header and not (given.skip_blank_lines and fields == [Field("", False)]):
            yield fields


@dataclass(frozen=True)
class Field:
    raw: str
    enclosed: bool


def records(source: TextIO, given: FileFormat, name: str) -> Iterator[list[Field]]:
    """Split into records and fields; escapes stay in, for NULL_IF is compared before they are resolved."""
    text = source.read()
    position, fields = 0, []
    while position < len(text):
        field, position = _field(text, position, given, name)
        fields.append(field)
        ending = _ending(text, position)
        if ending:
            position += ending
            yield fields
            fields = []
        elif position >= len(text):
            yield fields
            return
        else:
            position += len(given.delimiter)
            if position >= len(text):
                yield [*fields, Field("", False)]
                return


def _field(text: str, start: int, given: FileFormat, name: str) -> tuple[Field, int]:
    opening = start
    while given.trim_space and opening < len(text) and text[opening] in " \t":
        opening += 1
    if given.quote and text[opening : opening + 1] == given.quote:
        return _enclosed(text, opening + 1, given, name)
    position = start
    escapes = {given.escape, given.escape_unenclosed}
    while position < len(text) and not _ending(text, position) and not text.startswith(given.delimiter, position):
        position += 2 if text[position] in escapes else 1
    raw = text[start:position]
    return Field(raw.strip(" \t") if given.trim_space else raw, False), min(position, len(text))


def _enclosed(text: str, start: int, given: FileFormat, name: str) -> tuple[Field, int]:
    position, parts = start, []
    while position < len(text):
        character = text[position]
        if character == given.quote and text[position + 1 : position + 2] == character:
            parts.append(character)
            position += 2
        elif character == given.quote:
            return _closed("".join(parts), text, position + 1, given, name)
        elif character == given.escape:
            parts.append(_unescaped(text[position + 1 : position + 2]))
            position += 2
        else:
            parts.append(character)
            position += 1
    line = text.count("\n", 0, start) + 1
    message = f"Found an enclosed field without its end in file '{name}', line {line}"
    raise sql_error(message, errors.BAD_FILE, "22000")


def _closed(value: str, text: str, position: int, given: FileFormat, name: str) -> tuple[Field, int]:
    while given.trim_space and text[position : position + 1] in (" ", "\t"):
        position += 1
    if position >= len(text) or _ending(text, position) or text.startswith(given.delimiter, position):
        return Field(value, True), position
    line = text.count("\n", 0, position) + 1
    found = f"Found character '{text[position]}' instead of field delimiter '{given.delimiter}'"
    raise sql_error(f"{found}\n  File '{name}', line {line}", errors.BAD_FILE, "22000")


def _ending(text: str, position: int) -> int:
    if text.startswith("\r\n", position):
        return 2
    return 1 if text[position : position + 1] in ("\n", "\r") else 0


def _value(field: Field, given: FileFormat) -> str | None:
    if field.raw in given.null_if:
        return None
    if field.enclosed:
        return field.raw
    if not field.raw:
        return None if given.empty_field_as_null else ""
    escapes = {given.escape, given.escape_unenclosed} - {None}
    if not any(escape in field.raw for escape in escapes if escape):
        return field.raw
    characters, parts = iter(field.raw), []
    for character in characters:
        parts.append(_unescaped(next(characters, "")) if character in escapes else character)
    return "".join(parts)


def _unescaped(character: str) -> str:
    return ESCAPES.get(character, character)


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'
