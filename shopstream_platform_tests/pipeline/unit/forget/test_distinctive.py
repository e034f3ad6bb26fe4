"""Which of a person's names are nobody else's, so that they may be overwritten wherever they stand."""

import re
from typing import Any

import duckdb
import pytest

from shopstream_platform.pipeline.forget import warehouse
from shopstream_platform.pipeline.forget.person import PERSONAL, Person, personal_columns


class InMemory:
    """RAW's personal tables in DuckDB, as far as the question goes."""

    def __init__(self) -> None:
        self.duck = duckdb.connect()
        self.duck.execute("CREATE SCHEMA RAW")
        for table in PERSONAL:
            columns = ", ".join(f"{column.name} TEXT" for column in personal_columns(table))
            self.duck.execute(f"CREATE TABLE RAW.{table.name} (id INTEGER, {columns})")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.duck.execute(re.sub(r"\bRAW\.(\w+)", lambda found: found[0].lower(), sql)).fetchall()


@pytest.mark.parametrize("ids", [{"crm_contacts": {7}}, {"crm_contacts": {7}, "users": {3}}])
def test_a_name_that_somebody_else_has_is_not_distinctive_whatever_tables_the_person_is_in(
    ids: dict[str, set[int]],
) -> None:
    raw = InMemory()
    raw.duck.execute("INSERT INTO RAW.users (id, first_name, last_name) VALUES (1, 'Anna', 'Other')")
    raw.duck.execute("INSERT INTO RAW.crm_contacts (id, first_name, last_name) VALUES (7, 'Anna', 'Zqwx')")
    person = Person(ids=ids, values={"first_name": {"Anna"}, "last_name": {"Zqwx"}})
    assert warehouse.distinctive(raw, person, "") == {"Zqwx"}  # pyright: ignore[reportArgumentType]
