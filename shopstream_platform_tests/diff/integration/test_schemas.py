"""Which schemas a comparison makes and drops: its own, and no others."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.diff import schemas
from shopstream_platform.diff.run import own_schemas
from shopstream_platform.stores.warehouse import Warehouse

BEGINS = "KEPT_DIFF_"


@pytest.fixture
def session(warehouse_session: Warehouse) -> Iterator[Warehouse]:
    """A session that leaves none of these schemas."""
    yield warehouse_session
    for name in there(warehouse_session):
        schemas.drop(warehouse_session, name)


def there(session: Warehouse) -> set[str]:
    rows = session.rows("SELECT schema_name FROM information_schema.schemata WHERE startswith(schema_name, 'KEPT_')")
    return {name for (name,) in rows}


def mark(session: Warehouse, name: str, comment: str) -> None:
    session.execute(f"CREATE SCHEMA {name}")
    session.execute(f"CREATE TABLE {name}.{schemas.MARK} (a INT) COMMENT = '{comment}'")


def test_two_at_once_do_not_mix(session: Warehouse) -> None:
    one, other = (own_schemas(DbtSettings(schema_prefix="KEPT_"), BEGINS, token)[0] for token in ("0a1b2c", "0a1b2d"))
    with schemas.dropped_at_the_end(session) as kept:
        kept.make([other.schema_of("CORE")])
        with schemas.dropped_at_the_end(session) as made:
            assert schemas.drop_leftovers(session, BEGINS, schemas.LEFT_OVER) == []
            made.make([one.schema_of("CORE"), one.schema_of("MARTS")])
            assert len(there(session)) == 3
        assert there(session) == {other.schema_of("CORE")}
    assert there(session) == set()


def test_what_was_made_goes_whatever_happens(session: Warehouse) -> None:
    with pytest.raises(ZeroDivisionError), schemas.dropped_at_the_end(session) as made:
        made.make([f"{BEGINS}X_CORE"])
        session.execute(f"CREATE VIEW {BEGINS}X_CORE.v AS SELECT 1 AS a")
        raise ZeroDivisionError
    assert there(session) == set()


def test_a_schema_that_was_there_is_neither_taken_nor_dropped(session: Warehouse) -> None:
    session.execute(f"CREATE SCHEMA {BEGINS}X_CORE")
    with pytest.raises(Exception, match="already exists"), schemas.dropped_at_the_end(session) as made:
        made.make([f"{BEGINS}X_CORE"])
    assert there(session) == {f"{BEGINS}X_CORE"}


def test_leftovers_are_ours_and_old(session: Warehouse) -> None:
    old = f"{schemas.OURS}{(datetime.now(UTC) - timedelta(days=2)).isoformat(timespec='seconds')}"
    session.execute(f"CREATE SCHEMA {BEGINS}MINE")
    mark(session, f"{BEGINS}OLD", old)
    mark(session, f"{BEGINS}YOUNG", f"{schemas.OURS}{datetime.now(UTC).isoformat(timespec='seconds')}")
    mark(session, f"{BEGINS}OTHERS", old.removeprefix(schemas.OURS))
    mark(session, f"{BEGINS}UNREADABLE", f"{schemas.OURS}yesterday")
    mark(session, "KEPT_OF_ANOTHER", old)
    assert schemas.drop_leftovers(session, BEGINS, schemas.LEFT_OVER) == [f"{BEGINS}OLD"]
    # Who has the turn of the embedded warehouse's dbt knows that no other runs.
    assert schemas.drop_leftovers(session, BEGINS, timedelta(0)) == [f"{BEGINS}YOUNG"]
    kept = {f"{BEGINS}MINE", f"{BEGINS}OTHERS", f"{BEGINS}UNREADABLE", "KEPT_OF_ANOTHER"}
    assert there(session) == kept
