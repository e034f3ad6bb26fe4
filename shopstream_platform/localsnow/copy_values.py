"""Text as it stands in a file, turned into the value of a column by Snowflake's rules."""

from dataclasses import dataclass

TRUE_WORDS = ("true", "t", "yes", "y", "on", "1")
FALSE_WORDS = ("false", "f", "no", "n", "off", "0")
FIRST_DAY, LAST_DAY = "DATE '0001-01-01'", "DATE '9999-12-31'"
FIRST_MOMENT, END_OF_TIME = "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"


@dataclass(frozen=True)
class TargetColumn:
    """A column of the table: its DuckDB type and, for text, its declared length."""

    name: str
    type: str
    position: int
    length: int | None = None


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def from_text(value: str, column: TargetColumn, truncate: bool = False) -> str:
    """SQL that turns the text into the column's value or fails."""
    if column.type == "VARCHAR":
        if column.length is None:
            return value
        if truncate:
            return f"left({value}, {column.length})"
        message = literal(f"User character length limit ({column.length}) exceeded by string '")
        failure = f"error({message} || left({value}, 100) || '''')"
        return f"CASE WHEN {is_invalid(value, column)} THEN {failure} ELSE {value} END"
    if column.type == "JSON":
        return f"to_json({value})"
    if column.type == "BOOLEAN":
        message = f"error('Boolean value ''' || {value} || ''' is not recognized')"
        return f"CASE WHEN {value} IS NULL THEN NULL WHEN {_is_one_of(value, TRUE_WORDS)} THEN TRUE" \
               f" WHEN {_is_one_of(value, FALSE_WORDS)} THEN FALSE ELSE {message} END"  # fmt: skip
    if column.type in ("DATE", "TIMESTAMP"):
        first, last = (FIRST_DAY, LAST_DAY) if column.type == "DATE" else (FIRST_MOMENT, END_OF_TIME)
        cast = f"CAST({value} AS {column.type})"
        message = f"error('{column.type.title()} ''' || {value} || ''' is not recognized')"
        fits = f"{value} IS NULL OR NOT {_is_before_christ(value)} AND {cast} BETWEEN {first} AND {last}"
        return f"CASE WHEN {fits} THEN {cast} ELSE {message} END"
    if column.type in ("DOUBLE", "TIME", "BLOB"):
        return f"CAST({value} AS {column.type})"
    message = f"error('Numeric value ''' || {value} || ''' is not recognized')"
    return f"CASE WHEN {_is_no_sql_number(value)} THEN {message} ELSE CAST({value} AS {column.type}) END"


def is_invalid(value: str, column: TargetColumn) -> str:
    """SQL that is true where `from_text` fails."""
    if column.type == "VARCHAR":
        # A string has at least as many bytes as characters, and bytes are counted faster.
        limit = column.length or 0
        return f"(strlen({value}) > {limit} AND length({value}) > {limit})" if column.length else "FALSE"
    if column.type == "JSON":
        return "FALSE"
    if column.type == "BOOLEAN":
        return f"({value} IS NOT NULL AND NOT {_is_one_of(value, TRUE_WORDS + FALSE_WORDS)})"
    cast = f"TRY_CAST({value} AS {column.type})"
    if column.type in ("DATE", "TIMESTAMP"):
        first, last = (FIRST_DAY, LAST_DAY) if column.type == "DATE" else (FIRST_MOMENT, END_OF_TIME)
        outside = f"{cast} NOT BETWEEN {first} AND {last} OR {_is_before_christ(value)}"
        return f"({value} IS NOT NULL AND ({cast} IS NULL OR {outside}))"
    return f"({value} IS NOT NULL AND ({cast} IS NULL OR {_is_no_sql_number(value)}))"


def complaint(text: str, column: TargetColumn) -> str:
    """What Snowflake says about a value that the column cannot take."""
    if column.type == "VARCHAR":
        return f"User character length limit ({column.length}) exceeded by string '{text[:100]}'"
    kind = {"BOOLEAN": "Boolean value", "DATE": "Date", "TIMESTAMP": "Timestamp", "TIME": "Time"}.get(column.type)
    return f"{kind or 'Numeric value'} '{text[:100]}' is not recognized"


def _is_no_sql_number(value: str) -> str:
    """DuckDB takes 1_000 and 0x1F for numbers."""
    return f"(contains({value}, '_') OR contains({value}, 'x'))"


def _is_before_christ(value: str) -> str:
    """DuckDB overlooks the BC that PostgreSQL writes behind a timestamp."""
    return f"contains({value}, 'BC')"


def _is_one_of(value: str, words: tuple[str, ...]) -> str:
    return f"(lower({value}) IN ({', '.join(map(literal, words))}))"
