"""The simulated shop's own database, for commands that change something in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


@contextmanager
def own_shop(settings: Settings) -> Iterator["Connection"]:
    """A connection to the shop's database, whose tables are as declared; ShopStreamError if it is somebody else's."""
    from shopstream_platform.contract.tables import SHOP_TABLES
    from shopstream_platform.pipeline.evolve.source import bring_source
    from shopstream_platform.pipeline.simulated import ensure_own_source
    from shopstream_platform.services import resolve
    from shopstream_platform.stores.postgres import connect

    with connect(resolve.postgres(settings).dsn) as connection:
        allow_foreign = settings.oltp.allow_foreign_source
        ensure_own_source(connection, embedded=settings.postgres_is_embedded, allow_foreign=allow_foreign)
        for sentence in bring_source(connection, SHOP_TABLES):
            console.print(escape(sentence), soft_wrap=True)
        yield connection
