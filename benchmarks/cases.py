"""What is measured, each as a process of its own: `python -m benchmarks.cases NAME TABLE`."""

import io
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from shopstream_platform.extract.sql import Days, copy_rows, measures
from shopstream_platform.operations import services
from shopstream_platform.settings import load_settings
from shopstream_platform.tables import TABLES, Table

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

    conn = psycopg2.connect(services.postgres(load_settings()).dsn)
    with conn.cursor() as cursor, Path(os.devnull).open("wb") as nowhere:
        cursor.copy_expert(copy_rows(table, days), nowhere)


def rows(table: Table, days: Days | None) -> None:
    """Our way from rows to objects, without measures and manifest."""
    from shopstream_platform.extract.lake import Lake
    from shopstream_platform.extract.session import snapshot
    from shopstream_platform.extract.upload import PartitionWriter

    settings = load_settings()
    writer = PartitionWriter(Lake(services.object_store(settings)), table, DAY)
    with snapshot(services.postgres(settings).dsn) as conn, conn.cursor() as cursor:
        cursor.copy_expert(copy_rows(table, days), writer)
        writer.close()


def measure(table: Table, days: Days | None) -> None:
    """Rows, checksum and fingerprint of every partition, which an extraction takes too."""
    from shopstream_platform.extract.session import snapshot

    with snapshot(services.postgres(load_settings()).dsn) as conn, conn.cursor() as cursor:
        cursor.execute(measures(table, days))
        cursor.fetchall()


def extraction(table: Table, days: Days | None) -> None:
    """The whole step: schema check, measures, rows, manifests."""
    from shopstream_platform.extract.extract import extract
    from shopstream_platform.extract.lake import Lake
    from shopstream_platform.extract.session import snapshot

    settings = load_settings()
    with snapshot(services.postgres(settings).dsn) as conn:
        extract(conn, Lake(services.object_store(settings)), table, days, snapshot_day=DAY, run_id="benchmark")


def reports(table: Table, days: Days | None) -> None:
    """The reports' way: read_sql, to_csv or to_json, put_object."""
    import boto3
    import pandas as pd
    import psycopg2

    settings = load_settings()
    lake = services.object_store(settings)
    query = f"SELECT * FROM {table.name}" if days is None else DAY_SQL[table.name]
    frame = pd.read_sql(query, psycopg2.connect(services.postgres(settings).dsn))  # pyright: ignore[reportArgumentType]
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


CASES = {"limit": limit, "rows": rows, "measure": measure, "extraction": extraction, "reports": reports}


def main(case: str, table: str, of: str) -> None:
    """`of`: table or day."""
    CASES[case]({t.name: t for t in TABLES}[table], ONE_DAY if of == "day" else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
