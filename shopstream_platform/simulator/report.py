"""Progress of a simulation, and a look at the shop that came out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from shopstream_platform.simulator import history
from shopstream_platform.simulator.schema import Schema
from shopstream_platform.simulator.simulator import SimulationSummary, newest_day

COUNTRIES_SHOWN = 10


@dataclass(frozen=True)
class ShopReport:
    """The shop in numbers; revenue in EUR leaves cancelled and refunded orders out."""

    newest_day: date | None
    rows: dict[str, int]
    revenue: Decimal
    orders_by_country: dict[str, int]
    orders_by_status: dict[str, int]
    events_by_type: dict[str, int]


@contextmanager
def progress_bars(console: Console) -> Iterator[history.Progress]:
    """A callback for `simulate` that draws a bar for each thing that is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield show


def read_report(connection: Connection, schema: Schema) -> ShopReport:
    """Count the shop's rows; reads only."""
    with connection.cursor() as cursor:

        def counts(query: str) -> dict[str, int]:
            cursor.execute(query)
            return dict(cursor.fetchall())

        rows = {table: counts(f"SELECT '', count(*) FROM {table}")[""] for table in schema.tables}
        cursor.execute(
            "SELECT coalesce(sum(total_amount), 0) FROM orders WHERE status NOT IN ('cancelled', 'refunded')"
        )
        ((revenue,),) = cursor.fetchall()
        return ShopReport(
            newest_day(connection),
            rows,
            revenue,
            counts(
                "SELECT coalesce(country, 'unknown'), count(*) FROM orders "
                f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {COUNTRIES_SHOWN}"
            ),
            counts("SELECT status, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC, 1"),
            counts("SELECT event_type, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC, 1"),
        )


def print_report(console: Console, summary: SimulationSummary, report: ShopReport) -> None:
    """What the call did, then the shop in numbers."""
    console.print(f"Simulated shop: {summary}.")
    console.print(_rendered(report))


def _rendered(report: ShopReport) -> RenderableType:
    tables = [
        _table("Rows", report.rows),
        _table("Orders by country", report.orders_by_country),
        _table("Orders by status", report.orders_by_status),
        _table("Events by type", report.events_by_type),
    ]
    return Group(f"Newest day {report.newest_day}, revenue {report.revenue:,.2f} EUR.", Columns(tables, padding=(0, 3)))


def _table(title: str, counts: dict[str, int]) -> Table:
    table = Table(title, "")
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(escape(name), f"{count:,}")
    return table
