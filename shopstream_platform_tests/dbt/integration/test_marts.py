"""Every figure of every row of the marts equals an independent computation on the source."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.dbt.integration.awkward import fill_awkwardly
from shopstream_platform_tests.dbt.integration.expected import DATES, NAMES, ORDERS_AND_LINES, marts
from shopstream_platform_tests.fixtures.pipeline import Pipeline, connect

HISTORY_DAYS = 400
REVENUE = {
    "mart_sales_overview": "total_revenue",
    "mart_sales_daily": "total_revenue",
    "mart_product_performance": "total_revenue",
    "mart_customer_ltv": "lifetime_value",
    "mart_cohort_retention": "revenue",
}
OWN_VARIABLES = ("SHOPSTREAM_", "SNOWFLAKE_", "DAGSTER_", "PG", "AWS_", "DBT_")
REFRESH = """
import json, os
from shopstream_platform.config.load import load_settings
from shopstream_platform.cli.environment import dagster_home
settings = load_settings()
os.environ.update(dagster_home(settings))
from shopstream_platform.pipeline.refresh.plan import make_plan
from shopstream_platform.pipeline.refresh.summary import explain
from shopstream_platform.cli.runs import run_steps
from shopstream_platform.serving.render.record import why_stale
outcomes = run_steps(settings, make_plan(settings, why_stale=why_stale).steps, lambda name: None)
report = [(o.success, sorted(o.materialized), o.checks_passed, o.warnings, o.failures) for o in outcomes]
print(json.dumps({"runs": report, "left": explain(make_plan(settings, why_stale=why_stale))}))
"""


@dataclass
class Refreshed:
    """A shop whose marts were built, and what the refresh said."""

    pipeline: Pipeline
    runs: list[list[Any]]
    left: list[str]

    def mart(self, name: str) -> tuple[list[str], list[tuple]]:
        """Column names in lower case, and the rows."""
        cursor = self.pipeline.warehouse.execute(f"SELECT * FROM MARTS.{name}")
        return [column.name.lower() for column in cursor.description], [tuple(row) for row in cursor.fetchall()]

    def expected(self, name: str) -> tuple[list[str], list[tuple]]:
        """The same from the source alone."""
        with self.pipeline.source.cursor() as cursor:
            cursor.execute(marts(date.today() - timedelta(days=1))[name])
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def value(self, query: str) -> Any:
        """From the source."""
        return self.pipeline.sql(query)[0][0]


@pytest.fixture(scope="module", params=[pytest.param("simulated", marks=pytest.mark.slow), "external"])
def shop(request: pytest.FixtureRequest, running_home: Path, warehouse_session: Warehouse) -> Iterator[Refreshed]:
    """A simulated shop with a history of 400 days, or somebody else's awkward one; refreshed from nothing."""
    dsn = embedded.ensure_postgres(running_home).dsn
    pipeline = Pipeline(connect(dsn), dsn, Lake(embedded.ensure_object_store(running_home)), warehouse_session)
    pipeline.clear_target()
    start = date.today() - timedelta(days=HISTORY_DAYS)
    if request.param == "external":
        start = fill_awkwardly(pipeline)
    report = refresh(running_home, request.param, start)
    assert all(success for success, *_ in report["runs"]), report["runs"]
    yield Refreshed(pipeline, **report)
    for schema in [name for (name,) in pipeline.sql("SELECT nspname FROM pg_namespace WHERE nspowner > 0")]:
        if schema == "public" or schema.startswith("shopstream"):
            pipeline.sql(f"DROP SCHEMA {schema} CASCADE")
    pipeline.sql("CREATE SCHEMA IF NOT EXISTS public")
    pipeline.source.close()
    pipeline.clear_target()


def refresh(home: Path, source: str, start: date) -> dict[str, Any]:
    """What `shopstream refresh` does, in a process of its own, since Dagster and dbt are configured by variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    settings = {"HOME": str(home), "SOURCE": source, "START_DATE": str(start), "SCALE": "1", "SEED": "7"}
    environment |= {f"SHOPSTREAM_{name}": value for name, value in settings.items()}
    done = subprocess.run([sys.executable, "-c", REFRESH], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("mart", NAMES)
def test_every_figure_of_every_row(shop: Refreshed, mart: str) -> None:
    columns, rows = shop.mart(mart)
    expected_columns, expected_rows = shop.expected(mart)
    assert columns == expected_columns
    assert len(rows) > 3
    assert sorted(rows, key=repr_of_keys) == sorted(expected_rows, key=repr_of_keys)


def repr_of_keys(row: tuple) -> tuple[str, ...]:
    return tuple(str(value) for value in row[:3])


def test_all_succeeded_and_nothing_is_left_to_do(shop: Refreshed) -> None:
    assert [success for success, *_ in shop.runs] == [True] * len(shop.runs)
    assert [failures for *_, failures in shop.runs] == [[]] * len(shop.runs)
    materialized = {name for _, names, *_ in shop.runs for name in names}
    assert {f"{layer}/{table.name}" for layer in ("oltp", "lake", "raw") for table in SHOP_TABLES} <= materialized
    assert {f"marts/{mart}" for mart in NAMES} <= materialized
    assert shop.left == []


def test_raw_is_the_source(shop: Refreshed) -> None:
    for table in SHOP_TABLES:
        assert shop.pipeline.raw_rows(table) == shop.pipeline.source_rows(table)


def test_dates_have_no_gap_from_the_first_to_the_last_year(shop: Refreshed) -> None:
    days = shop.pipeline.warehouse.rows("SELECT date_day FROM CORE.dim_date ORDER BY 1")
    assert days == shop.pipeline.sql(DATES)


def test_the_days_add_up_to_the_orders(shop: Refreshed) -> None:
    counted = shop.value(ORDERS_AND_LINES + "SELECT count(DISTINCT id) FROM worth WHERE NOT void")
    query = "SELECT SUM(total_orders), SUM(cancelled_orders), SUM(refunded_orders) FROM MARTS.mart_sales_daily"
    total, cancelled, refunded = shop.pipeline.warehouse.rows(query)[0]
    assert total == counted
    assert total + cancelled + refunded == shop.value("SELECT count(DISTINCT order_id) FROM order_items")


def test_no_category_total_can_be_taken_for_the_orders(shop: Refreshed) -> None:
    query = "SELECT SUM(total_orders) FROM MARTS.mart_{}"
    by_category, by_day = (
        shop.pipeline.warehouse.value(query.format(name)) for name in ("sales_overview", "sales_daily")
    )
    assert by_category > by_day


def test_all_marts_of_sales_hold_the_same_revenue(shop: Refreshed) -> None:
    revenue = shop.value(ORDERS_AND_LINES + "SELECT sum(amount) FROM worth WHERE NOT void")
    dated = shop.value(ORDERS_AND_LINES + "SELECT sum(amount) FROM worth WHERE NOT void AND day IS NOT NULL")
    sums = {
        name: shop.pipeline.warehouse.value(f"SELECT SUM({column}) FROM MARTS.{name}")
        for name, column in REVENUE.items()
    }
    assert sums == dict.fromkeys(REVENUE, revenue) | {"mart_cohort_retention": dated}
