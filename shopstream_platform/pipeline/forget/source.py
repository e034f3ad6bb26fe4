"""The source: whether the person is gone there, and, where the shop is the platform's own, the erasure itself."""

from dataclasses import dataclass
from secrets import token_hex

from psycopg2.extensions import connection

from shopstream_platform.contract.declare import KEY, Column, Table
from shopstream_platform.pipeline.forget.person import (
    PERSONAL,
    PLACEHOLDER_DOMAIN,
    Person,
    address_columns,
    is_placeholder,
    normal,
    personal_columns,
)
from shopstream_platform.pipeline.forget.record import Done


@dataclass(frozen=True)
class Held:
    """A row of the source in which personal columns still hold the person."""

    table: str
    id: int
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}: the row with id {self.id} ({', '.join(self.columns)})"


@dataclass
class AtSource:
    """What the source holds of the person: rows with personal values, values that stand in their place, ids kept."""

    held: list[Held]
    accepted: list[str]
    kept_ids: dict[str, set[int]]


def look(conn: connection, person: Person) -> AtSource:
    """Compare the source's rows with all that is known of the person.

    A row of an id is clean if each of its personal columns is empty or holds none of the person's values.
    """
    found = AtSource([], [], {})
    for table in PERSONAL:
        columns = personal_columns(table)
        for row_id, *values in rows_of(conn, table, person):
            found.kept_ids.setdefault(table.name, set()).add(row_id)
            row = {column.name: value for column, value in zip(columns, values, strict=True)}
            of_the_person = [name for name, value in row.items() if person.knows(name, value)]
            if of_the_person:
                found.held.append(Held(table.name, row_id, tuple(of_the_person)))
            found.accepted += [str(v) for n, v in row.items() if v and n not in of_the_person]
    return found


def rows_of(conn: connection, table: Table, person: Person) -> list[tuple[int, *tuple[str | None, ...]]]:
    """(id, personal columns) of the person's rows at the source."""
    names = ", ".join(f"t.{column.name}::text" for column in personal_columns(table))
    with conn.cursor() as cursor:
        cursor.execute(
            f"SELECT t.{KEY}, {names} FROM {table.name} t WHERE t.{KEY} = ANY(%s){_by_address(table)} ORDER BY 1",
            [sorted(person.ids_of(table)), *([sorted(person.addresses_in(table))] * len(address_columns(table)))],
        )
        return cursor.fetchall()


def gather_from_source(conn: connection, person: Person, done: list[Done], *, overwritten: bool) -> None:
    """Take in the rows of the source whose address is the person's, and what else they hold of it.

    What rows of the person's ids hold is not the person's if somebody says that they were `overwritten`, or if an
    earlier case was closed so.
    """
    for table in PERSONAL:
        for row_id, *values in rows_of(conn, table, person):
            columns = [column.name for column in personal_columns(table)]
            row = dict(zip(columns, values, strict=True))
            if any(person.knows(name, row[name]) for name in address_columns(table)):
                person.add_id(table, row_id)
                person.add_values(row)
                continue
            instead = {str(value) for value in values if value and normal(str(value)) not in person.addresses}
            person.accepted |= {normal(v) for v in instead if overwritten or any(one.knows(v) for one in done)}


def erase_at_source(conn: connection, held: list[Held]) -> int:
    """Overwrite the personal columns of these rows; the rows, and the orders that refer to them, stay.

    A column that may be empty becomes NULL. An address that may not gets a placeholder: the same one wherever it was
    the same, so that a contact still is the account that it has become.
    """
    placeholders: dict[str, str] = {}
    for table in PERSONAL:
        columns = personal_columns(table)
        for row_id in [one.id for one in held if one.table == table.name]:
            with conn.cursor() as cursor:
                names = ", ".join(column.name for column in columns)
                cursor.execute(f"SELECT {names} FROM {table.name} WHERE {KEY} = %s FOR UPDATE", [row_id])
                old = cursor.fetchone() or ()
                new = [_instead(c, value, placeholders) for c, value in zip(columns, old, strict=True)]
                sets = ", ".join(f"{column.name} = %s" for column in columns)
                cursor.execute(f"UPDATE {table.name} SET {sets} WHERE {KEY} = %s", [*new, row_id])
    return len(held)


def _instead(column: Column, value: str | None, placeholders: dict[str, str]) -> str | None:
    if value is None or column.nullable or is_placeholder(value):
        return value if value is not None and is_placeholder(value) else None
    return placeholders.setdefault(normal(value), f"{token_hex(8)}{PLACEHOLDER_DOMAIN}")


def _by_address(table: Table) -> str:
    """As the marts compare: without blanks around it, in lower case."""
    return "".join(f" OR lower(btrim(t.{name}, E' \\t\\r\\n')) = ANY(%s)" for name in address_columns(table))
