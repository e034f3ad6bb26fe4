"""How a table is declared: its columns, its partitions, and the rules that every declaration is checked against.

A declaration that breaks a rule raises ValueError at import, with one sentence that names table and rule.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

KEY = "id"
# Written without quotes in both engines; what begins with an underscore is the platform's own.
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Kind(StrEnum):
    """How a column's values are compared, written and checked in both engines."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"


class LakeFormat(StrEnum):
    """The format of a table's objects in the lake."""

    CSV = "csv"
    NDJSON = "json"


@dataclass(frozen=True)
class Column:
    """One column: its type in both engines, its constraints at the source, and what the dashboards may show of it.

    `references` is a table whose key the column names; `default` is SQL; `formerly` is the name that it had before.
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
    formerly: str | None = None

    @property
    def scale(self) -> int | None:
        """Digits behind the point of a decimal; None of anything else."""
        found = re.fullmatch(r"NUMBER\(\d+, ?(\d+)\)", self.snowflake_type)
        return int(found[1]) if found and self.kind is Kind.DECIMAL else None

    @property
    def unbounded(self) -> bool:
        """Whether a value may be larger than a warehouse holds: documents, and texts without a length."""
        return self.kind is Kind.JSON or self.postgres_type == "TEXT"

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

    `partition` is None for a table of which every extraction is a full snapshot. `lake_folder` lies below raw/;
    without one it is postgres/<name>.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    partition: ByDay | ByParent | None = None
    lake_format: LakeFormat = LakeFormat.CSV
    lake_folder: str = ""

    def __post_init__(self) -> None:
        """Check the rules that every SQL statement relies on."""
        names = self.column_names
        for name in (self.name, *names):
            self._require(NAME.fullmatch(name), f"has a name, {name}, that is not lower-case letters, digits and _")
        self._require(len(set(names)) == len(names), "has two columns of one name")
        self._require(_begins_with_key(self.columns), f"must begin with its primary key, an integer called {KEY}")
        self._require(not any(c.primary_key for c in self.columns[1:]), "has a second primary key")
        for column in self.columns:
            is_number = not column.references or column.kind is Kind.INTEGER
            self._require(is_number, f"has a foreign key, {column.name}, that is not an integer")
            # A field of a CSV object would be loaded as a text, not as what it says.
            is_held = column.kind is not Kind.JSON or self.lake_format is LakeFormat.NDJSON
            self._require(is_held, f"has a document, {column.name}, which needs lake_format=LakeFormat.NDJSON")
        for index in self.indexes:
            self._require(index in names, f"has an index on {index}, a column that it does not declare")
        self._check_partition()

    def _check_partition(self) -> None:
        names = self.column_names
        match self.partition:
            case ByDay(column):
                is_timestamp = column in names and self.column(column).kind is Kind.TIMESTAMP
                self._require(is_timestamp, f"is partitioned by {column}, which is not one of its timestamps")
            case ByParent(parent, via):
                refers = via in names and self.column(via).references == parent.name
                self._require(refers, f"is partitioned via {via}, which is not a foreign key to {parent.name}")
                self._require(
                    isinstance(parent.partition, ByDay), f"has a parent, {parent.name}, without days of its own"
                )

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
        return self.lake_folder or f"postgres/{self.name}"

    @property
    def parent(self) -> "Table | None":
        """The table whose rows decide the partition; None if the table's own do, or if it has no partitions."""
        return self.partition.parent if isinstance(self.partition, ByParent) else None

    @property
    def day_column(self) -> str:
        """The timestamp that decides a row's partition: the table's own, or its parent's. ValueError without one."""
        match self.partition:
            case ByDay(column):
                return column
            case ByParent(parent):
                return parent.day_column
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


def checked(*tables: Table) -> tuple[Table, ...]:
    """The tables, in an order in which foreign keys allow them to be created; ValueError otherwise."""
    known: dict[str, Table] = {}
    for table in tables:
        if table.name in known:
            raise ValueError(f"table {table.name} is declared twice")
        for column in table.columns:
            if column.references and column.references not in known:
                raise ValueError(f"table {table.name} refers to {column.references}, which must be declared before it")
        for other in known.values():
            # Folders are listed, and emptied, with all that lies below them.
            if _overlap(f"{table.lake_prefix}/", f"{other.lake_prefix}/"):
                raise ValueError(f"table {table.name} shares its folder in the lake with table {other.name}")
        known[table.name] = table
    return tables


def _begins_with_key(columns: tuple[Column, ...]) -> bool:
    if not columns:
        return False
    key = columns[0]
    return key.name == KEY and key.kind is Kind.INTEGER and key.primary_key and not key.nullable


def _overlap(folder: str, other: str) -> bool:
    return folder.startswith(other) or other.startswith(folder)


def _as_hashed(table: Table) -> str:
    """The declaration as load logs know it by hash: in another form, all of history would be loaded again."""
    columns = [f"{c.name} {c.kind}{_scale(c)}{' without oversized' * c.oversized_as_null}" for c in table.columns]
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
