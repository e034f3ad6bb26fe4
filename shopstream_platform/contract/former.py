"""A table as an earlier declaration had it, put together again from the columns that a manifest names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from shopstream_platform.contract.declare import VALUE, ByDay, Column, Kind, LakeFormat, Table
from shopstream_platform.contract.snowflake_types import parsed
from shopstream_platform.contract.types import mapped


def columns_then(
    table: Table, types: Mapping[str, str], digits: Mapping[str, tuple[int, int]]
) -> dict[str, Column | None]:
    """The columns of an earlier declaration: name -> type at the source; None for one that cannot be read any more.

    `digits` are (precision, scale) of the numerics that the declaration gave some. A manifest that does not say them
    was written with those of today.
    """
    now, names = digits_of(table), names_of_today(table, types)
    return {name: _then(name, type_, digits.get(name) or now.get(names[name] or "")) for name, type_ in types.items()}


def digits_of(table: Table) -> dict[str, tuple[int, int]]:
    """Column -> (precision, scale), of the numerics that are read with others than their own."""
    found = {
        c.name: parsed(c.snowflake_type).sizes for c in table.columns if c.kind is Kind.DECIMAL and c.read != VALUE
    }
    return {name: (sizes[0], sizes[1]) for name, sizes in found.items()}


def former(table: Table, columns: Mapping[str, Column | None], declared_as: Mapping[str, str | None]) -> Table | None:
    """The table with these columns, in the order of then.

    `declared_as` has the names of today (None: no longer declared). None where a column cannot be read any more, or
    the table then has no partitions of this kind.
    """
    found = [_as_declared(table, name, column, declared_as.get(name)) for name, column in columns.items()]
    if None in found:
        return None
    partition = table.partition
    if isinstance(partition, ByDay):
        renamed = {new: old for old, new in declared_as.items() if new}
        partition = ByDay(renamed.get(partition.column, partition.column))
    columns_then = tuple(column for column in found if column)
    try:
        # It is measured alone, and NDJSON holds whatever it had: its objects say themselves what they are written in.
        return replace(table, columns=columns_then, indexes=(), partition=partition, lake_format=LakeFormat.NDJSON)
    except ValueError:
        return None


def names_of_same(table: Table, columns: Mapping[str, Column | None]) -> dict[str, str | None]:
    """The columns of then -> what they are called now; None for one that is not declared, or is read otherwise."""
    return {
        name: today if today and same_values(table.column(today), columns[name]) else None
        for name, today in names_of_today(table, columns).items()
    }


def names_of_today(table: Table, columns: Iterable[str]) -> dict[str, str | None]:
    """The columns of an earlier declaration -> what they are called now; None for one that is not declared."""
    now = {column.formerly: column.name for column in table.columns if column.formerly}
    declared, columns = set(table.column_names), list(columns)
    return {
        name: name if name in declared else new if (new := now.get(name)) and new not in columns else None
        for name in columns
    }


def kind_of(type_at_source: str) -> Kind | None:
    """The kind of a type of PostgreSQL's, whatever its digits; None of one that no declaration has."""
    try:
        return Kind.DECIMAL if type_at_source.startswith("numeric") else mapped(type_at_source).kind
    except ValueError:
        return None


def scale_of(type_at_source: str) -> int | None:
    """Digits behind the point of a numeric type."""
    found = re.fullmatch(r"numeric\(\d+,(-?\d+)\)", type_at_source)
    return int(found[1]) if found else None


def same_values(today: Column, then: Column | None) -> bool:
    """Whether the column of then was read as today's is."""
    return then is not None and (today.kind, today.scale) == (then.kind, then.scale)


def _then(name: str, type_at_source: str, digits: tuple[int, int] | None) -> Column | None:
    try:
        how = mapped(type_at_source, digits if type_at_source.startswith("numeric") else None)
    except ValueError:
        return None
    return Column(name, how.kind, type_at_source.upper(), how.snowflake_type, "", read=how.read)


def _as_declared(table: Table, name: str, then: Column | None, today: str | None) -> Column | None:
    """With the constraints of today's, and its name at the source."""
    if then and today and same_values(column := table.column(today), then):
        # Digits before the point decide what is read as NULL.
        read = then.read if then.kind is Kind.DECIMAL else column.read
        return replace(column, name=name, formerly=None, read=read)
    return then
