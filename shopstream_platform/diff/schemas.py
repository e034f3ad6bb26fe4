"""The schemas that both versions are built in: made for one comparison, and gone after it."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.stores.warehouse import Warehouse

# A table in each of them, whose comment says whose the schema is and since when: the local warehouse keeps no comments
# of schemas. On the schema the comment is for people.
MARK = "_DIFF"
OURS = "Made by shopstream diff, which drops it again. Begun at "
# In an account another machine's comparison may still run; on the embedded warehouse one has the turn of dbt.
LEFT_OVER = timedelta(days=1)


@dataclass(frozen=True)
class Schemas:
    """What one comparison makes."""

    session: Warehouse
    _made: ExitStack

    def make(self, names: Iterable[str]) -> None:
        """Empty schemas, without Time Travel and Fail-safe: nothing in them outlives the comparison."""
        note = f"{OURS}{datetime.now(UTC).isoformat(timespec='seconds')}"
        for name in sorted(set(names)):
            self.session.execute(
                f"CREATE TRANSIENT SCHEMA {name} DATA_RETENTION_TIME_IN_DAYS = 0 COMMENT = '{note}'",
            )
            # One that was there already has failed: only what was made here is dropped.
            self._made.callback(drop, self.session, name)
            self.session.execute(f"CREATE TABLE {name}.{MARK} (made_at TIMESTAMP_NTZ(9)) COMMENT = '{note}'")


@contextmanager
def dropped_at_the_end(session: Warehouse) -> Iterator[Schemas]:
    """What is made in the block goes with it, and nothing else."""
    with ExitStack() as made:
        yield Schemas(session, made)


def drop(session: Warehouse, schema: str) -> None:
    """Drop a schema with all that is in it."""
    session.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def drop_leftovers(session: Warehouse, prefix: str, age: timedelta) -> list[str]:
    """Drop what comparisons that were killed have left, if it carries our mark and is as old; returns what it was."""
    marked = session.rows(
        "SELECT table_schema, comment FROM information_schema.tables"
        f" WHERE table_name = '{MARK}' AND startswith(table_schema, %s) AND startswith(comment, %s)",
        (prefix, OURS),
    )
    left = [schema for schema, comment in marked if _is_older(comment.removeprefix(OURS), age)]
    for schema in left:
        drop(session, schema)
    return left


def _is_older(made_at: str, age: timedelta) -> bool:
    try:
        return datetime.now(UTC) - datetime.fromisoformat(made_at) >= age
    except (ValueError, TypeError):
        # Not as it is written here, so not ours to drop.
        return False


def show(session: Warehouse, own: DbtSettings, home: DbtSettings, places: Iterable[str]) -> None:
    """Views of the home's relations at these LAYER.MODEL, which no version changes: pages and metrics read them."""
    for place in sorted(set(places)):
        layer, _, name = place.partition(".")
        session.execute(f"CREATE VIEW {own.schema_of(layer)}.{name} AS SELECT * FROM {home.schema_of(layer)}.{name}")
