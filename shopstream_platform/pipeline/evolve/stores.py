"""What a command does to stores of before, ahead of a comparison: the version, RAW, the simulated shop."""

from shopstream_platform.config.groups import Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import SHOP_TABLES, TABLES
from shopstream_platform.pipeline.evolve.raw import prepare
from shopstream_platform.pipeline.evolve.source import bring_source
from shopstream_platform.pipeline.upgrade.warehouse import open_warehouse
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import connect
from shopstream_platform.stores.warehouse import open_session


def bring_stores(settings: Settings) -> list[str]:
    """Bring them to this version and declaration; what was done, as sentences. An external source is left as it is."""
    with open_session(resolve.warehouse(settings), layer="plan") as warehouse:
        done = [*open_warehouse(warehouse), *prepare(warehouse, TABLES).done]
    oltp = settings.oltp
    if oltp.source is Source.SIMULATED and (settings.postgres_is_embedded or oltp.allow_foreign_source):
        with connect(resolve.postgres(settings).dsn) as conn:
            done += bring_source(conn, SHOP_TABLES)
    return done
