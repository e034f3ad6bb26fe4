"""Extraction of one table: measures and rows from one snapshot, objects, then the manifests."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter

from psycopg2.extensions import connection

from shopstream_platform.config.groups import CHUNK_ROWS, OversizedValues
from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.days import Days, contiguous_ranges, days_between
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.former import digits_of
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.chunks import extract_chunks, is_large
from shopstream_platform.pipeline.extract.kept import Existing, keep_what_holds
from shopstream_platform.pipeline.extract.limits import check_holdable, oversized
from shopstream_platform.pipeline.extract.pool import partition_pool
from shopstream_platform.pipeline.extract.proof import sentence
from shopstream_platform.pipeline.extract.schema import as_found, check_columns, source_columns
from shopstream_platform.pipeline.extract.upload import PartitionWriter
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import (
    LakeFile,
    Manifest,
    folder,
    replace_partition,
    table_prefix,
)
from shopstream_platform.stores.postgres import is_utf8, savepoint

# 'YYYY-MM-DD' and one separator before every row of a stream of several days.
DAY_PREFIX = 11


@dataclass(frozen=True)
class Measures:
    """What a partition holds at the source, in the snapshot of the extraction."""

    rows: int = 0
    checksum: int = 0
    fingerprint: int = 0


@dataclass(frozen=True)
class Extraction:
    """One table's extraction: a manifest per partition, how long it took, and what of the source was left out.

    `kept` says which partitions were not extracted, since what they hold of an earlier declaration is still right, and
    `chunks_written` how many chunks of a large snapshot table were; None for one that is not kept in chunks. `unnamed`
    says why all of its chunks were compared though a plan had named some.
    """

    manifests: list[Manifest]
    seconds: float
    undeclared_columns: list[str] = field(default_factory=list)
    oversized: str | None = None
    kept: str | None = None
    chunks_written: int | None = None
    unnamed: str | None = None


def as_read(table: Table, oversized: OversizedValues) -> Table:
    """The table as the source is read: with or without the values that are too large for the warehouse."""
    return table.with_oversized_as_null() if oversized is OversizedValues.NULL else table


def extract(
    conn: connection,
    lake: Lake,
    table: Table,
    days: Days | None,
    *,
    snapshot_day: date,
    run_id: str,
    chunk_rows: int = CHUNK_ROWS,
    named: Named | None = None,
) -> Extraction:
    """Extract a range of partitions, or a snapshot table (days is None) into the folder of `snapshot_day`.

    `conn` is a REPEATABLE READ snapshot, and `snapshot_day` the day that was running when it was taken, whose partition
    is therefore not complete. Raises ShopStreamError, with no manifest written, if the source's schema or a value
    cannot be loaded; a manifest is written only after all objects of its partition exist. Of a
    snapshot table of more than `chunk_rows` rows only the chunks that have changed are extracted; `named` are those
    that a plan knows can have changed, by a snapshot that was taken before this one.
    """
    # An error of this table does not end the transaction, in which others are read too.
    with savepoint(conn, table.name):
        return _extract(conn, lake, table, days, snapshot_day, run_id, chunk_rows, named)


def _extract(
    conn: connection,
    lake: Lake,
    table: Table,
    days: Days | None,
    snapshot_day: date,
    run_id: str,
    chunk_rows: int,
    named: Named | None,
) -> Extraction:
    started = perf_counter()
    columns = source_columns(conn, table)
    undeclared = check_columns(table, columns)
    table = as_found(table, columns)
    # By the names of the declaration, as manifests have them.
    columns |= {column.name: columns[column.source_name] for column in table.columns}
    if days is None and is_large(conn, table, chunk_rows):
        chunked = extract_chunks(conn, lake, table, snapshot_day, chunk_rows, columns, run_id, named)
        if chunked:
            manifest, written, large = chunked
            seconds, unnamed = perf_counter() - started, _unnamed(table, manifest, named)
            return Extraction([manifest], seconds, undeclared, large, chunks_written=written, unnamed=unnamed)
    check_holdable(conn, table, days)
    large = oversized(conn, table, days)
    existing = _existing(lake, table, [snapshot_day] if days is None else days_between(days.first, days.last))
    kept = keep_what_holds(conn, lake, table, method(table), days, existing, columns, run_id)
    manifests = list(kept)
    for span in _not_kept(days, kept):
        manifests += _extract_span(conn, lake, table, span, snapshot_day, existing, columns, run_id)
    return Extraction(
        sorted(manifests, key=lambda manifest: manifest.day),
        perf_counter() - started,
        undeclared,
        large,
        sentence(table, kept) if kept else None,
    )


def _unnamed(table: Table, manifest: Manifest, named: Named | None) -> str | None:
    if named is None or manifest.extraction == named.result:
        return None
    return (
        f"{table.name}: all chunks were compared, though the plan has named some: the lake's newest manifest is not "
        "the one that it knew, chunks of that width have become too many, or this is a standby"
    )


def _not_kept(days: Days | None, kept: list[Manifest]) -> list[Days | None]:
    """What is left to extract."""
    if days is None:
        return [] if kept else [None]
    left = set(days_between(days.first, days.last)) - {manifest.day for manifest in kept}
    return [Days(first, last, days.start) for first, last in contiguous_ranges(left)]


def _extract_span(
    conn: connection,
    lake: Lake,
    table: Table,
    days: Days | None,
    snapshot_day: date,
    existing: Existing,
    columns: dict[str, str],
    run_id: str,
) -> list[Manifest]:
    measured = _measure(conn, table, days)
    wanted = [snapshot_day] if days is None else days_between(days.first, days.last)
    server_version = conn.server_version

    def commit(day: date, files: list[LakeFile]) -> Manifest:
        measures = measured.get(None if days is None else day, Measures())
        manifest = Manifest(
            table=table.name,
            day=day,
            snapshot=days is None,
            files=files,
            rows=measures.rows,
            checksum=measures.checksum,
            fingerprint=measures.fingerprint,
            method=method(table),
            server_version=server_version,
            columns={name: columns[name] for name in table.column_names},
            complete=days is None or day < snapshot_day,
            digits=digits_of(table),
            extracted_at=datetime.now(UTC),
            run_id=run_id,
        )
        replace_partition(lake, table, manifest, existing.get(folder(table, day), ()))
        return manifest

    with partition_pool() as submit:
        written = _stream(conn, lake, table, days, wanted, lambda w: submit(lambda: commit(w.day, w.close())))
        return [future.result() for future in written]


def _measure(conn: connection, table: Table, days: Days | None) -> dict[date | None, Measures]:
    with conn.cursor() as cursor:
        cursor.execute(sql.measures(table, days, utf8=is_utf8(conn)))
        return {day: Measures(rows, int(check), int(print_)) for day, rows, check, print_ in cursor}


def _existing(lake: Lake, table: Table, wanted: list[date]) -> Existing:
    """What is there before this extraction."""
    prefix = folder(table, wanted[0]) if len(wanted) == 1 else table_prefix(table)
    by_folder: dict[str, dict[str, str]] = {}
    for key, etag in lake.etags(prefix).items():
        by_folder.setdefault(key.rsplit("/", 1)[0] + "/", {})[key] = etag
    return by_folder


def _stream(
    conn: connection,
    lake: Lake,
    table: Table,
    days: Days | None,
    wanted: list[date],
    finish: Callable[[PartitionWriter], Future[Manifest]],
) -> list[Future[Manifest]]:
    """COPY into one writer a partition; partitions without rows are finished empty."""
    with conn.cursor() as cursor:
        if len(wanted) == 1:
            writer = PartitionWriter(lake, table, wanted[0])
            cursor.copy_expert(sql.copy_rows(table, days), writer)
            return [finish(writer)]
        splitter = DaySplitter(lambda day: PartitionWriter(lake, table, day), finish)
        cursor.copy_expert(sql.copy_rows(table, days), splitter)
        splitter.finish_current()
    empty = [day for day in wanted if day not in splitter.seen]
    return splitter.finished + [finish(PartitionWriter(lake, table, day)) for day in empty]


class DaySplitter:
    """Takes rows that are ordered by day and start with it; gives each day's rows to a writer of its own."""

    def __init__(
        self, open_writer: Callable[[date], PartitionWriter], finish: Callable[[PartitionWriter], Future[Manifest]]
    ) -> None:
        self._open, self._finish = open_writer, finish
        self._prefix = b""
        self._writer: PartitionWriter | None = None
        self.seen: set[date] = set()
        self.finished: list[Future[Manifest]] = []

    def write(self, row: bytes) -> None:
        """Take one row, as PostgreSQL sends it."""
        if row[:DAY_PREFIX] != self._prefix:
            self._next_day(row[:DAY_PREFIX])
        self._writer.write(row[DAY_PREFIX:])  # pyright: ignore[reportOptionalMemberAccess] set by _next_day

    def finish_current(self) -> None:
        """Hand over the day that is open."""
        if self._writer is not None:
            self.finished.append(self._finish(self._writer))
            self._writer = None

    def _next_day(self, prefix: bytes) -> None:
        self.finish_current()
        day = date.fromisoformat(prefix[:-1].decode())
        self.seen.add(day)
        self._prefix, self._writer = prefix, self._open(day)
