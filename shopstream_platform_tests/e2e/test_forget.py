"""`shopstream forget` on a shop of its own: nothing of the person is left in any byte, and all else is as before."""

import gzip
import json
import random
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform_tests.e2e.shop import HISTORY_DAYS, Ran, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO
from shopstream_platform_tests.e2e.test_verify import VERIFIED

DAYS = 10
# Quotes, signs of HTML and CSV, letters with marks, blanks and capitals that the marts do not tell apart.
OLD, NEW = 'Zoë.O\'Nëill+"q"@Exämple-Qux.org', "znewname's@quxëtt.org"
FIRST, LAST, NEW_LAST = 'Zoëqwx "Q" <b>', "O'Nëillqwx|x", "van d'Arçonqwx"
# Parts that no encoding changes, and that nothing else has.
TRACES = ("mple-qux", "znewname", "nëillqwx", "neillqwx", "ëillqwx", "arçonqwx", "onqwx", "ëqwx", "illqwx")
PLACEHOLDER = "@forgotten.invalid"
FIGURES = (
    "SELECT * FROM MARTS.MART_SALES_DAILY ORDER BY ALL",
    "SELECT user_id, country, plan_type, lifetime_value, frequency, segment FROM MARTS.MART_CUSTOMER_LTV ORDER BY ALL",
    "SELECT * FROM MARTS.MART_COHORT_RETENTION ORDER BY ALL",
    "SELECT SUM(matched_contacts) FROM MARTS.MART_CRM_CONVERSION",
    "SELECT signup_date, country, COUNT(*) FROM CORE.DIM_CUSTOMERS GROUP BY ALL ORDER BY ALL",
    "SELECT COUNT(*) FROM CORE.FACT_ORDERS",
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop in which a person was loaded, changed name and address, was loaded again, and is on a page and in logs."""
    whole = Shop.at(tmp_path_factory.mktemp("forget"))
    small = replace(whole, start=whole.start + timedelta(days=HISTORY_DAYS - DAYS))
    shop = small.having(SHOPSTREAM_SCALE="0.02", SHOPSTREAM_SHOW_PII="true")
    try:
        succeeds(shop, "seed")
        with shop.source() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO users (email, first_name, last_name, country, plan_type, created_at) "
                "VALUES (%s, %s, %s, 'FRA', 'premium', now() - interval '5 days') RETURNING id",
                (OLD, FIRST, LAST),
            )
            ((user,),) = cursor.fetchall()
            cursor.execute(
                "INSERT INTO crm_contacts (email, first_name, last_name, source, created_at, converted) "
                "VALUES (%s, %s, %s, 'newsletter', now() - interval '6 days', TRUE)",
                (f"  {NEW.upper()} ", FIRST, LAST),
            )
            cursor.execute(
                "INSERT INTO orders (user_id, created_at, total_amount, status, country) "
                "VALUES (%s, date_trunc('day', now()) - interval '2 days', 100, 'paid', 'FRA') RETURNING id",
                (user,),
            )
            ((order,),) = cursor.fetchall()
            cursor.execute(
                "INSERT INTO order_items (order_id, product_id, quantity, unit_price, line_total) "
                "VALUES (%s, (SELECT MIN(id) FROM products), 1, 100, 100)",
                (order,),
            )
        succeeds(shop, "refresh")
        with shop.source() as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE users SET email = %s, last_name = %s WHERE id = %s", (NEW, NEW_LAST, user))
        succeeds(shop, "refresh")
        earlier_snapshot(shop)
        (shop.home / "logs" / "by-hand.log").write_text(json.dumps({"said": f"{FIRST} {NEW_LAST} <{NEW}>"}))
        in_run_history(shop)
        yield shop
    finally:
        succeeds(shop, "down")


def succeeds(shop: Shop, *arguments: str) -> Ran:
    ran = shop.shopstream(*arguments)
    assert ran.code == 0, ran.everything
    return ran


def client(shop: Shop) -> tuple[Any, str]:
    at = shop.connections["s3"]
    keys = {"aws_access_key_id": at["access_key_id"], "aws_secret_access_key": at["secret_access_key"]}
    return boto3.client("s3", endpoint_url=at["endpoint_url"], region_name=at["region"], **keys), at["bucket"]


def earlier_snapshot(shop: Shop) -> None:
    """An extraction of an earlier day, which stays in the lake beside the newest."""
    s3, bucket = client(shop)
    prefix = "raw/postgres/users/"
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    newest = json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}_current.json")["Body"].read())["day"]
    (data,) = [key for key in keys if newest in key and key.endswith(".gz")]
    body = s3.get_object(Bucket=bucket, Key=data)["Body"].read()
    earlier = data.replace(newest, "2026-01-01").replace(newest.replace("-", ""), "20260101")
    put = s3.put_object(Bucket=bucket, Key=earlier, Body=body)
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}{newest}/_manifest.json")["Body"].read())
    file = {"key": earlier, "etag": put["ETag"].strip('"'), "bytes": len(body)}
    manifest |= {"day": "2026-01-01", "files": [file]}
    text = json.dumps(manifest).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}2026-01-01/_manifest.json", Body=text)


def in_run_history(shop: Shop) -> None:
    """A tag of a run, as somebody may set one by hand."""
    script = (
        "import dagster as dg\n"
        f"instance = dg.DagsterInstance.get()\nrun = instance.get_runs(limit=1)[0]\n"
        f"instance.add_run_tags(run.run_id, {{'asked': {NEW!r}}})\n"
        f"instance.report_engine_event({FIRST + ' ' + NEW_LAST!r}, run)\n"
    )
    ran = shop.shell(f'eval "$(shopstream env)"\npython - <<"END"\n{script}END')
    assert ran.code == 0, ran.everything


def figures(shop: Shop) -> list[list[tuple[object, ...]]]:
    with shop.warehouse() as rows:
        return [rows(statement) for statement in FIGURES]


def traces(shop: Shop) -> list[str]:
    """Where any trace is in any byte: files, objects in all versions, tables."""
    found: list[str] = []

    def look(place: str, content: bytes) -> None:
        lowered = content.lower().decode(errors="replace").lower()
        found.extend(f"{place}: {trace}" for trace in TRACES if trace in lowered)

    for folder in (shop.home, PROJECT_DIR / "target", PROJECT_DIR / "logs"):
        for path in folder.rglob("*"):
            if path.is_file():
                look(str(path), path.read_bytes())
    s3, bucket = client(shop)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", ()):
            body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
            look(version["Key"], gzip.decompress(body) if version["Key"].endswith(".gz") else body)
    with shop.warehouse() as rows:
        names = (
            "SELECT table_schema, table_name FROM INFORMATION_SCHEMA.TABLES WHERE table_schema <> 'INFORMATION_SCHEMA'"
        )
        for schema, table in rows(names):
            look(f"{schema}.{table}", repr(rows(f'SELECT * FROM {schema}."{table}"')).encode())
    return found


def test_a_person_who_is_still_at_the_source_is_not_forgotten(shop: Shop) -> None:
    before = shop.contents(loads=True)
    external = shop.having(SHOPSTREAM_SOURCE="external")
    for refused, advice in (
        (shop.shopstream("forget", "--email", NEW, "--yes"), "--at-source"),
        (external.shopstream("forget", "--email", NEW, "--yes", "--at-source"), "never writes to a source"),
    ):
        assert refused.code == 1, refused.everything
        assert "users: the row with id" in " ".join(refused.err.split())
        assert "crm_contacts: the row with id" in " ".join(refused.err.split())
        assert advice in " ".join(refused.err.split())
    assert shop.contents(loads=True) == before
    assert "Nobody was forgotten" in succeeds(shop, "forget", "--list").text
    assert traces(shop), "what the test looks for can be found"


def test_the_person_is_nowhere_and_everything_agrees(shop: Shop) -> None:
    before = figures(shop)
    # By stdin: other users of the machine see the arguments of every command.
    planned = shop.shell(
        f"printf '%s\\n' {shlex.quote(NEW.upper())} | shopstream forget --email - --at-source --dry-run"
    )
    assert planned.code == 0, planned.everything
    assert "Nothing was changed" in planned.text
    assert not any(trace in planned.everything.lower() for trace in TRACES), planned.everything

    # Killed at moments that nobody chose, it is run again.
    seed = 20261128
    moments = random.Random(seed)
    for _ in range(3):
        killed = shop.begin("forget", "--email", NEW.upper(), "--at-source", "--yes", "--case", "T-1")
        time.sleep(moments.uniform(4, 30))
        stop(killed)
    ran = succeeds(shop, "forget", "--email", NEW.upper(), "--at-source", "--yes", "--case", "T-1")
    # On a fast machine the last of those that were to be killed may have been done.
    assert "Forgotten: case T-1" in ran.text or "Nothing of this person was found" in ran.text

    assert traces(shop) == []
    assert figures(shop) == before
    assert VERIFIED in succeeds(shop, "verify").text
    assert NOTHING_TO_DO in succeeds(shop, "refresh").text
    listed = succeeds(shop, "forget", "--list").text
    assert "T-1 by e-mail done" in listed
    assert shop.warehouse_rows(f"SELECT COUNT(*) FROM CORE.SNAP_USERS WHERE email LIKE '%{PLACEHOLDER}'") == [(1,)]


def test_neither_the_lake_nor_another_run_brings_the_person_back(shop: Shop) -> None:
    before = figures(shop)
    succeeds(shop, "rebuild-raw")
    assert figures(shop) == before
    assert traces(shop) == []
    again = succeeds(shop, "forget", "--email", NEW, "--yes")
    assert "Nothing of this person was found" in again.text
    s3, bucket = client(shop)
    manifest = json.loads(
        s3.get_object(Bucket=bucket, Key="raw/postgres/users/2026-01-01/_manifest.json")["Body"].read()
    )
    (file,) = manifest["files"]
    held = s3.get_object(Bucket=bucket, Key=file["key"])
    assert held["ETag"].strip('"') == file["etag"]
    assert gzip.decompress(held["Body"].read()).count(b"\n") == manifest["rows"] + 1


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
