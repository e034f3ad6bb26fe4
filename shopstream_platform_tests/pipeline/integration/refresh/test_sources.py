"""Two databases: each is compared by itself, and one that is down refuses its own tables alone."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import pytest
from pydantic import SecretStr

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import CalendarSettings, OltpSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.raw import LOAD_LOG, lock_name, raw_ddl, raw_name
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.refresh.compare import Compared, window
from shopstream_platform.pipeline.refresh.drift import Drift, Why, read_loads
from shopstream_platform.pipeline.refresh.sources import Question, compare_sources
from shopstream_platform_tests.fixtures.pipeline import START, Pipeline, day, days
from shopstream_platform_tests.fixtures.second_source import ARCHIVE, AUTHORS, DDL, DSN, LETTERS, declare

NOWHERE = "postgresql://reader:secret@127.0.0.1:1/archive"


class Two(NamedTuple):
    shop: Pipeline
    archive: Pipeline

    def compared(
        self,
        window_days: int | None = None,
        *,
        broken: bool = False,
        absent: Collection[str] = (),
        refused: Collection[str] = (),
    ) -> tuple[Drift, Compared]:
        settings = Settings(
            calendar=CalendarSettings(start_date=START), oltp=OltpSettings(postgres_dsn=SecretStr(self.shop.dsn))
        )
        extent = window(START, day(4), window_days)
        loads = read_loads(self.shop.warehouse)
        question = Question(
            settings, self.shop.warehouse, loads, deletion_limit=0.5, broken=broken, absent=absent, refused=refused
        )
        return compare_sources(question, extent, with_shop=True)


@pytest.fixture
def two(new_pipeline: Callable[[], Pipeline], monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    shop, archive = new_pipeline(), new_pipeline()
    archive.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    archive.sql(DDL)
    declare(monkeypatch)
    monkeypatch.setenv(DSN, archive.dsn)
    for statement in raw_ddl(ARCHIVE.tables):
        shop.warehouse.execute(statement)
    for table in ARCHIVE.tables:
        shop.warehouse.execute(f"DELETE FROM {raw_name(table)}")
    for table in SHOP_TABLES:
        shop.move(table, days(0, 4) if table.partitioned else None)
    yield Two(shop, archive)
    for table in ARCHIVE.tables:
        for name in (raw_name(table), lock_name(table)):
            shop.warehouse.execute(f"DROP TABLE {name}")
        shop.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE table_name = '{table.name}'")


def test_each_is_compared_with_its_own_loads(two: Two) -> None:
    drift, _ = two.compared()
    assert drift.refused == {}
    assert drift.snapshots == {AUTHORS.name: Why.NEW}
    assert set(drift.days) == {LETTERS.name}
    two.archive.sql("INSERT INTO letters VALUES (%s, %s, 'x')", [str(UUID(int=1)), day(2)])
    two.archive.move(AUTHORS)
    two.archive.move(LETTERS, days(0, 4))
    assert not two.compared()[0]
    two.archive.sql("UPDATE letters SET text = ''")
    drift, _ = two.compared()
    assert (drift.days, drift.snapshots) == ({LETTERS.name: {day(2): Why.CHANGED}}, {})


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        (NOWHERE, r"PostgreSQL at 127.0.0.1:1/archive cannot be reached: .*Check ARCHIVE_DSN"),
        ("", r"ARCHIVE_DSN is not set: set it to the connection string of the database of source archive"),
        ("postgresql://", r"ARCHIVE_DSN does not name a database"),
        ("postgresql://a:b@c@d/e", r"ARCHIVE_DSN is read as naming a host or port that cannot exist"),
        ("nonsense", r"ARCHIVE_DSN is not a connection string"),
    ],
)
def test_a_source_that_is_down_refuses_its_own_tables_alone(
    two: Two, monkeypatch: pytest.MonkeyPatch, dsn: str, why: str
) -> None:
    monkeypatch.setenv(DSN, dsn)
    drift, extent = two.compared()
    assert list(drift.refused) == [AUTHORS.name, LETTERS.name]
    for sentence in drift.refused.values():
        assert sentence.startswith("nothing of source archive was compared or loaded: ")
        assert "secret" not in sentence
    with pytest.raises(ShopStreamError, match=why):
        raise ShopStreamError(drift.refused[LETTERS.name])
    assert set(drift.seen) == {table.name for table in SHOP_TABLES}
    assert extent.left_out == set()


def test_a_table_that_is_refused_stops_no_other(two: Two) -> None:
    two.archive.sql("ALTER TABLE letters DROP COLUMN text")
    drift, _ = two.compared()
    assert list(drift.refused) == [LETTERS.name]
    assert "archive__letters.text is declared but the source does not have it" in drift.refused[LETTERS.name]
    assert drift.snapshots == {AUTHORS.name: Why.NEW}


def test_a_shop_that_is_down_stops_no_other_source(two: Two) -> None:
    drift, _ = two._replace(shop=replace(two.shop, dsn=NOWHERE)).compared()
    assert set(drift.refused) == {table.name for table in SHOP_TABLES}
    assert drift.snapshots == {AUTHORS.name: Why.NEW}


def test_what_a_window_cannot_search_is_said(two: Two) -> None:
    drift, extent = two.compared(window_days=2)
    assert extent.left_out == {day(1), day(2)}
    assert any(said.startswith(f"{LETTERS.name}: rows outside the window") for said in drift.blind)


def test_a_table_that_raw_does_not_have_yet_is_looked_for_nowhere(two: Two) -> None:
    two.shop.warehouse.execute(f"DROP TABLE {raw_name(LETTERS)}")
    drift, _ = two.compared(window_days=2, absent={LETTERS.name}, broken=True)
    assert drift.refused == {}
    for statement in raw_ddl(ARCHIVE.tables):
        two.shop.warehouse.execute(statement)


def test_what_raw_cannot_take_is_not_compared(two: Two) -> None:
    drift, _ = two.compared(refused={LETTERS.name})
    assert LETTERS.name not in drift.seen
