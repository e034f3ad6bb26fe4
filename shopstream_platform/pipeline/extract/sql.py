"""SQL on the source, derived from the catalogue: extraction, measures of a partition, fingerprints.

Every query names the partition's day the same way: the calendar day as written in the row; the first partition also
takes all earlier rows and the rows without a timestamp.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from shopstream_platform.contract import checksum
from shopstream_platform.contract.checksum import Way
from shopstream_platform.contract.chunks import Keys
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import SHOP, VALUE, ByParent, Column, Kind, LakeFormat, Table
from shopstream_platform.contract.numbers import FIRST_BEYOND, FIRST_HOLDABLE
from shopstream_platform.contract.oltp import held, is_oversized, row_key, value
from shopstream_platform.contract.residues import Part

_LIMITS = {Kind.TIMESTAMP: "TIMESTAMP", Kind.DATE: "DATE", Kind.INSTANT: "TIMESTAMPTZ"}


def day_expression(table: Table, start: date) -> str:
    """The partition a row belongs to, as a date."""
    return f"GREATEST(COALESCE({_partition_column(table)}::date, DATE '{start}'), DATE '{start}')"


def from_clause(table: Table) -> str:
    """The table as t, joined to its parent as p where the parent's timestamp decides."""
    if isinstance(table.partition, ByParent):
        parent, via = table.partition.parent, table.column(table.partition.via)
        (key,) = parent.key
        return (
            f"{table.source_sql} t LEFT JOIN {parent.source_sql} p "
            f"ON p.{parent.column(key).source_sql} = t.{via.source_sql}"
        )
    return f"{table.source_sql} t"


def in_range(table: Table, days: Days | Keys) -> str:
    """Predicate that an index on the partition column, or on the key, can answer."""
    if isinstance(days, Keys):
        return f"({_key(table)} >= {days.first} AND {_key(table)} < {days.end})"
    column = _partition_column(table)
    before = f"{column} < DATE '{days.last + timedelta(days=1)}'"
    if days.takes_earlier_rows:
        return f"({before} OR {column} IS NULL)"
    return f"({column} >= DATE '{days.first}' AND {before})"


def copy_rows(table: Table, days: Days | Keys | None) -> str:
    """COPY of a snapshot table, a range of its keys, or a range of partitions, in the lake's format without header.

    A range of several days is ordered by day and every row starts with its day, so that the stream can be split.
    """
    row = _csv_row(table) if table.lake_format is LakeFormat.CSV else _json_document(table)
    if days is None:
        return _copy(f"SELECT {row} FROM {from_clause(table)}", table)
    where = f"WHERE {in_range(table, days)}"
    if isinstance(days, Keys) or days.first == days.last:
        return _copy(f"SELECT {row} FROM {from_clause(table)} {where}", table)
    day = day_expression(table, days.start)
    return _copy(f"SELECT {day} AS partition_day, {row} FROM {from_clause(table)} {where} ORDER BY 1", table)


def measures(table: Table, days: Days | None, *, utf8: bool = True) -> str:
    """(day, rows, checksum, fingerprint) per partition that has rows; of a snapshot table one row, its day NULL.

    `utf8`: whether the server's own encoding is UTF-8.
    """
    return _sums(table, _day(table, days), _rows_of(table, days), utf8=utf8)


def has_more_rows(table: Table, rows: int) -> str:
    """Whether the table has more rows than this; reads no more of them."""
    return f"SELECT count(*) > {rows} FROM (SELECT 1 FROM {table.source_sql} t LIMIT {rows + 1}) AS counted"


def extent_of_keys(table: Table) -> str:
    """(rows, the smallest key, the largest)."""
    key = _key(table)
    return f"SELECT count(*), min({key}), max({key}) FROM {table.source_sql} t"


def fingerprints_of_chunks(table: Table, width: int, spans: Sequence[Keys] | None) -> str:
    """(chunk, rows, fingerprint) per chunk of the key that has rows, of all or of these ranges.

    The chunk is NULL for rows without a key.
    """
    where = "" if spans is None else f" WHERE {' OR '.join(in_range(table, keys) for keys in spans) or 'FALSE'}"
    source = f"FROM {table.source_sql} t{where}"
    return _sums(table, Part(_chunk(table, width), "chunk"), source, checksums=False)


def measures_of_chunks(table: Table, keys: Keys, width: int, *, utf8: bool = True) -> str:
    """(chunk, rows, checksum, fingerprint) per chunk of a range of keys that has rows."""
    source = f"FROM {table.source_sql} t WHERE {in_range(table, keys)}"
    return _sums(table, Part(_chunk(table, width), "chunk"), source, utf8=utf8)


def measures_of(table: Table, relation: str, way: Way, *, utf8: bool = True) -> str:
    """(NULL, rows, checksum, fingerprint) of rows that a relation has, as if they were the table's."""
    return _sums(table, None, f"FROM {relation} t", way=way, utf8=utf8)


def fingerprints(table: Table, days: Days | None) -> str:
    """(day, rows, fingerprint) as `measures` has them: what drift detection compares."""
    return _sums(table, _day(table, days), _rows_of(table, days), checksums=False)


def _sums(
    table: Table, part: Part | None, source: str, *, way: Way | None = None, checksums: bool = True, utf8: bool = True
) -> str:
    """(part, rows, checksum if wanted, fingerprint) of the rows of a FROM and WHERE, by `part` if any."""
    way = way or checksum.way_of(table)
    rows = checksum.rows_at_source(table, way, part, source, utf8=utf8)
    print_ = rows.number if way is Way.NUMBERS else _hashed(table)
    sums = ", ".join(f"COALESCE(sum({one}), 0)" for one in [rows.number] * checksums + [print_])
    first, by_part = (f"{rows.part} AS {part.name}", " GROUP BY 1") if part else ("NULL", "")
    return f"SELECT {first}, count(*), {sums} {rows.source}{by_part}"


def _day(table: Table, days: Days | None) -> Part | None:
    return None if days is None else Part(day_expression(table, days.start), "partition_day")


def _rows_of(table: Table, days: Days | None) -> str:
    return f"FROM {from_clause(table)}" + ("" if days is None else f" WHERE {in_range(table, days)}")


def beyond(table: Table, last: date, now: datetime) -> str:
    """What lies behind the last partition, or behind this moment in it.

    (rows that are not due up to the running day, rows of later days, rows of the last partition that are dated after
    `now`, the smallest key of a row that no partition will ever take). `now` is as the source's clocks show it.
    """
    column = _partition_column(table)
    due, future = last + timedelta(days=1), max(last, now.date()) + timedelta(days=1)
    moment = "now()" if table.dated_by.kind is Kind.INSTANT else f"TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}'"
    # One range, which an index answers: whichever of the two is earlier.
    bound = f"> {moment}" if now.date() < due else f">= DATE '{due}'"
    return (
        f"SELECT count(*) FILTER (WHERE {column} >= DATE '{due}' AND {column} < DATE '{future}'), "
        f"count(*) FILTER (WHERE {column} >= DATE '{future}' AND {column} < DATE '{FIRST_BEYOND}'), "
        f"count(*) FILTER (WHERE {column} > {moment} AND {column} < DATE '{due}'), "
        f"min({row_key(table)}) FILTER (WHERE {column} >= DATE '{FIRST_BEYOND}') "
        f"FROM {from_clause(table)} WHERE {column} {bound}"
    )


def unholdable(table: Table, days: Days | Keys | None) -> str | None:
    """The smallest key per column whose value no Snowflake type holds; None if the table has no such column."""
    return _smallest_keys(table, days, {c.name: bad for c in table.columns if (bad := _unholdable(c))})


def oversized(table: Table, days: Days | Keys | None) -> str | None:
    """The smallest key per column of a value that is read as NULL for its size; None if no column is read so."""
    return _smallest_keys(table, days, {c.name: is_oversized(c) for c in table.columns if c.oversized_as_null})


def _smallest_keys(table: Table, days: Days | Keys | None, conditions: dict[str, str]) -> str | None:
    if not conditions:
        return None
    filters = ", ".join(f"min({row_key(table)}) FILTER (WHERE {bad}) AS {name}" for name, bad in conditions.items())
    where = "" if days is None else f" WHERE {in_range(table, days)}"
    return f"SELECT {filters} FROM {from_clause(table)}{where}"


def fingerprint(table: Table, way: Way | None = None) -> str:
    """A hash of one row's declared columns, byte for byte; comparable within one server version only.

    Of a table without texts it is the checksum, which is of all that the row has. `way` is that of an earlier method.
    """
    way = way or checksum.way_of(table)
    return checksum.at_source(table, way) if way is Way.NUMBERS else _hashed(table)


def _hashed(table: Table) -> str:
    row = f"hash_record_extended(ROW({', '.join(_stored(column) for column in table.columns)}), 0)"
    # Hashed again: a record's hash is a weighted sum of its columns' hashes, so that the sum over a partition would
    # stay the same when two rows swap a value.
    return f"hashtextextended({row}::text, 0)"


def _stored(column: Column) -> str:
    """The column such that equal hashes mean equal bytes.

    A type's own hash is of what the type calls equal: values that a nondeterministic collation does not tell apart,
    1.0 and 1.00 in a document, -0 and 0, and documents that differ only in what a key lies below (jsonb_hash skips the
    nesting).
    """
    name = value(column)
    match column.kind:
        case Kind.TEXT:
            return f'{name} COLLATE "C"'
        case Kind.JSON | Kind.FLOAT:
            return f'{name}::text COLLATE "C"'
        case Kind.INTEGER if column.postgres_type == "bigint":
            # Its own hash folds it to four bytes: -1 and 4294967295 are one.
            return f'{name}::text COLLATE "C"'
        case Kind.DECIMAL:
            # A value that is kept in fewer digits is noticed too.
            return name if column.oversized_as_null else held(column)
        case _:
            return name


def _key(table: Table) -> str:
    (column,) = table.key_columns
    return f"t.{column.source_sql}"


def _chunk(table: Table, width: int) -> str:
    # Of negative keys too: division of whole numbers cuts towards zero.
    return f"floor({_key(table)}::numeric / {width})::bigint"


def _partition_column(table: Table) -> str:
    return f"{'t' if table.parent is None else 'p'}.{table.dated_by.source_sql}"


def _copy(query: str, table: Table) -> str:
    if table.lake_format is LakeFormat.CSV:
        return f"COPY ({query}) TO STDOUT WITH (FORMAT csv)"
    # JSON escapes every control character, so these two never occur in a document and nothing is quoted.
    return f"COPY ({query}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"


def _csv_row(table: Table) -> str:
    return ", ".join(_csv_value(column) for column in table.columns)


def _csv_value(column: Column) -> str:
    name = value(column)
    match column.kind:
        case Kind.FLOAT:
            return _float_text(name)
        case Kind.BINARY:
            return f"encode({name}, 'hex')"
        case _:
            return name


def _json_document(table: Table) -> str:
    """An object without the columns that are NULL, so that SQL NULL differs from JSON null."""
    first, *others = table.columns
    members = "".join(f" || COALESCE(',\"{c.name}\":' || {_json_value(c)}, '')" for c in others)
    # Elsewhere a column may hold NULL whatever is declared: a view says nothing of it.
    if not first.nullable and table.source == SHOP:
        return f"'{{\"{first.name}\":' || {_json_value(first)}{members} || '}}'"
    return f"'{{' || substr(COALESCE(',\"{first.name}\":' || {_json_value(first)}, ''){members}, 2) || '}}'"


def _json_value(column: Column) -> str:
    name = value(column)
    match column.kind:
        case Kind.TEXT:
            return f"to_json({name})::text"
        case Kind.TIMESTAMP | Kind.INSTANT | Kind.DATE | Kind.TIME | Kind.DECIMAL:
            # A number of more digits than a double holds is not exact to every reader of JSON.
            return f"'\"' || {name}::text || '\"'"
        case Kind.FLOAT:
            return f"'\"' || {_float_text(name)} || '\"'"
        case Kind.BINARY:
            return f"'\"' || encode({name}, 'hex') || '\"'"
        case _:
            return f"{name}::text"


def _float_text(name: str) -> str:
    """In Snowflake's words for what is not a number."""
    return f"CASE {name} WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' ELSE {name}::text END"


def _unholdable(column: Column) -> str | None:
    """When the column's value cannot be loaded; None if it always can."""
    name = held(column)
    match column.kind:
        case Kind.DECIMAL if column.read != VALUE:
            return f"{name} IS DISTINCT FROM ({value(column)})"
        case Kind.DECIMAL:
            return f"{name} = 'NaN'"
        case Kind.TIMESTAMP | Kind.DATE | Kind.INSTANT:
            type_ = _LIMITS[column.kind]
            return f"{name} < {type_} '{FIRST_HOLDABLE}' OR {name} >= {type_} '{FIRST_BEYOND}'"
        case Kind.TIME:
            return f"{name} = TIME '24:00'"
        case _:
            return is_oversized(column) if column.unbounded and not column.oversized_as_null else None
