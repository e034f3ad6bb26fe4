"""What is measured, each as a process of its own: `python -m benchmarks.cases NAME TABLE`."""

import io
import os
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

from shopstream_platform.config.load import load_settings
from shopstream_platform.contract.days import Days
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.raw import raw_name
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.extract.sql import copy_rows, measures
from shopstream_platform.services import resolve
from shopstream_platform.stores.lake import Lake

DAY = date(2025, 6, 1)
START = date(2025, 1, 1)
ONE_DAY = Days(DAY, DAY, start=START)
# Reports' rows at a time would be all of them; a day or a table.
DAY_SQL = {
    "order_items": "SELECT t.* FROM order_items t JOIN orders o ON o.id = t.order_id "
    "WHERE o.created_at >= '2025-06-01' AND o.created_at < '2025-06-02'",
    "events": "SELECT * FROM events WHERE event_ts >= '2025-06-01' AND event_ts < '2025-06-02'",
}


def limit(table: Table, days: Days | None) -> None:
    """COPY of the same SELECT to /dev/null: no extractor can be faster."""
    import psycopg2

    conn = psycopg2.connect(resolve.postgres(load_settings()).dsn)
    with conn.cursor() as cursor, Path(os.devnull).open("wb") as nowhere:
        cursor.copy_expert(copy_rows(table, days), nowhere)


def rows(table: Table, days: Days | None) -> None:
    """Our way from rows to objects, without measures and manifest."""
    from shopstream_platform.pipeline.extract.upload import PartitionWriter
    from shopstream_platform.stores.postgres import snapshot

    settings = load_settings()
    writer = PartitionWriter(Lake(resolve.object_store(settings)), table, DAY)
    with snapshot(resolve.postgres(settings).dsn) as conn, conn.cursor() as cursor:
        cursor.copy_expert(copy_rows(table, days), writer)
        writer.close()


def measure(table: Table, days: Days | None) -> None:
    """Rows, checksum and fingerprint of every partition, which an extraction takes too."""
    from shopstream_platform.stores.postgres import snapshot

    with snapshot(resolve.postgres(load_settings()).dsn) as conn, conn.cursor() as cursor:
        cursor.execute(measures(table, days))
        cursor.fetchall()


def extraction(table: Table, days: Days | None) -> None:
    """The whole step: schema check, measures, rows, manifests."""
    from shopstream_platform.pipeline.extract.table import extract
    from shopstream_platform.stores.postgres import snapshot

    settings = load_settings()
    with snapshot(resolve.postgres(settings).dsn) as conn:
        extract(conn, Lake(resolve.object_store(settings)), table, days, snapshot_day=DAY, run_id="benchmark")


def one_by_one(table: Table, days: Days | None) -> None:
    """Order lines and events, one after another."""
    _tables(1, days)


def two_at_once(table: Table, days: Days | None) -> None:
    """Order lines and events at once, on one snapshot."""
    _tables(2, days)


def _tables(number: int, days: Days | None) -> None:
    from psycopg2.extensions import connection

    from shopstream_platform.pipeline.extract.parallel import at_once, largest_first
    from shopstream_platform.pipeline.extract.table import Extraction, extract
    from shopstream_platform.stores.postgres import snapshots

    settings = load_settings()
    lake = Lake(resolve.object_store(settings))

    def work(conn: connection, table: Table) -> Extraction:
        return extract(conn, lake, table, days, snapshot_day=DAY, run_id="benchmark")

    big = [table for table in TABLES if table.name in DAY_SQL]
    with (
        snapshots(resolve.postgres(settings).dsn, number, sys.exit) as connections,
        at_once(connections, largest_first(connections[0], big), work) as finished,
    ):
        for _, future in finished:
            future.result()


def reports(table: Table, days: Days | None) -> None:
    """The reports' way: read_sql, to_csv or to_json, put_object."""
    import boto3
    import pandas as pd
    import psycopg2

    settings = load_settings()
    lake = resolve.object_store(settings)
    query = f"SELECT * FROM {table.name}" if days is None else DAY_SQL[table.name]
    frame = pd.read_sql(query, psycopg2.connect(resolve.postgres(settings).dsn))  # pyright: ignore[reportArgumentType]
    buffer = io.StringIO()
    if table.name == "events":
        frame.to_json(buffer, orient="records", lines=True, date_format="iso")
    else:
        frame.to_csv(buffer, index=False)
    client: Any = boto3.client(
        "s3",
        endpoint_url=lake.endpoint_url,
        aws_access_key_id=lake.access_key_id,
        aws_secret_access_key=lake.secret_access_key,
        region_name=lake.region,
    )
    client.put_object(Bucket=lake.bucket, Key="raw/benchmark/reports", Body=buffer.getvalue().encode())


def copy_into(table: Table, days: Days | None) -> None:
    """COPY of the objects that `rows` wrote, into the local warehouse."""
    from shopstream_platform.pipeline.load import sql
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    with open_session(resolve.warehouse(settings)) as warehouse:
        warehouse.execute(f"TRUNCATE TABLE {raw_name(table)}")
        warehouse.execute(sql.copy_into(table, _objects(table)))


def connect(table: Table, days: Days | None) -> None:
    """What Snowflake's connector takes to be imported and to log in, which COPY INTO takes too."""
    from shopstream_platform.stores.warehouse import open_session

    with open_session(resolve.warehouse(load_settings())) as warehouse:
        warehouse.value("SELECT 1")


def duckdb_alone(table: Table, days: Days | None) -> None:
    """The same objects into a file of DuckDB alone, with the same types: what the local warehouse is made of."""
    from tempfile import TemporaryDirectory

    import duckdb
    import obstore

    store = resolve.object_store(load_settings())
    lake = Lake(store)
    names = {"NUMBER": "DECIMAL", "VARCHAR": "VARCHAR", "TIMESTAMP_NTZ": "TIMESTAMP", "BOOLEAN": "BOOLEAN"}
    types = {c.name: re.sub(r"^\w+", lambda kind: names[kind[0]], c.snowflake_type) for c in table.columns}
    with TemporaryDirectory() as folder:
        paths = []
        for key in _objects(table):
            paths.append(str(Path(folder) / Path(key).name))
            with Path(paths[-1]).open("wb") as file:
                for chunk in obstore.get(lake.store, key).stream():
                    file.write(chunk)
        connection = duckdb.connect(str(Path(folder) / "plain.duckdb"))
        connection.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
        connection.execute("INSERT INTO t SELECT * FROM read_csv(?, header = true, all_varchar = true)", [paths])
        connection.close()


def _objects(table: Table) -> list[str]:
    lake = Lake(resolve.object_store(load_settings()))
    return sorted(key for key in lake.etags(f"raw/postgres/{table.name}/{DAY}/") if key.endswith(".gz"))


def touch(table: Table, days: Days | None) -> None:
    """Change yesterday's rows of the source, as if a day had come: the refresh after it is a daily run."""
    import psycopg2

    column = {"orders": "created_at", "events": "event_ts"}
    with psycopg2.connect(resolve.postgres(load_settings()).dsn) as conn, conn.cursor() as cursor:
        for name, moment in column.items():
            cursor.execute(
                f"UPDATE {name} SET {moment} = {moment} + interval '1 microsecond' "
                f"WHERE {moment}::date = (SELECT max({moment})::date FROM {name})"
            )


CASES = {
    "copy": copy_into,
    "connect": connect,
    "duckdb": duckdb_alone,
    "touch": touch,
    "limit": limit,
    "rows": rows,
    "measure": measure,
    "extraction": extraction,
    "one-by-one": one_by_one,
    "two-at-once": two_at_once,
    "reports": reports,
}


def main(case: str, table: str, of: str) -> None:
    """`of`: table or day."""
    CASES[case]({t.name: t for t in TABLES}[table], ONE_DAY if of == "day" else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
