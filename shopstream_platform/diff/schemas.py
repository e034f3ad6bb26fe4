"""The schemas that both versions are built in: made for one comparison, and gone after it."""

from collections.abc import Iterable

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.diff.shape import relations
from shopstream_platform.stores.warehouse import Warehouse

# dbt makes the schemas of what it builds; the build log is in this one, whatever is built.
_OF_THE_LOG = "CORE"


def make(session: Warehouse, own: DbtSettings) -> None:
    """Empty schemas: what a comparison that was killed has left goes first."""
    drop(session, own)
    session.execute(f"CREATE SCHEMA {own.schema_of(_OF_THE_LOG)}")


def drop(session: Warehouse, own: DbtSettings) -> None:
    """Drop every schema of this prefix, with all that is in it."""
    rows = session.rows(
        "SELECT schema_name FROM information_schema.schemata WHERE startswith(schema_name, %s)", (own.schema_of(""),)
    )
    for (schema,) in rows:
        session.execute(f"DROP SCHEMA {schema} CASCADE")


def show_the_rest(session: Warehouse, own: DbtSettings, home: DbtSettings, models: Iterable[str]) -> None:
    """Views of the home's relations, of these LAYER.MODEL that were not built: pages and metrics read them beside."""
    there = relations(session, own.schema_of(""))
    for model in sorted(set(models) - there.keys()):
        layer, _, name = model.partition(".")
        session.execute(f"CREATE SCHEMA IF NOT EXISTS {own.schema_of(layer)}")
        session.execute(f"CREATE VIEW {own.schema_of(layer)}.{name} AS SELECT * FROM {home.schema_of(layer)}.{name}")
