"""`shopstream tour`: one order on its way through all layers, before and after it is changed at the source."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import results
from shopstream_platform.cli.own_shop import own_shop
from shopstream_platform.cli.refresh import bring_up_to_date
from shopstream_platform.cli.tables import print_rows
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import Source
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from snowflake.connector.cursor import SnowflakeCursor

    from shopstream_platform.stores.warehouse import Warehouse

# Of an order that counts, on a day that is over.
NEWEST = """
    SELECT id, created_at::date FROM orders
    WHERE status IN ('paid', 'shipped', 'delivered') AND created_at < %s ORDER BY id DESC LIMIT 1
"""
AT_SOURCE = "SELECT id, user_id, status, total_amount, created_at FROM orders WHERE id = %s"
CANCEL = "UPDATE orders SET status = 'cancelled' WHERE id = %s"
IN_RAW = "SELECT id, user_id, status, total_amount, _loaded_at, _source_file FROM RAW.ORDERS WHERE id = %s"
IN_CORE = """
    SELECT order_id, order_status, is_counted, COUNT(*) AS lines, SUM(line_revenue) AS line_revenue
    FROM {core}.FACT_ORDERS WHERE order_id = %s GROUP BY order_id, order_status, is_counted
"""
IN_MARTS = """
    SELECT sale_date, SUM(total_revenue) AS total_revenue, SUM(total_orders) AS total_orders,
        SUM(cancelled_orders) AS cancelled_orders
    FROM {marts}.MART_SALES_DAILY WHERE sale_date = %s GROUP BY sale_date
"""
FOLLOWS = "oltp/orders -> lake/orders -> raw/orders -> staging/stg_orders -> core/fact_orders -> marts/mart_sales_daily"


@dataclass(frozen=True)
class Order:
    """The order that is followed, and its day, which is its partition."""

    number: int
    day: date


def tour(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, and do not wait.")] = False) -> None:
    """Follow one order of the simulated shop through all layers, cancel it, and follow it again."""
    settings = load_settings()
    if settings.oltp.source is Source.EXTERNAL:
        raise ShopStreamError("SHOPSTREAM_SOURCE=external: the tour cancels an order, and the source is only read")
    order = _newest(settings)
    results.print(f"Order {order.number} of {order.day}, and where it is:\n  {FOLLOWS}", soft_wrap=True)
    _show(settings, order)
    if not yes and not typer.confirm("\nCancel this order at the source, and bring the warehouse up to date?"):
        raise typer.Exit
    _cancel(settings, order)
    results.print(
        f"\nThe order is cancelled at the source, and nobody has told the platform. `shopstream refresh` compares a "
        f"fingerprint of each day, and finds that {order.day} differs:",
        soft_wrap=True,
    )
    bring_up_to_date(settings, window_days=None, dry_run=False, accept_deletes=False)
    results.print("\nThe same order after it:")
    _show(settings, order)
    pages = settings.home / "dashboards" / "sales_overview.html"
    for line in (
        f"\nIts revenue has left the day. The page says the same: {pages}",
        "In the Dagster UI (`shopstream dev`), Lineage shows the way above.",
        "`shopstream verify` counts all layers again and proves that they agree.",
    ):
        results.print(escape(line), soft_wrap=True)


def _newest(settings: Settings) -> Order:
    from shopstream_platform.contract.days import now_at_source
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.postgres import connect

    today = now_at_source(settings.calendar).date()
    with connect(resolve.postgres(settings).dsn) as conn, conn.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'orders'")
        (there,) = cursor.fetchone() or (0,)
        found = None
        if there:
            cursor.execute(NEWEST, (today,))
            found = cursor.fetchone()
    if found is None:
        raise ShopStreamError("the shop has no order yet that could be followed: run `shopstream demo` first")
    return Order(*found)


def _cancel(settings: Settings, order: Order) -> None:
    with own_shop(settings) as conn, conn.cursor() as cursor:
        cursor.execute(CANCEL, (order.number,))


def _show(settings: Settings, order: Order) -> None:
    from shopstream_platform.contract.tables import ORDERS
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.lake import Lake
    from shopstream_platform.stores.manifest import folder, manifest_key, read_manifest
    from shopstream_platform.stores.postgres import connect
    from shopstream_platform.stores.warehouse import open_session

    with connect(resolve.postgres(settings).dsn) as conn, conn.cursor() as cursor:
        cursor.execute(AT_SOURCE, (order.number,))
        _print(
            "oltp/orders: a row in PostgreSQL", [column.name for column in cursor.description or ()], cursor.fetchall()
        )
    lake, key = Lake(resolve.object_store(settings)), manifest_key(ORDERS, order.day)
    there = key in lake.etags(folder(ORDERS, order.day))
    rows = read_manifest(lake, ORDERS, order.day).rows if there else "not extracted"
    _print("lake/orders: its day, as files in S3", ["manifest", "rows"], [(lake.uri(key), rows)])
    core, marts = settings.dbt.schema_of("CORE"), settings.dbt.schema_of("MARTS")
    with open_session(resolve.warehouse(settings), layer="tour") as warehouse:
        _print_query(warehouse, "raw/orders: the row as it was loaded", IN_RAW, order.number)
        _print_query(
            warehouse, "core/fact_orders: its lines, and whether they count", IN_CORE.format(core=core), order.number
        )
        _print_query(warehouse, "marts/mart_sales_daily: its day", IN_MARTS.format(marts=marts), order.day)


def _print_query(warehouse: "Warehouse", title: str, sql: str, value: int | date) -> None:
    cursor: SnowflakeCursor = warehouse.execute(sql, (value,))
    _print(title, [column.name.lower() for column in cursor.description], [tuple(row) for row in cursor.fetchall()])


def _print(title: str, columns: list[str], rows: list[tuple[object, ...]]) -> None:
    results.print(f"\n[bold]{title}[/]")
    print_rows(results, columns, rows)
