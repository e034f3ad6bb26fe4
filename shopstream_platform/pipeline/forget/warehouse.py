"""The warehouse: what it knows of the person, whose names nobody else has, and whether anything is left.

Values are compared by salted digests: a query's text stays in an account's history for a year.
"""

from collections.abc import Iterable
from hashlib import md5
from secrets import token_hex

from shopstream_platform.contract.declare import KEY, Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.pipeline.forget.history import History
from shopstream_platform.pipeline.forget.needles import SHORTEST_NAME
from shopstream_platform.pipeline.forget.person import (
    ACCOUNTS,
    ADDRESSES,
    PERSONAL,
    Person,
    address_columns,
    normal,
    personal_columns,
)
from shopstream_platform.stores.warehouse import Warehouse

TEXT_COLUMNS = (
    "SELECT table_schema, table_name, column_name FROM INFORMATION_SCHEMA.COLUMNS "
    "WHERE data_type = 'TEXT' AND table_schema <> 'INFORMATION_SCHEMA' "
    "ORDER BY table_schema, table_name, column_name"
)
NOBODY = "0"


class Digests:
    """Digests under a salt of their own: equal here and in the warehouse, and of no use to who reads the query."""

    def __init__(self) -> None:
        self.salt = token_hex(16)

    def of(self, values: Iterable[str]) -> str:
        """The digests of some values as a list for IN (...)."""
        return ", ".join(sorted({f"'{self._digest(value)}'" for value in values})) or f"'{NOBODY}'"

    def column(self, name: str) -> str:
        """The digest of a column's value, compared without blanks around it and in lower case."""
        return f"MD5('{self.salt}' || LOWER(TRIM({name})))"

    def _digest(self, value: str) -> str:
        return md5(f"{self.salt}{normal(value)}".encode()).hexdigest()  # noqa: S324 - the warehouse's own function


def gather(warehouse: Warehouse, histories: list[History], person: Person) -> None:
    """Take in all rows and values of the person that RAW and the histories know, until nothing new is found."""
    digests, before = Digests(), None
    while before != (now := person.as_dict()):
        before = now
        for table in PERSONAL:
            names = [column.name for column in personal_columns(table)]
            _take(warehouse, digests, person, raw_name(table), KEY, names, table=table)
        for history in histories:
            names = list(history.columns)
            _take(warehouse, digests, person, history.relation, history.key, names, table=history.table)


def rows_in_raw(warehouse: Warehouse, person: Person) -> dict[str, int]:
    """RAW table -> how many rows of the person it has."""
    return {
        raw_name(table): int(
            warehouse.value(f"SELECT COUNT(*) FROM {raw_name(table)} WHERE {KEY} IN ({_ids(person.ids_of(table))})")
        )
        for table in PERSONAL
    }


def other_accounts(warehouse: Warehouse, histories: list[History], person: Person) -> set[int]:
    """Accounts that are not the person's, and have or had one of the same addresses."""
    digests, found = Digests(), set[int]()
    places = [(raw_name(ACCOUNTS), KEY, address_columns(ACCOUNTS))]
    places += [(h.relation, h.key, [c for c in h.columns if c in ADDRESSES]) for h in histories if h.table is ACCOUNTS]
    for relation, key, columns in places:
        for name in columns:
            rows = warehouse.rows(
                f"SELECT {key} FROM {relation} WHERE {digests.column(name)} IN ({digests.of(person.addresses)})"
            )
            found |= {int(one) for (one,) in rows}
    return found - person.ids_of(ACCOUNTS)


def distinctive(warehouse: Warehouse, person: Person, vocabulary: str) -> set[str]:
    """The person's names that nobody else in RAW has, and that are no word of the platform's own (`vocabulary`)."""
    names = {v for n, values in person.values.items() if n not in ADDRESSES for v in values}
    candidates = {v for v in names if len(v) >= SHORTEST_NAME and normal(v) not in vocabulary}
    digests = Digests()
    common: set[str] = set()
    for table in PERSONAL:
        for column in personal_columns(table):
            rows = warehouse.rows(
                f"SELECT {column.name} FROM {raw_name(table)} WHERE {_of_others(person.ids_of(table))} "
                f"AND {digests.column(column.name)} IN ({digests.of(candidates)})"
            )
            common |= {normal(str(value)) for (value,) in rows}
    return {value for value in candidates if normal(value) not in common}


def left_over(warehouse: Warehouse, person: Person, alone: set[str]) -> dict[str, int]:
    """SCHEMA.TABLE.COLUMN -> rows that hold an address of the person, a full name, or a name of nobody else.

    Every text column of the database, whoever made its table; parts of longer texts and of documents are not compared.
    """
    digests = Digests()
    names = [sorted(values) for name, values in sorted(person.values.items()) if name not in ADDRESSES]
    full = {f"{a} {b}" for first in names for last in names if first is not last for a in first for b in last}
    wanted = digests.of({*person.addresses, *full, *alone})
    by_table: dict[str, list[str]] = {}
    for schema, table, column in warehouse.rows(TEXT_COLUMNS):
        by_table.setdefault(f'{schema}."{table}"', []).append(column)
    found: dict[str, int] = {}
    for relation, columns in by_table.items():
        counts = ", ".join(f"COUNT_IF({digests.column(_quoted(name))} IN ({wanted}))" for name in columns)
        ((*numbers,),) = warehouse.rows(f"SELECT {counts} FROM {relation}")
        found |= {f"{relation}.{name}": int(n) for name, n in zip(columns, numbers, strict=True) if n}
    return found


def _take(
    warehouse: Warehouse, digests: Digests, person: Person, relation: str, key: str, names: list[str], *, table: Table
) -> None:
    """The rows of a relation that are the person's: by id or address."""
    wanted = digests.of(person.addresses_in(table))
    by_address = "".join(f" OR {digests.column(name)} IN ({wanted})" for name in names if name in ADDRESSES)
    where = f"{key} IN ({_ids(person.ids_of(table))}){by_address}"
    for row_id, *values in warehouse.rows(f"SELECT {key}, {', '.join(names)} FROM {relation} WHERE {where}"):
        person.add_id(table, int(row_id))
        person.add_values(dict(zip(names, values, strict=True)))


def _ids(ids: set[int]) -> str:
    return ", ".join(map(str, sorted(ids))) or "NULL"


def _of_others(ids: set[int]) -> str:
    # NOT IN (NULL) is true of no row.
    return f"{KEY} NOT IN ({_ids(ids)})" if ids else "TRUE"


def _quoted(name: str) -> str:
    return f'"{name}"'
