"""Connection strings of the databases beside the shop's, each in a variable of its own."""

import os

from shopstream_platform.config.connections import PostgresConnection
from shopstream_platform.config.dsn import is_misread, misread
from shopstream_platform.config.environment.libpq import is_bare
from shopstream_platform.config.errors import ShopStreamError


def source_connection(source: str, variable: str) -> PostgresConnection:
    """The database of a source; ShopStreamError if its variable is not set, or is not a whole connection string."""
    dsn = os.environ.get(variable)
    if not dsn:
        raise ShopStreamError(
            f"{variable} is not set: set it to the connection string of the database of source {source}, such as "
            "postgresql://reader:password@host:5432/database"
        )
    if is_bare(dsn):
        raise ShopStreamError(
            f"{variable} does not name a database: only SHOPSTREAM_POSTGRES_DSN takes the PG* variables, so write "
            f"user, host and database of source {source} into it"
        )
    if is_misread(dsn):
        raise ShopStreamError(misread(variable))
    return PostgresConnection(dsn, variable)
