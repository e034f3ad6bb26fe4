"""A database beside the shop's, and the rules that all tables are checked against together."""

from dataclasses import dataclass

from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.names import is_plain

# Names that mean something else: folders of the lake and connections, layers of assets, dbt's source of the shop and
# folders of its models, groups beside them.
RESERVED_SOURCES = frozenset(
    {
        *("postgres", "events", "shop"),
        *("oltp", "lake", "raw", "staging", "intermediate", "core", "marts", "snapshots"),
        *("semantic", "dashboards", "power_bi", "docs"),
    }
)


@dataclass(frozen=True)
class Source:
    """A PostgreSQL database beside the shop's: where its connection string is, and the tables that are read from it."""

    name: str
    dsn_env: str
    tables: tuple[Table, ...]
    description: str = ""

    def __post_init__(self) -> None:
        """Check that the tables are this source's."""
        if not is_plain(self.name) or self.name in RESERVED_SOURCES or "__" in self.name:
            raise ValueError(
                f"source {self.name} has a name that is not lower-case letters, digits and single _, or that the "
                "platform uses itself"
            )
        for table in self.tables:
            if table.source != self.name:
                raise ValueError(
                    f"table {table.name} is declared in source {self.name}, but says source={table.source!r}"
                )


def checked(*tables: Table) -> tuple[Table, ...]:
    """The tables, in an order in which foreign keys allow them to be created; ValueError otherwise."""
    known: dict[str, Table] = {}
    for table in tables:
        if table.name in known:
            raise ValueError(f"table {table.name} is declared twice")
        for column in table.columns:
            if column.references and column.references not in known.keys() | {table.name}:
                raise ValueError(f"table {table.name} refers to {column.references}, which must be declared before it")
        for other in known.values():
            # Folders are listed, and emptied, with all that lies below them.
            if _overlap(f"{table.lake_prefix}/", f"{other.lake_prefix}/"):
                raise ValueError(f"table {table.name} shares its folder in the lake with table {other.name}")
        known[table.name] = table
    return tables


def _overlap(folder: str, other: str) -> bool:
    return folder.startswith(other) or other.startswith(folder)
