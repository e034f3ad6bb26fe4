"""Tables of RAW of another declaration: changed, refused, and finished after a kill at any statement."""

from dataclasses import replace
from itertools import count

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.columns import identifier, integer, text
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw_changes import What
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.evolve.raw import apply, changes_of, prepare, wanted
from shopstream_platform_tests.fixtures.pipeline import ORDERS, Pipeline, days
from shopstream_platform_tests.fixtures.stopping import Killed, StoppingWarehouse

CHANNEL = text("channel", 20, "Channel.")
WIDER = tuple(replace(c, snowflake_type="VARCHAR(90)") if c.name == "status" else c for c in ORDERS.columns)
CHANGED = replace(ORDERS, columns=(*WIDER, CHANNEL))
RETYPED = replace(ORDERS, columns=(*ORDERS.columns[:-1], integer("payment_method", "Now a number.")))
NEW = Table("reviews", "Reviews.", (identifier("Number."), text("comment", 99, "Text.")))


def kinds(pipeline: Pipeline, *tables: Table) -> set[What]:
    return {change.what for change in changes_of(pipeline.warehouse, tables)} - {What.DROP_TABLE}


def test_what_loses_nothing_is_done_and_said(evolving: Pipeline) -> None:
    prepared = prepare(evolving.warehouse, [CHANGED])
    assert prepared.done == [
        "changed RAW: RAW.ORDERS: status grows from VARCHAR(20) to VARCHAR(90)",
        "changed RAW: RAW.ORDERS: channel is added as VARCHAR(20)",
    ]
    assert (prepared.refused, kinds(evolving, CHANGED)) == ({}, set())
    assert prepare(evolving.warehouse, [CHANGED]).done == []


def test_a_not_null_of_somebody_is_dropped(evolving: Pipeline) -> None:
    evolving.warehouse.execute("ALTER TABLE RAW.ORDERS ALTER COLUMN status SET NOT NULL")
    assert prepare(evolving.warehouse, [ORDERS]).done == [
        "changed RAW: RAW.ORDERS: status may be NULL, as in every table of RAW"
    ]
    assert kinds(evolving, ORDERS) == set()


def test_a_retyped_column_refuses_its_table_alone_and_changes_nothing(evolving: Pipeline) -> None:
    prepared = prepare(evolving.warehouse, [RETYPED, NEW])
    assert prepared.refused.keys() == {"orders"}
    assert "payment_method is VARCHAR(50), declared NUMBER(38,0)" in prepared.refused["orders"]
    assert "`shopstream migrate`" in prepared.refused["orders"]
    assert [line.split(" is ")[0] for line in prepared.done] == [
        "changed RAW: RAW.REVIEWS",
        "changed RAW: RAW._LOAD_LOCK_REVIEWS",
    ]
    assert kinds(evolving, RETYPED) == {What.RETYPE}
    for name in ("REVIEWS", "_LOAD_LOCK_REVIEWS"):
        evolving.warehouse.execute(f"DROP TABLE RAW.{name}")


@pytest.mark.parametrize("table", [CHANGED, RETYPED], ids=["added and widened", "retyped"])
def test_a_kill_between_any_two_statements_is_finished_by_the_next_run(evolving: Pipeline, table: Table) -> None:
    evolving.insert_one_of_each(days(1).first)
    evolving.move(ORDERS, days(0, 2))
    evolving.warehouse.execute("UPDATE RAW.ORDERS SET payment_method = 'card'")
    (row,) = evolving.warehouse.rows("SELECT id, status FROM RAW.ORDERS")
    declared = [table if one is ORDERS else one for one in SHOP_TABLES]
    for statements in count(1):
        stopping = StoppingWarehouse(evolving.warehouse, statements)
        try:
            apply(stopping, wanted(changes_of(stopping, declared), drop_old=False))
        except Killed:
            continue
        break
    assert kinds(evolving, table) <= {What.KEEP_WIDER}
    assert evolving.warehouse.rows("SELECT id, status FROM RAW.ORDERS") == [row]
    if table is RETYPED:
        clones = [change.table for change in changes_of(evolving.warehouse, declared)]
        assert clones
        assert all(name.startswith("ORDERS__BEFORE_") for name in clones)
        kept = [evolving.warehouse.rows(f"SELECT * FROM RAW.{name}")[0] for name in clones]
        assert any("card" in values for values in kept)
    apply(evolving.warehouse, wanted(changes_of(evolving.warehouse, declared), drop_old=True))
    assert changes_of(evolving.warehouse, declared) == []


def test_a_role_that_may_not_alter_is_told_who_does(evolving: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden(Exception):
        errno = 3001

    changes = changes_of(evolving.warehouse, [CHANGED])

    def refuse(*_: object) -> None:
        raise Forbidden

    monkeypatch.setattr(evolving.warehouse, "execute", refuse)
    with pytest.raises(ShopStreamError, match=r"status grows .* `shopstream provision snowflake` does it as the owner"):
        apply(evolving.warehouse, changes)


def test_what_the_log_says_of_a_column_that_somebody_dropped_is_not_believed(evolving: Pipeline) -> None:
    evolving.insert_one_of_each(days(1).first)
    evolving.move(ORDERS, days(0, 2))
    evolving.warehouse.execute("ALTER TABLE RAW.ORDERS DROP COLUMN status")
    prepare(evolving.warehouse, [ORDERS])
    assert evolving.log(ORDERS) == [], "all of it is loaded again"
