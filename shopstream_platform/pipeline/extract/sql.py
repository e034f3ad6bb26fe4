"""SQL on the source, derived from the catalogue: extraction, measures of a partition, fingerprints.

Every query names the partition's day the same way: the calendar day as written in the row; the first partition also
takes all earlier rows and the rows without a timestamp.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from shopstream_platform.contract.tables import Column, Kind, LakeFormat, Table

# Part of every load-log row: a change of any expression below makes all loaded partitions stale.
METHOD = "4"
# 60 bits of the md5 of a row's canonical text; `load.sql` computes the same number in the warehouse.
CHECKSUM_HEX_DIGITS = 15
FIELD_SEPARATOR = 31
NULL_MARK = 30
# What a VARIANT or VARCHAR of every account holds, less room for other columns: a line of NDJSON is a VARIANT itself.
LARGEST_VALUE = 16 * 1024 * 1024 - 64 * 1024
# A document that is stored in less is not made text to be measured.
SMALL_VALUE = 1024
FIRST_HOLDABLE, FIRST_BEYOND = "0001-01-01", "10000-01-01"


@dataclass(frozen=True)
class Days:
    """An inclusive range of partitions, and where the first partition of all lies."""

    first: date
    last: date
    start: date

    @property
    def takes_earlier_rows(self) -> bool:
        """Whether the range holds the first partition of all."""
        return self.first <= self.start


def day_expression(table: Table, start: date) -> str:
    """The partition a row belongs to, as a date."""
    return f"GREATEST(COALESCE({_partition_column(table)}::date, DATE '{start}'), DATE '{start}')"


def from_clause(table: Table) -> str:
    """The table as t, joined to its parent as p where the parent's timestamp decides."""
    if table.parent is None:
        return f"{table.name} t"
    return f"{table.name} t LEFT JOIN {table.parent.table} p ON p.id = t.{table.parent.foreign_key}"


def in_range(table: Table, days: Days) -> str:
    """Predicate that an index on the partition column can answer."""
    column = _partition_column(table)
    before = f"{column} < DATE '{days.last + timedelta(days=1)}'"
    if days.takes_earlier_rows:
        return f"({before} OR {column} IS NULL)"
    return f"({column} >= DATE '{days.first}' AND {before})"


def copy_rows(table: Table, days: Days | None) -> str:
    """COPY of a snapshot table, or of a range of partitions, in the lake's format without header.

    A range of several days is ordered by day and every row starts with its day, so that the stream can be split.
    """
    row = _csv_row(table) if table.lake_format is LakeFormat.CSV else _json_document(table)
    if days is None:
        return _copy(f"SELECT {row} FROM {from_clause(table)}", table)
    where = f"WHERE {in_range(table, days)}"
    if days.first == days.last:
        return _copy(f"SELECT {row} FROM {from_clause(table)} {where}", table)
    day = day_expression(table, days.start)
    return _copy(f"SELECT {day} AS partition_day, {row} FROM {from_clause(table)} {where} ORDER BY 1", table)


def measures(table: Table, days: Days | None, *, utf8: bool = True) -> str:
    """(day, rows, checksum, fingerprint) per partition that has rows; day is NULL for a snapshot table.

    `utf8`: whether the server's own encoding is UTF-8.
    """
    day = "NULL::date" if days is None else day_expression(table, days.start)
    where = "" if days is None else f"WHERE {in_range(table, days)}"
    return (
        f"SELECT {day} AS partition_day, count(*), COALESCE(sum({checksum(table, utf8=utf8)}), 0), "
        f"COALESCE(sum({fingerprint(table)}), 0) FROM {from_clause(table)} {where} GROUP BY 1"
    )


def fingerprints(table: Table, days: Days | None) -> str:
    """(day, rows, fingerprint) per partition that has rows: what drift detection compares."""
    day = "NULL::date" if days is None else day_expression(table, days.start)
    where = "" if days is None else f"WHERE {in_range(table, days)}"
    return (
        f"SELECT {day} AS partition_day, count(*), COALESCE(sum({fingerprint(table)}), 0) "
        f"FROM {from_clause(table)} {where} GROUP BY 1"
    )


def beyond(table: Table, last: date) -> str:
    """(rows of the running day, rows of later days, the smallest id of a row that no partition will ever take)."""
    column = _partition_column(table)
    running, future = last + timedelta(days=1), last + timedelta(days=2)
    return (
        f"SELECT count(*) FILTER (WHERE {column} < DATE '{future}'), "
        f"count(*) FILTER (WHERE {column} >= DATE '{future}' AND {column} < DATE '{FIRST_BEYOND}'), "
        f"min(t.id) FILTER (WHERE {column} >= DATE '{FIRST_BEYOND}') "
        f"FROM {from_clause(table)} WHERE {column} >= DATE '{running}'"
    )


def unholdable(table: Table, days: Days | None) -> str | None:
    """The smallest id per column whose value no Snowflake type holds; None if the table has no such column."""
    return _smallest_ids(table, days, {c.name: bad for c in table.columns if (bad := _unholdable(c))})


def oversized(table: Table, days: Days | None) -> str | None:
    """The smallest id per column of a value that is read as NULL for its size; None if no column is read so."""
    return _smallest_ids(table, days, {c.name: _oversized(c) for c in table.columns if c.oversized_as_null})


def _smallest_ids(table: Table, days: Days | None, conditions: dict[str, str]) -> str | None:
    if not conditions:
        return None
    filters = ", ".join(f"min(t.id) FILTER (WHERE {bad}) AS {name}" for name, bad in conditions.items())
    where = "" if days is None else f" WHERE {in_range(table, days)}"
    return f"SELECT {filters} FROM {from_clause(table)}{where}"


def fingerprint(table: Table) -> str:
    """A hash of one row's declared columns, byte for byte; comparable within one server version only."""
    row = f"hash_record_extended(ROW({', '.join(_stored(column) for column in table.columns)}), 0)"
    # Hashed again: a record's hash is a weighted sum of its columns' hashes, so that the sum over a partition would
    # stay the same when two rows swap a value.
    return f"hashtextextended({row}::text, 0)"


def checksum(table: Table, *, utf8: bool = True) -> str:
    """A number that the warehouse can compute as well: md5 of the row's canonical text in UTF-8."""
    text = f" || chr({FIELD_SEPARATOR}) || ".join(
        f"COALESCE({_canonical(column)}, chr({NULL_MARK}))" for column in table.columns
    )
    # md5 is over bytes. Where they are UTF-8 already, converting them would only copy them.
    encoded = text if utf8 else f"convert_to({text}, 'UTF8')"
    return f"('x' || right(md5({encoded}), {CHECKSUM_HEX_DIGITS}))::bit({CHECKSUM_HEX_DIGITS * 4})::bigint"


def _stored(column: Column) -> str:
    """The column such that equal hashes mean equal bytes.

    A type's own hash is of what the type calls equal: values that a nondeterministic collation does not tell apart,
    1.0 and 1.00 in a document, and documents that differ only in what a key lies below (jsonb_hash skips the nesting).
    """
    name = _value(column)
    match column.kind:
        case Kind.TEXT:
            return f'{name} COLLATE "C"'
        case Kind.JSON:
            return f'{name}::text COLLATE "C"'
        case _:
            return name


def _partition_column(table: Table) -> str:
    return f"{'t' if table.parent is None else 'p'}.{table.partition_column}"


def _copy(query: str, table: Table) -> str:
    if table.lake_format is LakeFormat.CSV:
        return f"COPY ({query}) TO STDOUT WITH (FORMAT csv)"
    # JSON escapes every control character, so these two never occur in a document and nothing is quoted.
    return f"COPY ({query}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"


def _csv_row(table: Table) -> str:
    return ", ".join(_value(column) for column in table.columns)


def _json_document(table: Table) -> str:
    """An object without the columns that are NULL, so that SQL NULL differs from JSON null."""
    identifier, *others = table.columns
    members = "".join(f" || COALESCE(',\"{c.name}\":' || {_json_value(c)}, '')" for c in others)
    return f"'{{\"{identifier.name}\":' || t.{identifier.name}{members} || '}}'"


def _json_value(column: Column) -> str:
    name = _value(column)
    if column.kind is Kind.TEXT:
        return f"to_json({name})::text"
    if column.kind is Kind.TIMESTAMP:
        return f"'\"' || {name}::text || '\"'"
    return f"{name}::text"


def _value(column: Column) -> str:
    name = f"t.{column.name}"
    return f"(CASE WHEN NOT ({_oversized(column)}) THEN {name} END)" if column.oversized_as_null else name


def _canonical(column: Column) -> str:
    name = _value(column)
    match column.kind:
        case Kind.TEXT:
            return name
        case Kind.TIMESTAMP:
            # isfinite: a value that cannot be loaded is reported by `unholdable`, not by a failing cast.
            return f"CASE WHEN isfinite({name}) THEN (extract(epoch FROM {name}) * 1000000)::bigint::text END"
        case Kind.BOOLEAN:
            return f"{name}::int::text"
        case Kind.JSON:
            return f"CASE WHEN {name} IS NOT NULL THEN '1' END"
        case Kind.INTEGER | Kind.DECIMAL:
            return f"{name}::text"


def _unholdable(column: Column) -> str | None:
    """When the column's value cannot be loaded; None if it always can."""
    name = f"t.{column.name}"
    if column.kind is Kind.DECIMAL:
        return f"{name} = 'NaN'"
    if column.kind is Kind.TIMESTAMP:
        return f"{name} < TIMESTAMP '{FIRST_HOLDABLE}' OR {name} >= TIMESTAMP '{FIRST_BEYOND}'"
    return _oversized(column) if column.unbounded and not column.oversized_as_null else None


def _oversized(column: Column) -> str:
    """In UTF-8, as the warehouse holds it: in the server's own encoding a text may be shorter."""
    name = f"t.{column.name}"
    return (
        f"{name} IS NOT NULL AND CASE WHEN pg_column_size({name}) > {SMALL_VALUE} "
        f"THEN octet_length(convert_to({name}::text, 'UTF8')) > {LARGEST_VALUE} ELSE FALSE END"
    )
