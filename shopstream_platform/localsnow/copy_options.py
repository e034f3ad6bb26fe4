"""The options of COPY INTO and of its FILE_FORMAT, with Snowflake's own defaults; an unknown one is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import Expr, exp

from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.upstream import lookup_file_format, parse_options

ABORT, CONTINUE, SKIP_FILE = "ABORT_STATEMENT", "CONTINUE", "SKIP_FILE"


@dataclass(frozen=True)
class FileFormat:
    """How to read the files. The escape of unenclosed fields IS a backslash unless the statement says otherwise."""

    type: str = "CSV"
    compression: str = "AUTO"
    delimiter: str = ","
    skip_header: int = 0
    quote: str | None = None
    escape: str | None = None
    escape_unenclosed: str | None = "\\"
    null_if: tuple[str, ...] = ("\\N",)
    empty_field_as_null: bool = True
    trim_space: bool = False
    skip_blank_lines: bool = False
    check_column_count: bool = True
    strip_outer_array: bool = False


@dataclass(frozen=True)
class CopyOptions:
    format: FileFormat
    files: tuple[str, ...] = ()
    pattern: str | None = None
    force: bool = False
    purge: bool = False
    on_error: str = ABORT
    truncate_columns: bool = False
    match_by_column_name: str = "NONE"


Reader = Callable[[Any], Any]


def _text(value: Any) -> str:
    return str(value)


def _character(value: Any) -> str | None:
    """NONE, or one character."""
    return None if value is None or str(value).upper() in ("NONE", "") else str(value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool) or str(value).upper() in ("TRUE", "FALSE"):
        return str(value).upper() == "TRUE"
    raise sql_error(f"SQL compilation error:\ninvalid value [{value}] for a boolean option", 1008, "22023")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


FORMAT_OPTIONS: dict[str, tuple[str, Reader]] = {
    "COMPRESSION": ("compression", lambda value: str(value).upper()),
    "FIELD_DELIMITER": ("delimiter", _text),
    "SKIP_HEADER": ("skip_header", int),
    "FIELD_OPTIONALLY_ENCLOSED_BY": ("quote", _character),
    "ESCAPE": ("escape", _character),
    "ESCAPE_UNENCLOSED_FIELD": ("escape_unenclosed", _character),
    "NULL_IF": ("null_if", _texts),
    "EMPTY_FIELD_AS_NULL": ("empty_field_as_null", _flag),
    "TRIM_SPACE": ("trim_space", _flag),
    "SKIP_BLANK_LINES": ("skip_blank_lines", _flag),
    "ERROR_ON_COLUMN_COUNT_MISMATCH": ("check_column_count", _flag),
    "STRIP_OUTER_ARRAY": ("strip_outer_array", _flag),
}
# Options that may be said, but only with the meaning that the reader has anyway.
FIXED_FORMAT_OPTIONS: dict[str, tuple[str, ...]] = {
    "ENCODING": ("UTF8", "UTF-8"),
    "DATE_FORMAT": ("AUTO", "YYYY-MM-DD"),
    "TIME_FORMAT": ("AUTO",),
    "TIMESTAMP_FORMAT": ("AUTO", "YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD HH24:MI:SS.FF", "YYYY-MM-DD HH24:MI:SS.FF6"),
    "BINARY_FORMAT": ("HEX",),
    "RECORD_DELIMITER": ("\n", "\r\n", "\r", "\\n", "\\r\\n", "\\r"),
    "REPLACE_INVALID_CHARACTERS": ("FALSE",),
    "VALIDATE_UTF8": ("TRUE",),
    "PARSE_HEADER": ("FALSE",),
    "MULTI_LINE": ("TRUE",),
    "SKIP_BYTE_ORDER_MARK": ("TRUE",),
    "ALLOW_DUPLICATE": ("FALSE",),
    "ENABLE_OCTAL": ("FALSE",),
    "STRIP_NULL_VALUES": ("FALSE",),
    "IGNORE_UTF8_ERRORS": ("FALSE",),
}
JSON_ONLY = {"STRIP_OUTER_ARRAY", "ALLOW_DUPLICATE", "ENABLE_OCTAL", "STRIP_NULL_VALUES", "IGNORE_UTF8_ERRORS"}
ANY_TYPE = {"COMPRESSION", "TRIM_SPACE", "NULL_IF", "DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT", "BINARY_FORMAT"}
ANY_TYPE |= {"REPLACE_INVALID_CHARACTERS", "SKIP_BYTE_ORDER_MARK", "MULTI_LINE", "ENCODING"}
COMPRESSIONS = {"AUTO", "GZIP", "NONE"}


def parse(session: Session, copy: exp.Copy) -> CopyOptions:
    """Everything after the FROM clause."""
    options = CopyOptions(FileFormat())
    for parameter in copy.args.get("params") or []:
        name = parameter.this.name.upper()
        if name == "FILE_FORMAT":
            options = replace(options, format=_file_format(session, parameter))
        else:
            options = replace(options, **_copy_option(name, parameter.expression))
    if (copy.args.get("credentials") or exp.Credentials()).args.get("credentials"):
        raise unsupported("COPY with CREDENTIALS")
    return options


def _copy_option(name: str, value: Expr | None) -> dict[str, Any]:
    if value is None:
        raise unsupported(f"COPY option {name}")
    if name == "FILES":
        return {"files": tuple(literal.name for literal in value.find_all(exp.Literal))}
    plain = value.this if isinstance(value, exp.Boolean) else value.name
    if name == "PATTERN":
        return {"pattern": str(plain)}
    if name in ("FORCE", "PURGE"):
        return {name.lower(): _flag(plain)}
    if name in ("TRUNCATECOLUMNS", "ENFORCE_LENGTH"):
        return {"truncate_columns": _flag(plain) is (name == "TRUNCATECOLUMNS")}
    if name == "ON_ERROR" and str(plain).upper() in (ABORT, CONTINUE, SKIP_FILE):
        return {"on_error": str(plain).upper()}
    if name == "MATCH_BY_COLUMN_NAME" and str(plain).upper() in ("NONE", "CASE_INSENSITIVE", "CASE_SENSITIVE"):
        return {"match_by_column_name": str(plain).upper()}
    raise unsupported(f"COPY option {name} = {plain}")


def _file_format(session: Session, parameter: Expr) -> FileFormat:
    given = parse_options(parameter.expressions) if parameter.expressions else {"FORMAT_NAME": _format_name(parameter)}
    if name := given.pop("FORMAT_NAME", None):
        given = {**lookup_file_format(session.duck, str(name), session.database, session.schema), **given}
    return file_format(given)


def _format_name(parameter: Expr) -> str:
    return parameter.expression.name if parameter.expression is not None else ""


def file_format(given: dict[str, Any]) -> FileFormat:
    """A format from its options by name; those that are left out have Snowflake's defaults."""
    kind = str(given.get("TYPE", "CSV")).upper()
    if kind not in ("CSV", "JSON"):
        raise unsupported(f"FILE_FORMAT TYPE = {kind}")
    values: dict[str, Any] = {"type": kind}
    if kind == "JSON":
        values["null_if"] = ()
    for name, value in given.items():
        if name != "TYPE":
            values |= _format_option(kind, name.upper(), value)
    _check(FileFormat(**values))
    return FileFormat(**values)


def _format_option(kind: str, name: str, value: Any) -> dict[str, Any]:
    if name not in ANY_TYPE and (name in JSON_ONLY) != (kind == "JSON"):
        raise unsupported(f"FILE_FORMAT option {name} for {kind}")
    if name in FIXED_FORMAT_OPTIONS:
        if str(value).upper() not in FIXED_FORMAT_OPTIONS[name]:
            raise unsupported(f"FILE_FORMAT option {name} = {value}")
        return {}
    if name not in FORMAT_OPTIONS:
        raise unsupported(f"FILE_FORMAT option {name}")
    field_name, read = FORMAT_OPTIONS[name]
    return {field_name: read(value)}


def _check(given: FileFormat) -> None:
    if given.compression not in COMPRESSIONS:
        raise unsupported(f"COMPRESSION = {given.compression}")
    if given.type == "JSON" and (given.null_if or given.trim_space):
        raise unsupported("NULL_IF or TRIM_SPACE for JSON")
    for character in (given.quote, given.escape, given.escape_unenclosed):
        if character is not None and len(character) != 1:
            raise unsupported(f"a quote or escape of several characters ({character})")
    if not given.check_column_count:
        raise unsupported("ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE")
