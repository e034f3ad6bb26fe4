"""The simulated source: the simulator on the catalogue's tables, its refusals as errors for the user."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from psycopg2.extensions import connection as Connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.oltp import index_ddl, table_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.simulator.errors import ForeignRows, HistoryWithGaps, NotYet, PastDay, SimulatorError
from shopstream_platform.simulator.history import Progress
from shopstream_platform.simulator.schema import Schema, place
from shopstream_platform.simulator.simulator import SimulationSummary, ensure_own_tables, simulate

SCHEMA = Schema(
    tuple(table.name for table in SHOP_TABLES), tuple(table_ddl(SHOP_TABLES)), tuple(index_ddl(SHOP_TABLES))
)
_ADVICE: dict[type[SimulatorError], str] = {
    PastDay: ", or start afresh with `shopstream reset`.",
    NotYet: ".",
    HistoryWithGaps: ".",
    ForeignRows: ": set SHOPSTREAM_SOURCE=external to read them, or use another database.",
}


def simulate_days(
    connection: Connection,
    days: Sequence[date],
    *,
    scale: float,
    seed: int,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> SimulationSummary:
    """Make sure that the days exist in the simulated shop, that of `now` up to this moment.

    ShopStreamError where the simulator refuses them. Its tables are as declared: `bring_source` comes before.
    """
    with _errors_for_the_user():
        return simulate(connection, SCHEMA, days, scale=scale, seed=seed, now=now, progress=progress)


def ensure_own_source(connection: Connection, *, embedded: bool, allow_foreign: bool) -> None:
    """Raise ShopStreamError unless the simulator may write to this database.

    It may write to the embedded server, and with `allow_foreign` to another one, but never where somebody else has
    filled one of the catalogue's tables.
    """
    if not embedded and not allow_foreign:
        raise ShopStreamError(
            f"The simulated shop does not write to {place(connection)}, which is not the embedded server: "
            "set SHOPSTREAM_SOURCE=external to read it, or SHOPSTREAM_ALLOW_FOREIGN_SOURCE=1 to fill it."
        )
    with _errors_for_the_user():
        ensure_own_tables(connection, SCHEMA)


@contextmanager
def _errors_for_the_user() -> Iterator[None]:
    try:
        yield
    except SimulatorError as error:
        raise ShopStreamError(f"{error}{_ADVICE[type(error)]}") from None
