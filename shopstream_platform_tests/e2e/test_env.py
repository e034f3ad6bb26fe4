"""`shopstream env`: the settings with which everybody else's tools work."""

import boto3
import pytest

from shopstream_platform_tests.e2e.shop import PROGRAMS, STRAY, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO

ENV = f'eval "$({PROGRAMS / "shopstream"} env)"'
# A new process that is told nothing but the exported variables.
COUNT_ORDERS = """
import boto3, psycopg2
with psycopg2.connect("") as connection, connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM orders")
    print(cursor.fetchone()[0])
print(*sorted(bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]))
"""


def test_the_exported_variables_are_those_of_psql_and_the_aws_tools(shop: Shop) -> None:
    ran = shop.having(**STRAY, SCRIPT=COUNT_ORDERS).shell(f'{ENV}; exec python -c "$SCRIPT"')
    assert ran.code == 0, ran.everything
    orders, buckets = ran.out.splitlines()
    assert [(int(orders),)] == shop.source_rows("SELECT count(*) FROM orders")
    assert shop.connections["s3"]["bucket"] in buckets.split()


def test_the_json_is_the_keyword_arguments_of_each_client(shop: Shop) -> None:
    lake = shop.connections["s3"]
    client = boto3.client(
        "s3",
        endpoint_url=lake["endpoint_url"],
        aws_access_key_id=lake["access_key_id"],
        aws_secret_access_key=lake["secret_access_key"],
        region_name=lake["region"],
    )
    folder = f"raw/postgres/users/{shop.yesterday.replace(day=1):%Y}"
    keys = [item["Key"] for item in client.list_objects_v2(Bucket=lake["bucket"], Prefix=folder)["Contents"]]
    assert any(key.endswith(".csv.gz") for key in keys), keys
    users = shop.source_rows("SELECT count(*) FROM users")
    assert shop.warehouse_rows("SELECT COUNT(*) FROM RAW.users") == users
    assert shop.warehouse_rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()") == [("SHOPSTREAM_DWH", "RAW")]


def test_plain_dbt_finds_its_project_and_its_warehouse(shop: Shop) -> None:
    ran = shop.shell(f"{ENV}; exec dbt debug")
    assert ran.code == 0, ran.everything
    assert "All checks passed!" in ran.text


@pytest.mark.slow
def test_a_dbt_build_by_hand_gives_the_same_marts(shop: Shop) -> None:
    before = shop.contents()
    try:
        ran = shop.shell(f"{ENV}; exec dbt build")
        assert ran.code == 0, ran.everything
        assert "ERROR=0" in ran.text
        assert shop.contents() == before
    finally:
        # By hand dbt notes no version of its code, so that one more build is due.
        refresh = shop.shopstream("refresh")
    assert refresh.code == 0, refresh.everything
    assert NOTHING_TO_DO in shop.shopstream("refresh").text


@pytest.mark.slow
def test_plain_dagster_commands_find_the_instance_with_its_runs(shop: Shop) -> None:
    ran = shop.shell(f"{ENV}; exec dagster run list --limit 100")
    assert ran.code == 0, ran.everything
    assert "Pipeline: everything" in ran.out or "Job: everything" in ran.out, ran.everything
