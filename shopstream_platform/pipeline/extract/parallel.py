"""Several tables at once, one at a time on each connection."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TypeVar

import psycopg2
from psycopg2.extensions import connection

from shopstream_platform.contract.declare import Table

CANCEL_SECONDS = 0.2
Result = TypeVar("Result")
Finished = Iterator[tuple[Table, Future[Result]]]


@contextmanager
def at_once(
    connections: list[connection], tables: list[Table], work: Callable[[connection, Table], Result]
) -> Iterator[Finished[Result]]:
    """Work on the tables, begun in their order; each as it finishes, with what came of it.

    When the block ends early, by an error or an interrupt, the queries under way are cancelled and no table begins.
    """
    free: SimpleQueue[connection] = SimpleQueue()
    for conn in connections:
        free.put(conn)

    def on_a_free_connection(table: Table) -> Result:
        conn = free.get()
        try:
            return work(conn, table)
        finally:
            free.put(conn)

    pool = ThreadPoolExecutor(len(connections))
    begun = {pool.submit(on_a_free_connection, table): table for table in tables}
    try:
        yield ((begun[future], future) for future in as_completed(begun))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        _end(connections, [future for future in begun if not future.cancelled()])


def largest_first(conn: connection, tables: list[Table]) -> list[Table]:
    """The tables by size on disk, so that the longest extraction does not begin last."""
    with conn.cursor() as cursor:
        cursor.execute(
            # A partitioned table itself is empty, and one that is not has no tree.
            "SELECT name, COALESCE(pg_table_size(to_regclass(name)), 0) "
            "+ (SELECT COALESCE(sum(pg_table_size(relid)), 0) FROM pg_partition_tree(to_regclass(name))) "
            "FROM unnest(%s) AS name",
            ([table.source_sql for table in tables],),
        )
        sizes = dict(cursor.fetchall())
    return sorted(tables, key=lambda table: sizes[table.source_sql], reverse=True)


def _end(connections: list[connection], futures: list[Future[Result]]) -> None:
    # Again and again: a table goes on with its next query if none was running at the moment of the request.
    while wait(futures, timeout=CANCEL_SECONDS).not_done:
        for conn in connections:
            with suppress(psycopg2.Error):
                conn.cancel()
