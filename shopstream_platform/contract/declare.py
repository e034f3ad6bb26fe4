"""How a table is declared: its columns, its partitions, and the rules that every declaration is checked against.

A declaration that breaks a rule raises ValueError at import, with one sentence that names table and rule.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from shopstream_platform.contract.names import is_plain, quoted

# The key of each of the shop's tables.
KEY = "id"
SHOP = ""
# Stands for the source's own value in SQL that reads it.
VALUE = "{}"


class Kind(StrEnum):
    """How a column's values are compared, written and checked in both engines."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    BINARY = "binary"
    JSON = "json"


class LakeFormat(StrEnum):
    """The format of a table's objects in the lake."""

    CSV = "csv"
    NDJSON = "json"


@dataclass(frozen=True)
class Column:
    """One column: its type in both engines, its constraints at the source, and what the dashboards may show of it.

    `references` is a table whose key the column names; `default` is SQL; `at_source` is the name there, if it is not
    written as `name` is; `read` is SQL for the value there, with {} for the column; `formerly` is the name that it had
    before.
    """

    name: str
    kind: Kind
    postgres_type: str
    snowflake_type: str
    description: str
    nullable: bool = True
    primary_key: bool = False
    unique: bool = False
    references: str | None = None
    default: str | None = None
    pii: bool = False
    oversized_as_null: bool = False
    at_source: str = ""
    read: str = VALUE
    formerly: str | None = None

    @property
    def source_name(self) -> str:
        """The column's name at the source, as a catalogue query finds it."""
        return self.at_source or self.name

    @property
    def source_sql(self) -> str:
        """The column's name at the source, as SQL."""
        return quoted(self.at_source) if self.at_source else self.name

    @property
    def scale(self) -> int | None:
        """Digits behind the point of a decimal; None of anything else."""
        found = re.fullmatch(r"NUMBER\(\d+, ?(\d+)\)", self.snowflake_type)
        return int(found[1]) if found and self.kind is Kind.DECIMAL else None

    @property
    def unbounded(self) -> bool:
        """Whether a value may be larger than a warehouse holds: documents, bytes, and texts without a length."""
        return self.kind in (Kind.JSON, Kind.BINARY) or self.snowflake_type == "VARCHAR"

    @property
    def constraint(self) -> str:
        """The column's constraints in PostgreSQL's words."""
        if self.primary_key:
            return "PRIMARY KEY"
        parts = {
            "UNIQUE": self.unique,
            "NOT NULL": not self.nullable,
            f"REFERENCES {self.references}({KEY})": self.references,
            f"DEFAULT {self.default}": self.default,
        }
        return " ".join(part for part, applies in parts.items() if applies)


# A column of these says on which day a row belongs; an instant, in UTC.
DAY_KINDS = (Kind.TIMESTAMP, Kind.INSTANT, Kind.DATE)


@dataclass(frozen=True)
class ByDay:
    """A row belongs to the calendar day of one of its own timestamps."""

    column: str


@dataclass(frozen=True)
class ByParent:
    """A row belongs to the partition of the row that a foreign key names (an order line to its order's day)."""

    parent: "Table"
    via: str


@dataclass(frozen=True)
class Table:
    """One OLTP table and its way through the lake to RAW.

    `name` is the table's everywhere but at the source; it begins with `<source>__` unless the table is the shop's.
    `relation` is what PostgreSQL calls it, with its schema and quotes where it needs them. `partition` is None for a
    table of which every extraction is a full snapshot. `lake_folder` lies below raw/.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    partition: ByDay | ByParent | None = None
    lake_format: LakeFormat = LakeFormat.CSV
    lake_folder: str = ""
    source: str = SHOP
    relation: str = ""

    def __post_init__(self) -> None:
        """Check the rules that every SQL statement relies on."""
        names = self.column_names
        for name in (self.name, *names):
            self._require(
                is_plain(name),
                f"has a name, {name}, that is not lower-case letters, digits and _, or that Snowflake reserves",
            )
        self._require(len(set(names)) == len(names), "has two columns of one name")
        self._check_key()
        for column in self.columns:
            # A field of a CSV object would be loaded as a text, not as what it says.
            is_held = column.kind is not Kind.JSON or self.lake_format is LakeFormat.NDJSON
            self._require(is_held, f"has a document, {column.name}, which needs lake_format=LakeFormat.NDJSON")
        # A NULL alone on its line is an empty line, which Snowflake reads as a row that lacks the field.
        is_held = self.source == SHOP or len(names) > 1 or self.lake_format is LakeFormat.NDJSON
        self._require(is_held, "has one column alone, which needs lake_format=LakeFormat.NDJSON")
        for index in self.indexes:
            self._require(index in names, f"has an index on {index}, a column that it does not declare")
        self._check_partition()

    def _check_key(self) -> None:
        if self.source != SHOP:
            self._require(self.columns, "has no columns")
            self._require(self.name.startswith(f"{self.source}__"), f"must have a name that begins {self.source}__")
            return
        self._require(_begins_with_key(self.columns), f"must begin with its primary key, an integer called {KEY}")
        self._require(not any(c.primary_key for c in self.columns[1:]), "has a second primary key")
        for column in self.columns:
            is_number = not column.references or column.kind is Kind.INTEGER
            self._require(is_number, f"has a foreign key, {column.name}, that is not an integer")

    def _check_partition(self) -> None:
        names = self.column_names
        match self.partition:
            case ByDay(column):
                is_timestamp = column in names and self.column(column).kind in DAY_KINDS
                self._require(is_timestamp, f"is partitioned by {column}, which is not one of its timestamps")
            case ByParent(parent, via):
                refers = via in names and self.column(via).references == parent.name
                self._require(refers, f"is partitioned via {via}, which is not a foreign key to {parent.name}")
                self._require(
                    isinstance(parent.partition, ByDay), f"has a parent, {parent.name}, without days of its own"
                )
                self._require(len(parent.key) == 1, f"has a parent, {parent.name}, without a key of one column")

    def _require(self, holds: object, rule: str) -> None:
        if not holds:
            raise ValueError(f"table {self.name} {rule}")

    @property
    def partitioned(self) -> bool:
        """Daily partitions, or a full snapshot per extraction."""
        return self.partition is not None

    @property
    def lake_prefix(self) -> str:
        """The folder of the table's partitions, below raw/ in the lake."""
        return self.lake_folder or f"{self.source or 'postgres'}/{self.path[-1]}"

    @property
    def path(self) -> tuple[str, ...]:
        """The table's asset key below its layer: ("orders",) of the shop, ("pagila", "film") of another source."""
        return (self.source, self.name.removeprefix(f"{self.source}__")) if self.source else (self.name,)

    @property
    def source_sql(self) -> str:
        """The table at the source, as SQL."""
        return self.relation or self.name

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell one row from another; empty for a table that may hold one row twice."""
        return tuple(column.name for column in self.key_columns)

    @property
    def key_columns(self) -> tuple[Column, ...]:
        """The declarations of `key`."""
        return tuple(column for column in self.columns if column.primary_key)

    @property
    def integer_key(self) -> Column | None:
        """The key, if it is one whole number."""
        first, *others = self.key_columns or (None,)
        return first if first and not others and first.kind is Kind.INTEGER else None

    @property
    def parent(self) -> "Table | None":
        """The table whose rows decide the partition; None if the table's own do, or if it has no partitions."""
        return self.partition.parent if isinstance(self.partition, ByParent) else None

    @property
    def day_column(self) -> str:
        """The timestamp that decides a row's partition: the table's own, or its parent's. ValueError without one."""
        return self.dated_by.name

    @property
    def dated_by(self) -> Column:
        """The declaration of `day_column`. ValueError without one."""
        match self.partition:
            case ByDay(column):
                return self.column(column)
            case ByParent(parent):
                return parent.dated_by
            case None:
                raise ValueError(f"table {self.name} has no partitions")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Declared columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the table has none."""
        return {column.name: column for column in self.columns}[name]

    def with_oversized_as_null(self) -> "Table":
        """The table, read such that values too large for the warehouse count as NULL everywhere."""
        return replace(self, columns=tuple(replace(c, oversized_as_null=c.unbounded) for c in self.columns))

    @cached_property
    def fingerprint_of_declaration(self) -> str:
        """Changes whenever the values that are loaded change, so that every loaded partition is stale then.

        A description, a length, a precision, a constraint, a default or a name of before changes no value.
        """
        return sha256(_as_hashed(self).encode()).hexdigest()[:16]


def _begins_with_key(columns: tuple[Column, ...]) -> bool:
    if not columns:
        return False
    key = columns[0]
    return key.name == KEY and key.kind is Kind.INTEGER and key.primary_key and not key.nullable


def _as_hashed(table: Table) -> str:
    """The declaration as load logs know it by hash: in another form, all of history would be loaded again."""
    columns = [
        f"{c.name} {c.kind}{_scale(c)}{_read(c)}{' without oversized' * c.oversized_as_null}" for c in table.columns
    ]
    match table.partition:
        case ByDay(column):
            partition = f"by {column}"
        case ByParent(parent, via):
            partition = f"by {parent.name}.{parent.day_column} via {via}"
        case None:
            partition = "whole"
    return "; ".join([*columns, partition])


def _scale(column: Column) -> str:
    return "" if column.scale is None else f"({column.scale})"


def _read(column: Column) -> str:
    return "" if column.read == VALUE else f" as {column.read}"
