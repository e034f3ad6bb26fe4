"""A large snapshot table, of which only the chunks that have changed are extracted again.

The manifest lists the objects of all chunks, also those that earlier extractions wrote. Every chunk is of one snapshot
of the source; chunks of different extractions are of different ones, as days of a partitioned table are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from psycopg2.extensions import connection

from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.chunks import Keys, Named, is_spread, ranges, width_of
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.former import digits_of
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.kept import current_manifest
from shopstream_platform.pipeline.extract.limits import check_holdable, oversized
from shopstream_platform.pipeline.extract.pool import partition_pool
from shopstream_platform.pipeline.extract.upload import PartitionWriter
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import (
    Chunk,
    LakeFile,
    Manifest,
    chunk_key,
    folder,
    replace_partition,
    table_prefix,
)
from shopstream_platform.stores.postgres import is_utf8

Fingerprints = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Chunked:
    """The chunks of the source (number -> rows, fingerprint), and those whose objects are still right.

    `name` is the extraction's.
    """

    width: int
    found: Fingerprints
    kept: dict[int, list[LakeFile]]
    name: str

    @property
    def dirty(self) -> list[int]:
        """What has to be extracted."""
        return sorted(self.found.keys() - self.kept.keys())


def is_large(conn: connection, table: Table, chunk_rows: int) -> bool:
    """Whether the table is kept in chunks: it has many rows, and a key that is one whole number."""
    if table.partitioned or table.integer_key is None:
        return False
    with conn.cursor() as cursor:
        cursor.execute(sql.has_more_rows(table, chunk_rows))
        ((is_more,),) = cursor.fetchall()
    return is_more


def extract_chunks(
    conn: connection,
    lake: Lake,
    table: Table,
    snapshot_day: date,
    chunk_rows: int,
    columns: dict[str, str],
    run_id: str,
    named: Named | None = None,
) -> tuple[Manifest, int, str | None] | None:
    """Extract what has changed: the manifest, how many chunks were written, and what is loaded as NULL for its size.

    `named` are the chunks that a plan knows can have changed. The others are not looked at, if the newest manifest is
    the one that the plan knew; the manifest bears the plan's name for it then.

    None, with nothing done, if rows have no key, or if what an earlier declaration has extracted may still hold.
    """
    current = current_manifest(lake, table)
    if current and current.method != method(table):
        return None
    chunked = _compare(conn, lake, table, chunk_rows, current, named)
    if chunked is None:
        return None
    spans: list[Keys] = ranges(chunked.dirty, chunked.width)
    for keys in spans:
        check_holdable(conn, table, keys)
    large = next((said for keys in spans if (said := oversized(conn, table, keys))), None)
    chunks = {number: current.chunks[number] for number in chunked.kept} if current else {}
    for keys in spans:
        chunks |= _measure(conn, table, keys, chunked.width)
    files = chunked.kept | _write(conn, lake, table, snapshot_day, chunked)
    manifest = Manifest(
        table=table.name,
        day=snapshot_day,
        snapshot=True,
        files=[file for number in sorted(chunks) for file in files[number]],
        rows=sum(chunk.rows for chunk in chunks.values()),
        checksum=sum(chunk.checksum for chunk in chunks.values()),
        fingerprint=sum(chunk.fingerprint for chunk in chunks.values()),
        method=method(table),
        server_version=conn.server_version,
        columns={name: columns[name] for name in table.column_names},
        digits=digits_of(table),
        chunks=chunks,
        chunk_width=chunked.width,
        chunk_rows=chunk_rows,
        extraction=chunked.name,
        extracted_at=datetime.now(UTC),
        run_id=run_id,
    )
    replace_partition(lake, table, manifest, lake.etags(folder(table, snapshot_day)))
    return manifest, len(chunked.dirty), large


def _compare(
    conn: connection, lake: Lake, table: Table, chunk_rows: int, current: Manifest | None, named: Named | None
) -> Chunked | None:
    """What the source has now, against the manifest; None if a row has no key."""
    known = current if current and _is_comparable(conn, current, chunk_rows) else None
    if known and named and known.extraction == named.base and not _is_standby(conn):
        found = _as_named(conn, table, known, named)
        if not _is_spread(found, chunk_rows):
            return Chunked(known.chunk_width, found, _kept(lake, table, found, known), named.result)
    width = known.chunk_width if known else _new_width(conn, table, chunk_rows)
    found = fingerprints(conn, table, width)
    if found and known and _is_spread(found, chunk_rows):
        width, known = _new_width(conn, table, chunk_rows), None
        found = fingerprints(conn, table, width)
    if found is None:
        return None
    return Chunked(width, found, _kept(lake, table, found, known) if known else {}, uuid4().hex)


def _is_standby(conn: connection) -> bool:
    """Whether a balancer has led here: this snapshot may be older than that of a plan which was made before it."""
    with conn.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return cursor.fetchone() != (False,)


def _as_named(conn: connection, table: Table, known: Manifest, named: Named) -> Fingerprints:
    """The chunks as the manifest has them, but for those that were named."""
    others = {n: (one.rows, one.fingerprint) for n, one in known.chunks.items() if n not in named.chunks}
    return others | (fingerprints(conn, table, known.chunk_width, ranges(named.chunks, known.chunk_width)) or {})


def _is_spread(found: Fingerprints, chunk_rows: int) -> bool:
    return is_spread(len(found), sum(rows for rows, _ in found.values()), chunk_rows)


def _is_comparable(conn: connection, manifest: Manifest, chunk_rows: int) -> bool:
    return (
        bool(manifest.chunks)
        and manifest.held is None
        and (manifest.chunk_rows, manifest.server_version) == (chunk_rows, conn.server_version)
    )


def _new_width(conn: connection, table: Table, chunk_rows: int) -> int:
    with conn.cursor() as cursor:
        cursor.execute(sql.extent_of_keys(table))
        ((rows, smallest, largest),) = cursor.fetchall()
    return width_of(rows, smallest or 0, largest or 0, chunk_rows)


def fingerprints(
    conn: connection, table: Table, width: int, spans: Sequence[Keys] | None = None
) -> Fingerprints | None:
    """Of all chunks, or of those in these ranges. None if a row has no key: a view says nothing of that."""
    with conn.cursor() as cursor:
        cursor.execute(sql.fingerprints_of_chunks(table, width, spans))
        found = {chunk: (rows, int(print_)) for chunk, rows, print_ in cursor}
    return None if None in found else found


def _kept(lake: Lake, table: Table, found: Fingerprints, known: Manifest) -> dict[int, list[LakeFile]]:
    present, files = lake.etags(table_prefix(table)), known.files_by_chunk
    same = [n for n, one in known.chunks.items() if found.get(n) == (one.rows, one.fingerprint) and n in files]
    return {n: files[n] for n in same if all(present.get(file.key) == file.etag for file in files[n])}


def _measure(conn: connection, table: Table, keys: Keys, width: int) -> dict[int, Chunk]:
    utf8 = is_utf8(conn)
    with conn.cursor() as cursor:
        cursor.execute(sql.measures_of_chunks(table, keys, width, utf8=utf8))
        return {
            chunk: Chunk(rows=rows, checksum=int(check), fingerprint=int(print_))
            for chunk, rows, check, print_ in cursor
        }


def _write(conn: connection, lake: Lake, table: Table, day: date, chunked: Chunked) -> dict[int, list[LakeFile]]:
    """Chunk -> its new objects, under keys that no manifest lists yet."""
    extraction = uuid4().hex[:8]

    def finish(number: int, writer: PartitionWriter) -> tuple[int, list[LakeFile]]:
        return number, [file.model_copy(update={"chunk": number}) for file in writer.close()]

    with partition_pool() as submit, conn.cursor() as cursor:
        written = []
        for number in chunked.dirty:

            def key_of(part: int, number: int = number) -> str:
                return chunk_key(table, day, number, extraction, part)

            writer = PartitionWriter(lake, table, day, key_of)
            (keys,) = ranges([number], chunked.width)
            cursor.copy_expert(sql.copy_rows(table, keys), writer)
            written.append(submit(lambda number=number, writer=writer: finish(number, writer)))
        return dict(future.result() for future in written)
