"""A large snapshot table of which the change feed has named the keys: only the chunks that hold them are compared.

What it rests on: every change that is not in the chunks of the base was named. The base is the lake's newest manifest,
it is what the load log says of RAW, and it is right up to where the feed was taken in before: either a plan has
compared that very load, and nothing of the table was left to be loaded; or the load is of the extraction that the last
plan has asked for, whose snapshot was younger than the plan's. All changes from there to the snapshot of now are in the
feed's keys, deleted ones and earlier keys too. Where any of this is not certain, the whole table is compared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from psycopg2.extensions import connection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.chunks import LONGEST_TEXT, Named, ranges
from shopstream_platform.contract.declare import Table
from shopstream_platform.pipeline.extract.chunks import fingerprints
from shopstream_platform.pipeline.extract.kept import current_manifest
from shopstream_platform.pipeline.extract.limits import check_holdable, oversized
from shopstream_platform.pipeline.feed.feed import Feed, Reading
from shopstream_platform.pipeline.feed.state import State
from shopstream_platform.pipeline.refresh.drift import Drift, Load, Seen, Why, refusing, sight
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import Chunk, Manifest


@dataclass(frozen=True)
class Chunking:
    """How tables are kept in chunks: the lake that has their manifests, and the rows of a chunk."""

    lake: Callable[[], Lake]
    rows: int


@dataclass(frozen=True)
class Base:
    """What RAW holds of a table, and the chunks of it that may differ from the source."""

    manifest: Manifest
    load: Load
    chunks: frozenset[int]


def base_of(
    chunking: Chunking, table: Table, load: Load | None, feed: Feed, reading: Reading, version: int
) -> Base | str | None:
    """What to compare a table with; or why all of it must be compared, None for what is not kept in chunks or known.

    `version` is the source server's.
    """
    if table.partitioned or table.integer_key is None or load is None or load.rows <= chunking.rows:
        return None
    state = feed.state
    if state is None or feed.restarted or (load.method, load.server_version) != (method(table), version):
        return None
    try:
        manifest = current_manifest(chunking.lake(), table)
    except ShopStreamError as error:
        return str(error)
    if manifest is None or not manifest.chunks:
        return None
    keys = reading.keys[table.name]
    if keys is None:
        return "it was altered or truncated, or more rows have changed than SHOPSTREAM_CHANGE_FEED_MAX_KEYS"
    if problem := _why_not_right(manifest, load, table, state):
        return problem
    return Base(manifest, load, frozenset(int(str(key)) // manifest.chunk_width for key in keys))


def _why_not_right(manifest: Manifest, load: Load, table: Table, state: State) -> str | None:
    """Why RAW may lack changes that the feed will not name any more; None if it is what the manifest says and right."""
    held = (tuple(file.etag for file in manifest.files), manifest.rows, manifest.fingerprint, manifest.method)
    if held != (load.etags, load.rows, load.fingerprint, load.method):
        return "the lake's newest manifest is not what was loaded"
    if load.load_id == state.loads.get(table.name):
        return "what an earlier plan has found was not loaded" if table.name in state.pending else None
    if manifest.extraction != state.asked.get(table.name):
        return "it was loaded by a run that the last plan has not asked for"
    return None


def find_chunk_drift(conn: connection, table: Table, base: Base) -> Drift:
    """Compare the chunks of the base that may differ with the source."""
    drift = Drift()
    with refusing(conn, drift, table):
        drift.add(_drift_of(conn, table, base))
    return drift


def _drift_of(conn: connection, table: Table, base: Base) -> Drift:
    drift, table = sight(conn, table)
    width = base.manifest.chunk_width
    found = fingerprints(conn, table, width, ranges(base.chunks, width)) or {}
    before = {number: base.manifest.chunks.get(number, Chunk()) for number in base.chunks}
    rows = base.load.rows - sum(one.rows for one in before.values()) + sum(rows for rows, _ in found.values())
    drift.seen[table.name] = Seen(base.load.rows, rows, 1, int(rows == 0))
    differing = [n for n, one in before.items() if found.get(n, (0, 0)) != (one.rows, one.fingerprint)]
    for keys in ranges(differing, width):
        check_holdable(conn, table, keys)
        if (large := oversized(conn, table, keys)) and large not in drift.blind:
            drift.blind.append(large)
    if differing:
        drift.snapshots[table.name] = Why.CHANGED if rows else Why.EMPTIED
        named = Named(base.manifest.extraction, uuid4().hex, base.chunks)
        # A manifest of an earlier version has no name.
        if named.base and len(named.text) <= LONGEST_TEXT:
            drift.named[table.name] = named
    return drift
