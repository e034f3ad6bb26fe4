"""Whatever changes at the source, and wherever a run stops: after a refresh the marts are those of the source."""

from collections.abc import Callable
from typing import ClassVar

import pytest
from hypothesis.stateful import precondition, rule

from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES
from shopstream_platform_tests.dbt.integration.expected import NAMES, marts
from shopstream_platform_tests.dbt.integration.test_incremental import MODELS
from shopstream_platform_tests.fixtures.pipeline import Pipeline, Row, day
from shopstream_platform_tests.pipeline.integration.refresh.test_any_change import LAST, AnyChange, run_machine

Build = Callable[..., None]


def keys_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)


class AnyChangeUpToTheMarts(AnyChange):
    """Every refresh also builds, incrementally; nothing later than the last partition exists at the source."""

    build: ClassVar[Build]
    refreshes: ClassVar[int] = 0

    @precondition(lambda self: hasattr(self, "serial"))
    @rule()
    def refresh(self) -> None:
        late = "SELECT id FROM orders WHERE created_at >= %s"
        self.pipeline.sql(f"DELETE FROM order_items WHERE order_id IN ({late})", (day(LAST + 1),))
        self.pipeline.sql("DELETE FROM orders WHERE created_at >= %s", (day(LAST + 1),))
        for table, span in self.due():
            self.pipeline.move(BY_NAME[table], span)
        for table in SHOP_TABLES:
            assert self.pipeline.raw_rows(table) == self.pipeline.source_rows(table), table.name
        type(self).build()
        AnyChangeUpToTheMarts.refreshes += 1
        newest = self.pipeline.warehouse.value("SELECT MAX(partition_date) FROM RAW._LOAD_LOG")
        for mart in NAMES:
            assert keys_first(self.mart(mart)) == keys_first(self.pipeline.sql(marts(newest)[mart])), mart

    def mart(self, name: str) -> list[Row]:
        return self.pipeline.warehouse.rows(f"SELECT * FROM MARTS.{name}")

    def teardown(self) -> None:
        super().teardown()
        incremental = self.models()
        type(self).build("--full-refresh")
        assert self.models() == incremental

    def models(self) -> dict[str, list[Row]]:
        return {name: keys_first(self.pipeline.warehouse.rows(f"SELECT * FROM {name}")) for name in MODELS}


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_marts_equal_the_source_after_any_sequence_of_changes_and_stops(pipeline: Pipeline, build: Build) -> None:
    AnyChangeUpToTheMarts.build = staticmethod(build)
    run_machine(pipeline, examples=3, steps=7, machine=AnyChangeUpToTheMarts)
    assert AnyChangeUpToTheMarts.refreshes >= 3
