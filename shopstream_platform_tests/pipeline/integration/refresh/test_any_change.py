"""Whatever changes at the source, and wherever a run stops: after a refresh RAW equals the source, row for row."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.days import Days, contiguous_ranges
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES
from shopstream_platform.pipeline.load import fill as loading
from shopstream_platform.pipeline.refresh.drift import Drift, find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    USERS,
    Pipeline,
    day,
    days,
)

LAST = 5
Span = tuple[str, Days | None]

day_numbers = st.integers(0, LAST)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
statuses = st.sampled_from(["pending", "paid", "cancelled", " Refunded ", None])


class Stop(Exception):
    """Where a run is cut short."""


class AnyChange(RuleBasedStateMachine):
    """Random business, loads that stop anywhere, and refreshes that must mend everything."""

    pipeline: Pipeline

    @initialize()
    def found_shop(self) -> None:
        self.pipeline.empty_source()
        self.pipeline.clear_target()
        self.pipeline.insert(USERS, email="a@example.org")
        self.pipeline.insert(PRODUCTS, merchant_id=1, name="p", price=1)
        self.serial = 0

    @rule(number=day_numbers, lines=st.integers(0, 3), status=statuses)
    def insert_order(self, number: int, lines: int, status: str | None) -> None:
        moment = datetime.combine(day(number), time(12)) + timedelta(minutes=lines)
        order = self.pipeline.insert(ORDERS, user_id=1, total_amount=lines, status=status, created_at=moment)
        for _ in range(lines):
            self.pipeline.insert(ORDER_ITEMS, order_id=order, product_id=1, quantity=1, unit_price=1, line_total=1)

    @rule(number=st.one_of(st.none(), day_numbers), text=texts)
    def insert_event(self, number: int | None, text: str) -> None:
        moment = None if number is None else datetime.combine(day(number), time(23, 59, 59, 999999))
        self.pipeline.insert(EVENTS, event_type=text[:10] or "page_view", event_ts=moment, metadata='{"a": null}')

    @rule(status=statuses, share=st.integers(1, 3))
    def move_orders_on(self, status: str | None, share: int) -> None:
        self.pipeline.sql("UPDATE orders SET status = %s WHERE id %% %s = 0", (status, share))

    @rule(number=day_numbers, by=st.integers(-LAST, LAST))
    def move_orders_to_another_day(self, number: int, by: int) -> None:
        self.pipeline.sql(
            "UPDATE orders SET created_at = created_at + %s * interval '1 day' "
            "WHERE created_at::date = %s AND id %% 2 = 0",
            (by, day(number)),
        )

    @rule(number=day_numbers)
    def empty_a_day(self, number: int) -> None:
        gone = "SELECT id FROM orders WHERE created_at::date = %s"
        self.pipeline.sql(f"DELETE FROM order_items WHERE order_id IN ({gone})", (day(number),))
        self.pipeline.sql(f"DELETE FROM orders WHERE id IN ({gone})", (day(number),))
        self.pipeline.sql("DELETE FROM events WHERE event_ts::date = %s", (day(number),))

    @rule(share=st.integers(1, 3))
    def delete_lines(self, share: int) -> None:
        self.pipeline.sql("DELETE FROM order_items WHERE id %% %s = 0", (share,))

    @rule(text=texts)
    def change_user_and_product(self, text: str) -> None:
        self.pipeline.sql("UPDATE users SET first_name = %s WHERE id = 1", (text,))
        self.pipeline.sql("UPDATE products SET price = price + 1, description = %s", (text,))

    @rule()
    def convert_contact(self) -> None:
        self.serial += 1
        self.pipeline.insert(CRM_CONTACTS, email=f"{self.serial}@example.org")
        self.pipeline.sql("UPDATE crm_contacts SET converted = true, converted_at = now() WHERE id %% 2 = 0", ())

    @rule()
    def run_stops_after_extraction(self) -> None:
        for table, span in self.due()[:2]:
            self.pipeline.extract(BY_NAME[table], span)

    @rule()
    def run_stops_within_a_load(self) -> None:
        def stop(*_: object) -> None:
            raise Stop

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading, "reconcile", stop)
            for table, span in self.due()[:2]:
                before = self.pipeline.raw_rows(BY_NAME[table])
                with pytest.raises(Stop):
                    self.pipeline.move(BY_NAME[table], span)
                assert self.pipeline.raw_rows(BY_NAME[table]) == before

    @rule()
    def run_stops_between_tables(self) -> None:
        for table, span in self.due()[:3]:
            self.pipeline.move(BY_NAME[table], span)

    @precondition(lambda self: hasattr(self, "serial"))
    @rule()
    def refresh(self) -> None:
        for table, span in self.due():
            self.pipeline.move(BY_NAME[table], span)
        assert not self.drift()
        for table in SHOP_TABLES:
            assert self.pipeline.raw_rows(table) == self.in_time(table.name), table.name

    def in_time(self, table: str) -> list[tuple]:
        """The source's rows up to the last partition; later ones are not due yet."""
        rows = self.pipeline.source_rows(BY_NAME[table])
        column = {"orders": "created_at", "events": "event_ts"}.get(table)
        if table == "order_items":
            due = {row[0] for row in self.in_time("orders")}
            return [row for row in rows if row[1] in due]
        if column is None:
            return rows
        at = BY_NAME[table].column_names.index(column)
        return [row for row in rows if row[at] is None or row[at].date() <= day(LAST)]

    def drift(self) -> Drift:
        with snapshot(self.pipeline.dsn) as conn:
            return find_drift(conn, read_loads(self.pipeline.warehouse), days(0, LAST))

    def due(self) -> list[Span]:
        """What a refresh would load."""
        drift = self.drift()
        spans: list[Span] = [(table, None) for table in drift.snapshots]
        for table, reasons in drift.days.items():
            for first, last in contiguous_ranges(reasons):
                spans.append((table, Days(first, last, day(0))))
        return spans

    def teardown(self) -> None:
        if hasattr(self, "serial"):
            self.refresh()


def run_machine(pipeline: Pipeline, examples: int, steps: int, machine: type[AnyChange] = AnyChange) -> None:
    class Machine(machine):
        pass

    Machine.pipeline = pipeline
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Machine, settings=profile)


def test_raw_equals_the_source_after_any_sequence_of_changes_and_stops(pipeline: Pipeline) -> None:
    run_machine(pipeline, examples=3, steps=8)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_raw_equals_the_source_after_many_sequences_of_changes_and_stops(pipeline: Pipeline) -> None:
    run_machine(pipeline, examples=25, steps=20)


def test_a_document_of_one_megabyte_arrives_whole(pipeline: Pipeline) -> None:
    document = '{"text": "' + "é\\n" * 350_000 + '"}'
    pipeline.insert(EVENTS, event_type="big", event_ts=day(0), metadata=document)
    pipeline.move(EVENTS, days(0))
    assert pipeline.raw_rows(EVENTS) == pipeline.source_rows(EVENTS)


def test_a_hundred_thousand_rows_of_one_day_arrive(pipeline: Pipeline) -> None:
    pipeline.sql(
        "INSERT INTO events (event_type, event_ts, metadata) SELECT 'e' || n, %s, jsonb_build_object('n', n) "
        "FROM generate_series(1, 100000) AS n",
        (day(1),),
    )
    assert pipeline.move(EVENTS, days(1)).rows == 100_000


def test_four_hundred_partitions_arrive_in_one_load(pipeline: Pipeline) -> None:
    pipeline.insert(USERS, email="a@example.org")
    pipeline.sql(
        "INSERT INTO orders (user_id, created_at, total_amount) "
        "SELECT 1, %s + n * interval '1 day', n FROM generate_series(0, 399) AS n",
        (day(0),),
    )
    loaded = pipeline.move(ORDERS, days(0, 399))
    assert len(loaded.manifests) == 400
    assert pipeline.raw_rows(ORDERS) == pipeline.source_rows(ORDERS)


def test_a_lake_that_lost_an_object_stops_the_load_and_keeps_raw(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    pipeline = new_pipeline()
    pipeline.insert(USERS, email="a@example.org")
    pipeline.move(USERS)
    before = pipeline.raw_rows(USERS)
    pipeline.lake.delete(key for key in pipeline.keys(USERS) if key.endswith(".gz"))
    with pytest.raises(ShopStreamError, match="is not the object that its manifest lists"):
        pipeline.load(USERS)
    assert pipeline.raw_rows(USERS) == before
