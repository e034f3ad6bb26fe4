"""Other extractors on the same rows, as their documentation advises: `python others.py NAME TABLE`.

They run in an environment of their own (others.txt) and know of ours only what stands in three variables:
SOURCE, PostgreSQL as a URL; LAKE, the object store as sling's connection in JSON; QUERY, which rows if not all.
"""

import json
import os
import subprocess
import sys
from importlib.resources import files
from tempfile import TemporaryDirectory


def sling(table: str, source: str, lake: dict[str, str], query: str) -> None:
    """`sling run`: CSV, or JSON lines of events, compressed by gzip."""
    program = str(files("sling_linux_amd64").joinpath("bin", "sling-linux-amd64"))
    kind = "jsonlines" if table == "events" else "csv"
    command = [program, "run", "--src-conn", "SOURCE", "--src-stream", query or f"public.{table}"]
    command += ["--tgt-conn", "LAKE", "--tgt-object", f"s3://{lake['bucket']}/benchmarks/sling/{table}.{kind}.gz"]
    command += ["--tgt-options", json.dumps({"compression": "gzip", "format": kind})]
    own = {"SOURCE": f"{source}?sslmode=disable", "SLING_DISABLE_TELEMETRY": "TRUE"}
    subprocess.run(command, env=os.environ | own, check=True)


def dlt(table: str, source: str, lake: dict[str, str], query: str) -> None:
    """`sql_table` by Arrow to a file system in S3: CSV; JSON lines of events by rows, since Arrow writes none."""
    with TemporaryDirectory() as folder:
        os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": folder, "RUNTIME__LOG_LEVEL": "ERROR"}
        import dlt as library
        import sqlalchemy
        from dlt.destinations import filesystem
        from dlt.sources.sql_database import sql_table

        keys = {f"aws_{name}": lake[name] for name in ("access_key_id", "secret_access_key")}
        credentials = keys | {"endpoint_url": lake["endpoint"], "region_name": lake["region"]}
        kind, backend = ("jsonl", "sqlalchemy") if table == "events" else ("csv", "pyarrow")
        address = source.replace("://", "+psycopg2://", 1)
        resource = sql_table(
            sqlalchemy.create_engine(address, execution_options={"stream_results": True}),
            table=table,
            schema="public",
            backend=backend,
            chunk_size=100_000,
            query_adapter_callback=(lambda _query, _table: sqlalchemy.text(query)) if query else None,
        )
        target = filesystem(f"s3://{lake['bucket']}/benchmarks/dlt", credentials=credentials)
        pipeline = library.pipeline("benchmark", pipelines_dir=folder, destination=target, dataset_name=table)
        pipeline.run(resource, loader_file_format=kind, write_disposition="replace").raise_on_failed_jobs()


def main(name: str, table: str) -> None:
    """`name`: sling or dlt."""
    extractor = {"sling": sling, "dlt": dlt}[name]
    extractor(table, os.environ["SOURCE"], json.loads(os.environ["LAKE"]), os.environ["QUERY"])


if __name__ == "__main__":
    main(*sys.argv[1:])
