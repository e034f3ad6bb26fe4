"""What the commands print: services, rows per layer, the top of the marts."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table

from shopstream_platform.cli.console import cell
from shopstream_platform.cli.tables import print_rows, table_of
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import SHOP
from shopstream_platform.contract.layers import DBT_SCHEMAS
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import TABLES, source_names, tables_of
from shopstream_platform.services import resolve
from shopstream_platform.services.process.service import ServiceStatus
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import is_data, table_prefix
from shopstream_platform.stores.postgres import savepoint, snapshot
from shopstream_platform.stores.warehouse import Warehouse, open_session


def print_services(console: Console, found: Iterable[ServiceStatus]) -> None:
    """One line a service."""
    table = table_of("service", "state", "port", "on disk")
    for service in found:
        state = f"running (pid {service.pid})" if service.running else "stopped"
        table.add_row(service.name, state, str(service.port or ""), f"{service.bytes_on_disk / 2**20:,.0f} MiB")
    console.print(table)


def print_layers(console: Console, settings: Settings) -> None:
    """Rows at the source, objects in the lake, rows in RAW, then rows of every model."""
    counts = ("oltp rows", "lake objects", "raw rows")
    table = table_of("table", *counts, numbers=counts)
    lake = Lake(resolve.object_store(settings))
    with open_session(resolve.warehouse(settings)) as warehouse:
        source_rows = {
            name: rows for source in source_names() for name, rows in _source_rows(settings, source, console)
        }
        for one in TABLES:
            objects = sum(is_data(key) for key in lake.etags(table_prefix(one)))
            raw_rows = warehouse.value(f"SELECT COUNT(*) FROM {raw_name(one)}")
            table.add_row(one.name, source_rows.get(one.name, "?"), f"{objects:,}", f"{int(raw_rows):,}")
        console.print(table)
        console.print(_models(warehouse, [settings.dbt.schema_of(layer) for layer in DBT_SCHEMAS]))


def _source_rows(settings: Settings, source: str, console: Console) -> Iterator[tuple[str, str]]:
    """Table -> rows; of a source beside the shop that cannot be read, why."""
    try:
        at = resolve.source(settings, source)
        with snapshot(at.dsn, setting=at.setting) as conn, conn.cursor() as cursor:
            for table in tables_of(source):
                with savepoint(conn, table.name):
                    cursor.execute(f"SELECT count(*) FROM {table.source_sql}")
                yield table.name, f"{int((cursor.fetchone() or (0,))[0]):,}"
    except ShopStreamError as error:
        if source == SHOP:
            raise
        console.print(f"source {source}: {cell(str(error))}", soft_wrap=True)


def _models(warehouse: Warehouse, schemas: list[str]) -> Table:
    names = warehouse.rows(
        "SELECT table_schema, table_name FROM INFORMATION_SCHEMA.TABLES "
        f"WHERE table_schema IN ({', '.join(repr(schema) for schema in schemas)}) "
        "AND table_name NOT LIKE '\\\\_%' ESCAPE '\\\\'"
    )
    table = table_of("model", "rows", numbers=("rows",))
    for schema, name in sorted(names, key=lambda name: (schemas.index(name[0]), name[1])):
        rows = warehouse.value(f'SELECT COUNT(*) FROM {schema}."{name}"')
        table.add_row(cell(f"{schema}.{name}".lower()), f"{int(rows):,}")
    return table


def print_marts(console: Console, settings: Settings) -> None:
    """The first rows of the three marts of the dashboards."""
    with open_session(resolve.warehouse(settings)) as warehouse:
        for mart, query in mart_queries(settings.dbt.schema_of("MARTS")).items():
            cursor = warehouse.execute(query)
            console.print(f"\n[bold]{mart}[/]")
            print_rows(console, [column.name.lower() for column in cursor.description], cursor.fetchall())


def mart_queries(marts: str) -> dict[str, str]:
    """Mart -> its first rows, for people; `marts` is the schema."""
    return {
        "mart_sales_overview": "SELECT sale_date, country, category, total_revenue, total_orders "
        f"FROM {marts}.mart_sales_overview ORDER BY sale_date DESC NULLS LAST, total_revenue DESC, country LIMIT 5",
        "mart_product_performance": "SELECT product_name, category, total_revenue, total_orders, abc_class, tier "
        f"FROM {marts}.mart_product_performance ORDER BY revenue_rank LIMIT 5",
        "mart_customer_ltv": "SELECT user_id, segment, lifetime_value, frequency, recency_days "
        f"FROM {marts}.mart_customer_ltv ORDER BY lifetime_value DESC, user_id LIMIT 5",
    }
