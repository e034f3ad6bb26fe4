"""`shopstream verify`, and what a refresh does after a kill and before it deletes much."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from shopstream_platform_tests.e2e.dagster_ui import wait_until
from shopstream_platform_tests.e2e.shop import Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO

VERIFIED = "Verified: the source, the load log, RAW, the lake and the marts agree."
DAMAGE = (
    'UPDATE RAW.EVENTS SET metadata = PARSE_JSON(\'{"page": "/forged"}\') WHERE id = (SELECT MAX(id) FROM RAW.EVENTS)',
    "DELETE FROM RAW.ORDER_ITEMS WHERE id = (SELECT MIN(id) FROM RAW.ORDER_ITEMS)",
    "UPDATE CORE.FACT_ORDERS SET line_revenue = 0 WHERE order_item_id = (SELECT MAX(id) FROM RAW.ORDER_ITEMS)",
    "DELETE FROM MARTS.MART_SALES_DAILY",
    "DROP TABLE MARTS.MART_INVENTORY",
)


def test_what_was_refreshed_is_proven(shop: Shop) -> None:
    proven = shop.shopstream("verify")
    assert proven.code == 0, proven.everything
    assert VERIFIED in proven.text
    assert "Counted again: " in proven.text


@pytest.mark.slow
def test_damage_is_named_and_mended(shop: Shop) -> None:
    before = shop.contents()
    for statement in DAMAGE:
        done = shop.shopstream("sql", statement)
        assert done.code == 0, done.everything
    # A refresh takes the load log's word, and says so.
    refreshed = shop.shopstream("refresh")
    assert NOTHING_TO_DO in refreshed.text, refreshed.everything

    found = shop.shopstream("verify")
    assert found.code == 1, found.everything
    for problem in (
        "RAW does not hold what was loaded",
        "CORE.FACT_ORDERS does not hold what was built",
        "MARTS.MART_SALES_DAILY has 0 rows, and had",
        "MARTS.MART_INVENTORY is gone",
        "Nothing was changed",
    ):
        assert problem in found.text, found.everything

    mended = shop.shopstream("verify", "--repair")
    assert mended.code == 0, mended.everything
    assert VERIFIED in mended.text
    assert shop.contents() == before


@pytest.mark.slow
def test_a_table_that_is_suddenly_empty_waits_for_a_word(shop: Shop) -> None:
    before = shop.raw()["crm_contacts"]
    shop.psql("CREATE TABLE kept AS SELECT * FROM crm_contacts; DELETE FROM crm_contacts")
    try:
        asked = shop.shopstream("refresh")
        assert asked.code == 1, asked.everything
        assert f"{len(before)} of {len(before)} loaded rows are gone" in asked.err
        assert "--accept-deletes" in asked.err
        assert shop.raw()["crm_contacts"] == before

        told = shop.shopstream("refresh", "--accept-deletes")
        assert told.code == 0, told.everything
        assert shop.raw()["crm_contacts"] == []
    finally:
        shop.psql("INSERT INTO crm_contacts SELECT * FROM kept; DROP TABLE kept")
        assert shop.shopstream("refresh").code == 0
    assert shop.raw()["crm_contacts"] == before


@pytest.mark.slow
@pytest.mark.parametrize("group", [True, False], ids=["with its children", "alone"])
def test_a_refresh_that_was_killed_in_its_dbt_holds_up_nobody(shop: Shop, group: bool) -> None:
    shop.psql("UPDATE orders SET total_amount = total_amount + 1 WHERE id = (SELECT max(id) FROM orders)")
    refresh = shop.begin("refresh")
    try:
        wait_until(lambda: dbt_of(refresh.pid), 120)
        child = dbt_of(refresh.pid)
    finally:
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(refresh.pid, signal.SIGKILL)
        refresh.wait()
    wait_until(lambda: not is_running(child), 20)

    again = shop.shopstream("refresh")
    assert again.code == 0, again.everything
    assert f"its process {refresh.pid} no longer exists" in again.text
    assert shop.raw() == shop.oltp()


def dbt_of(parent: int) -> int | None:
    """The process of dbt's build among the children; on Linux."""
    children = Path(f"/proc/{parent}/task").glob("*/children")
    for child in " ".join(path.read_text() for path in children).split():
        with suppress(FileNotFoundError):
            if b"shopstream-dbt" in (command := Path(f"/proc/{child}/cmdline").read_bytes()) and b"build" in command:
                return int(child)
    return None


def is_running(pid: int | None) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
