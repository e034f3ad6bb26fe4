"""What a look at a database finds, without judgement."""

from dataclasses import dataclass
from enum import StrEnum


class RelationKind(StrEnum):
    """What stores, or makes, the rows; by the letter of pg_class.relkind."""

    TABLE = "r"
    PARTITIONED = "p"
    VIEW = "v"
    MATERIALIZED = "m"
    FOREIGN = "f"

    @property
    def words(self) -> str:
        """For people."""
        return {
            "r": "table",
            "p": "partitioned table",
            "v": "view",
            "m": "materialized view",
            "f": "foreign table",
        }[self.value]


@dataclass(frozen=True)
class FoundColumn:
    """A column as the source declares it.

    `declared_type` is what people call its type there; `type_name` is the name by which contract/types.py knows it.
    """

    number: int
    name: str
    declared_type: str
    type_name: str
    required: bool
    generated: bool
    identity: bool
    readable: bool
    comment: str


@dataclass(frozen=True)
class FoundIndex:
    """A whole index on plain columns, by their numbers, in order."""

    columns: tuple[int, ...]
    unique: bool
    primary: bool


@dataclass(frozen=True)
class FoundForeignKey:
    """Columns, by their numbers, that name a row of another relation; `enforced` of every row, old ones too."""

    columns: tuple[int, ...]
    target: int
    target_columns: tuple[int, ...]
    enforced: bool


@dataclass(frozen=True)
class Relation:
    """A table or a view. `sql` is its name with schema, quoted as PostgreSQL needs it. `rows` is None if the server has
    no estimate; `partition_key` is that of PostgreSQL's own partitions by range, if it is one plain column.
    """

    oid: int
    schema: str
    name: str
    sql: str
    kind: RelationKind
    rows: int | None
    bytes: int
    readable: bool
    filtered: bool
    comment: str
    columns: tuple[FoundColumn, ...]
    indexes: tuple[FoundIndex, ...] = ()
    foreign_keys: tuple[FoundForeignKey, ...] = ()
    partition_key: int | None = None

    @property
    def label(self) -> str:
        """Schema and name, for people and for patterns."""
        return f"{self.schema}.{self.name}"

    def numbered(self, number: int) -> FoundColumn:
        """The column of that number; KeyError if there is none."""
        return {column.number: column for column in self.columns}[number]


@dataclass(frozen=True)
class Inspection:
    """All relations of the schemas that were looked at, and the schemas that the role may not use."""

    role: str
    server_version: int
    relations: tuple[Relation, ...]
    closed_schemas: tuple[str, ...]
