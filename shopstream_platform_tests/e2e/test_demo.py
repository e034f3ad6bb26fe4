"""`shopstream demo`: everything by one command; run again it finds nothing to do."""

import re

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform_tests.e2e.conftest import Demo
from shopstream_platform_tests.e2e.shop import Shop

NOTHING_TO_DO = "Nothing to do: what was compared equals the load log"


# What the simulator fills; another table of the catalogue is empty until it does.
SIMULATED = {"users", "products", "orders", "order_items", "events", "crm_contacts"}


def _rows_by_layer(text: str) -> dict[str, tuple[int, int, int]]:
    """table -> rows at the source, objects in the lake, rows in RAW, as printed."""
    lines = re.findall(r"^(\w+) +([\d,]+) +([\d,]+) +([\d,]+) *$", text.replace(",", ""), re.MULTILINE)
    return {name: (int(source), int(objects), int(raw)) for name, source, objects, raw in lines}


def test_demo_prints_the_rows_of_every_layer_and_raw_has_those_of_the_source(demo: Demo) -> None:
    assert demo.ran.code == 0, demo.ran.everything
    printed = _rows_by_layer(demo.ran.out)
    assert list(printed) == [table.name for table in SHOP_TABLES]
    assert all(source == raw and (objects > 0 or not raw) for source, objects, raw in printed.values()), printed
    assert {name for name, (source, _, _) in printed.items() if source} >= SIMULATED
    assert {name: len(rows) for name, rows in demo.shop.raw().items()} == {t: n[2] for t, n in printed.items()}
    for layer in ("staging.stg_", "core.dim_", "core.fact_", "marts.mart_"):
        assert re.search(rf"^{re.escape(layer)}\w+ +[1-9]", demo.ran.out, re.MULTILINE), demo.ran.out


def test_demo_prints_the_top_of_the_three_marts_and_what_to_do_next(demo: Demo) -> None:
    positions = [
        demo.ran.out.index(f"\n{mart}\n")
        for mart in ("mart_sales_overview", "mart_product_performance", "mart_customer_ltv")
    ]
    assert positions == sorted(positions)
    after = demo.ran.out[positions[0] :]
    ((revenue, product),) = demo.shop.warehouse_rows(
        "SELECT total_revenue, product_name FROM MARTS.mart_product_performance WHERE revenue_rank = 1"
    )
    assert str(revenue) in after
    assert product.split()[0] in after
    ends = demo.ran.out[demo.ran.out.index("What next:") :].splitlines()[1:]
    assert [line.split("  ")[1] for line in ends] == ["shopstream dashboards", "shopstream dev", "shopstream refresh"]


def test_raw_equals_the_source(shop: Shop) -> None:
    assert shop.raw() == shop.oltp()


def test_a_second_demo_says_that_there_is_nothing_to_do_changes_nothing_and_is_faster(demo: Demo, shop: Shop) -> None:
    before = shop.contents(loads=True)
    again = shop.shopstream("demo")
    assert again.code == 0, again.everything
    assert NOTHING_TO_DO in again.text
    assert shop.contents(loads=True) == before
    assert all(source == raw for source, _, raw in _rows_by_layer(again.out).values()), again.out
    assert again.seconds < demo.ran.seconds / 2


# The columns of RAW that a mart's column is made from, by the newest materialization of each model.
FOLLOW = """
import dagster as dg

def behind(key, column):
    event = instance.get_latest_materialization_event(key).asset_materialization
    lineage = event.metadata["dagster/column_lineage"].value.deps_by_column[column]
    for dep in lineage:
        if dep.asset_key.path[0] == "raw":
            yield f"{dep.asset_key.to_user_string()}.{dep.column_name}"
        else:
            yield from behind(dep.asset_key, dep.column_name)

with dg.DagsterInstance.get() as instance:
    print(*sorted(set(behind(dg.AssetKey(["marts", "mart_sales_daily"]), "total_revenue"))))
"""


def test_a_figure_can_be_followed_to_the_columns_of_the_source(shop: Shop) -> None:
    ran = shop.having(FOLLOW=FOLLOW).shell('eval "$(shopstream env)"; python -c "$FOLLOW"')
    assert ran.code == 0, ran.everything
    assert {"raw/order_items.line_total", "raw/orders.status"} <= set(ran.out.split())
