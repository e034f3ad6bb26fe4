"""The comparison of every source: each by its own snapshot, and one that is down refuses its own tables alone."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.tables import SOURCES, relations_of, source_names, tables_of
from shopstream_platform.pipeline.extract.schema import check_server
from shopstream_platform.pipeline.extract.table import as_read
from shopstream_platform.pipeline.refresh.compare import Compared, compare
from shopstream_platform.pipeline.refresh.drift import Drift, Loads
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import Warehouse


def compare_sources(
    settings: Settings,
    warehouse: Warehouse,
    loads: Loads,
    extent: Compared,
    *,
    deletion_limit: float | None,
    broken: bool,
    with_shop: bool,
    absent: Collection[str] = (),
    refused: Collection[str] = (),
) -> tuple[Drift, Compared]:
    """Compare the sources, the shop only if asked, with the load log; the drift of all, and the extent.

    `absent` are tables that RAW does not have yet, `refused` those that are not compared since RAW cannot take them.
    A shop that cannot be reached is raised where it is the only source.
    """
    drift, reached = Drift(), extent
    for name in source_names() if with_shop else source_names()[1:]:
        tables = tuple(
            as_read(table, settings.oltp.oversized_values) for table in tables_of(name) if table.name not in refused
        )
        try:
            at = resolve.source(settings, name)
            with snapshot(at.dsn, setting=at.setting, locking=relations_of(tables)) as conn:
                check_server(conn)
                found, compared = compare(
                    conn,
                    warehouse,
                    loads,
                    extent,
                    deletion_limit=deletion_limit,
                    broken=broken,
                    tables=tables,
                    absent=absent,
                )
        except ShopStreamError as error:
            if not SOURCES:
                raise
            _refuse_all(drift, name, tables, error)
        else:
            drift.add(found)
            reached = _joined(reached, compared)
    return drift, reached


def _refuse_all(drift: Drift, source: str, tables: Iterable[Table], error: ShopStreamError) -> None:
    for table in tables:
        drift.refuse(table.name, f"nothing of {_named(source)} was compared or loaded: {error}")


def _named(source: str) -> str:
    return f"source {source}" if source else "the shop"


def _joined(one: Compared, other: Compared) -> Compared:
    return replace(
        one,
        widened=one.widened | other.widened,
        gave_up=one.gave_up or other.gave_up,
        beyond={**one.beyond, **other.beyond},
    )
