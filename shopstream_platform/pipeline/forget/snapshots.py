"""Earlier extractions in the lake's folders: their objects without the person, and manifests that say so."""

from collections.abc import Collection, Iterator
from itertools import chain, islice

from psycopg2.extensions import connection

from shopstream_platform.contract.checksum import Way, methods, way_of_method
from shopstream_platform.contract.declare import KEY, Table
from shopstream_platform.contract.former import columns_then, former, names_of_same
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.upload import GzipObject
from shopstream_platform.pipeline.forget.lake import Bucket, Hit, table_of
from shopstream_platform.pipeline.forget.person import Person
from shopstream_platform.pipeline.forget.rows import Rows
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import MANIFEST_NAME, Chunk, LakeFile, Manifest, is_manifest, table_prefix
from shopstream_platform.stores.postgres import is_utf8

ROWS_AT_ONCE = 500


def rewrite(bucket: Bucket, lake: Lake, hit: Hit, person: Person, kept_ids: set[int]) -> None:
    """Put the object anew and delete the version that held the person.

    A row of an id that the source keeps stays without its personal columns; another one is left out.
    """
    assert hit.table is not None  # noqa: S101 - of objects with rows alone
    rows = Rows(hit.table, person, hit.version.key)
    content = rows.of_object(bucket.body(hit.version.key, hit.version.id))
    first = next(content, None)
    written = GzipObject(lake, hit.version.key, rows.header)
    for row in chain([] if first is None else [first], content):
        if not rows.is_personal(row):
            written.write(row)
        elif rows.row_id(row) in kept_ids:
            written.write(rows.without_person(row))
    written.close()
    bucket.delete_replaced(hit.version)


def manifests_of(lake: Lake, keys: Collection[str]) -> set[str]:
    """The keys of the manifests that list these objects: those of their folders, and later ones that kept a chunk."""
    found = {f"{key.rsplit('/', 1)[0]}/{MANIFEST_NAME}" for key in keys}
    for table in {table for key in keys if (table := table_of(key)) and not table.partitioned}:
        others = [key for key in lake.etags(table_prefix(table)) if is_manifest(key) and key not in found]
        for key, body in zip(others, lake.map(lake.read_json, others), strict=True):
            listed = {file.key for file in Manifest.model_validate(body).files}
            found |= {key} if listed & set(keys) else set()
    return found


def correct(conn: connection, bucket: Bucket, lake: Lake, key: str) -> None:
    """Let a manifest say what its folder's objects now are: ETags, sizes, rows, checksum and fingerprint.

    The source's server computes the measures, by the expressions of an extraction, from rows that are sent to it.
    """
    manifest = Manifest.model_validate(lake.read_json(key))
    # Chunks that the manifest kept lie in other folders.
    present = lake.etags(f"{key.rsplit('/', 2 if manifest.chunks else 1)[0]}/")
    parts: dict[int | None, Chunk] = {}
    files: list[LakeFile] = []
    for file in manifest.files:
        table = table_of(file.key)
        if table is None or file.key not in present:
            continue
        head = bucket.client.head_object(Bucket=bucket.at.bucket, Key=bucket.at.key(file.key))
        files.append(file.model_copy(update={"etag": present[file.key], "bytes": head["ContentLength"]}))
        declared, way = _declared(table, manifest), way_of_method(manifest.method)
        reader = Rows(table, Person(), file.key)
        content = (reader.texts(row) for row in reader.of_object(bucket.body(file.key)))
        rows = (_measured(manifest, row) for row in content)
        # By a way that is not known here only rows are counted, when it is written and when it is loaded.
        for measured in _measures(conn, declared, way, rows) if way else ((1, 0, 0) for _ in rows):
            so_far = parts.get(file.chunk, Chunk())
            parts[file.chunk] = Chunk(
                rows=so_far.rows + measured[0],
                checksum=so_far.checksum + measured[1],
                fingerprint=so_far.fingerprint + measured[2],
            )
    now = manifest.model_copy(
        update={
            "files": files,
            "rows": sum(part.rows for part in parts.values()),
            "checksum": sum(part.checksum for part in parts.values()),
            "fingerprint": sum(part.fingerprint for part in parts.values()),
            "chunks": {number: part for number, part in parts.items() if number is not None},
        }
    )
    lake.write(key, now.model_dump_json(indent=1).encode(), "application/json")


def _declared(table: Table, manifest: Manifest) -> Table:
    """The table by whose columns the manifest's measures are taken.

    Today's if that cannot be told any more: the measures then are not those of its method, and it is extracted again.
    """
    if manifest.method in methods(table):
        return table
    of_then = columns_then(table, manifest.columns, manifest.digits)
    return former(table, of_then, names_of_same(table, of_then)) or table


def _measured(manifest: Manifest, row: dict[str, str | None]) -> dict[str, str | None]:
    """A row of an object -> by the columns of the manifest, with those that the object lacks."""
    held = {then: row.get(name) for name, then in manifest.in_objects.items() if then}
    return {**manifest.constants, **held}


def _measures(
    conn: connection, table: Table, way: Way, rows: Iterator[dict[str, str | None]]
) -> Iterator[tuple[int, int, int]]:
    """(rows, checksum, fingerprint) of some rows after others."""
    utf8 = is_utf8(conn)
    typed = ", ".join(
        f"v.{c.name}::{'BIGINT' if c.name == KEY else c.postgres_type} AS {c.source_sql}" for c in table.columns
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        marks = ", ".join(["(" + ", ".join(["%s::text"] * len(table.columns)) + ")"] * len(some))
        relation = f"(SELECT {typed} FROM (VALUES {marks}) AS v ({', '.join(table.column_names)}))"
        values = [row.get(c.name) for row in some for c in table.columns]
        with conn.cursor() as cursor:
            cursor.execute(sql.measures_of(table, relation, way, utf8=utf8), values)
            _, count, check, print_ = cursor.fetchone() or (None, 0, 0, 0)
        yield int(count), int(check), int(print_)
