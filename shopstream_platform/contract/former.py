"""A table as an earlier declaration had it, put together again from the columns that a manifest names."""

import re
from collections.abc import Mapping
from dataclasses import replace

from shopstream_platform.contract.declare import ByDay, Column, Kind, LakeFormat, Table
from shopstream_platform.contract.types import mapped


def former(table: Table, columns: Mapping[str, str], declared_as: Mapping[str, str | None]) -> Table | None:
    """The table with these columns: name -> type at the source, in the order of then.

    `declared_as` has the names of today (None: no longer declared). None where a column cannot be read any more, or
    the table then has no partitions of this kind.
    """
    found = [_former(table, name, type_, declared_as.get(name)) for name, type_ in columns.items()]
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


def names_of_today(table: Table, columns: Mapping[str, str]) -> dict[str, str | None]:
    """The columns of an earlier declaration -> what they are called now; None for one that is not declared."""
    now = {column.formerly: column.name for column in table.columns if column.formerly}
    declared = set(table.column_names)
    return {
        name: name if name in declared else new if (new := now.get(name)) and new not in columns else None
        for name in columns
    }


def kind_of(type_at_source: str) -> Kind | None:
    """How values of a type of PostgreSQL's are read; None of one that no declaration has."""
    try:
        return mapped(type_at_source).kind
    except ValueError:
        return None


def scale_of(type_at_source: str) -> int | None:
    """Digits behind the point of a numeric type."""
    found = re.fullmatch(r"numeric\(\d+,(\d+)\)", type_at_source)
    return int(found[1]) if found else None


def same_values(column: Column, type_at_source: str) -> bool:
    """Whether a column of this type was read as the declared one is."""
    return (column.kind, column.scale) == (kind_of(type_at_source), scale_of(type_at_source))


def _former(table: Table, name: str, type_at_source: str, today: str | None) -> Column | None:
    if today and same_values(column := table.column(today), type_at_source):
        return replace(column, name=name, formerly=None)
    kind = kind_of(type_at_source)
    if kind is None:
        return None
    snowflake_type = f"NUMBER(38,{scale_of(type_at_source)})" if kind is Kind.DECIMAL else ""
    return Column(name, kind, type_at_source.upper(), snowflake_type, "")
