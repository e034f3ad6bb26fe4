"""An unmodified dbt-snowflake builds a project against the local warehouse."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from shopstream_platform_tests.localsnow.integration.conftest import (
    DATABASE,
    PASSWORD,
    USER,
    Server,
    Sql,
)

PROJECT = {
    "name": "probe",
    "version": "1.0",
    "profile": "probe",
    "flags": {"send_anonymous_usage_stats": False},
    "query-comment": {"comment": "dbt: {{ node.name if node else 'none' }}", "append": True},
    "models": {
        "+persist_docs": {"relation": True, "columns": True},
        "+query_tag": "probe",
        "+snowflake_warehouse": "TRANSFORM_WH",
        "+grants": {"select": ["REPORTER"]},
    },
}
FILES = {
    "models/stg_orders.sql": """{{ config(materialized='view') }}
        with source as (select * from {{ ref('raw_orders') }})
        select id as order_id, customer, amount::number(10, 2) as amount, day::date as day, updated from source""",
    "models/fact_orders.sql": """{{ config(
        materialized='incremental', unique_key='order_id', incremental_strategy='merge') }}
        select order_id, amount, day from {{ ref('stg_orders') }}
        {% if is_incremental() %} where day >= (select max(day) from {{ this }}) {% endif %}""",
    "models/daily.sql": """{{ config(
        materialized='incremental', unique_key='day', incremental_strategy='delete+insert') }}
        select day, sum(amount) as revenue from {{ ref('stg_orders') }} group by day""",
    "models/mart.sql": """{{ config(materialized='table', contract={'enforced': true}) }}
        select customer, count(*)::number(38, 0) as orders, sum(amount)::number(38, 2) as revenue
        from {{ ref('stg_orders') }} group by customer""",
    "models/models.yml": """
models:
  - name: stg_orders
    description: "It's a view: $$ and \\"quotes\\""
    columns: [{name: order_id, description: "The order's key", data_tests: [unique, not_null]}]
  - name: mart
    description: One row per customer.
    columns:
      - {name: customer, data_type: varchar, description: "Who's who", constraints: [{type: not_null}]}
      - {name: orders, data_type: "number(38,0)"}
      - {name: revenue, data_type: "number(38,2)", data_tests: [not_null]}
  - name: fact_orders
    columns:
      - name: order_id
        data_tests: [{relationships: {arguments: {to: ref('stg_orders'), field: order_id}}}]
unit_tests:
  - name: mart_adds_up
    model: mart
    given:
      - input: ref('stg_orders')
        rows: [{customer: a, amount: 1.10}, {customer: a, amount: 2.20}]
    expect:
      rows: [{customer: a, orders: 2, revenue: 3.30}]
""",
    "snapshots/snap.yml": """
snapshots:
  - name: snap_orders
    relation: ref('raw_orders')
    config: {unique_key: id, strategy: check, check_cols: [customer, amount], hard_deletes: new_record}
""",
    "seeds/raw_orders.csv": "id,customer,amount,day,updated\n1,a,1.10,2026-01-01,2026-01-01 10:00:00\n"
    "2,b,2.20,2026-01-02,2026-01-02 10:00:00\n3,b,3.30,2026-01-02,\n",
    "tests/positive.sql": "select * from {{ ref('stg_orders') }} where amount <= 0",
}


class Project:
    def __init__(self, folder: Path, port: int, schema: str) -> None:
        self.folder = folder
        target = {
            "type": "snowflake",
            "account": "local",
            "user": USER,
            "password": PASSWORD,
            "host": "127.0.0.1",
            "port": port,
            "protocol": "http",
            "database": DATABASE,
            "schema": schema,
            "warehouse": "TRANSFORM_WH",
            "role": "ACCOUNTADMIN",
            "threads": 4,
        }
        (folder / "profiles.yml").write_text(yaml.safe_dump({"probe": {"target": "x", "outputs": {"x": target}}}))
        (folder / "dbt_project.yml").write_text(yaml.safe_dump(PROJECT))
        for name, content in FILES.items():
            self.write(name, content)

    def write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def dbt(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments]
        environment = os.environ | {"DBT_PROFILES_DIR": str(self.folder)}
        result = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout[-6000:]
        return result.stdout


@pytest.fixture
def project(tmp_path: Path, server: Server, schema: str) -> Project:
    return Project(tmp_path, server.port, schema)


@pytest.mark.slow
def test_build(project: Project, sql: Sql) -> None:
    assert "ERROR=0" in project.dbt("build", "--exclude", "test_type:generic")
    assert sql.one("SELECT SUM(revenue) FROM mart") == Decimal("6.60")


@pytest.mark.slow
def test_build_twice(project: Project, sql: Sql) -> None:
    assert "ERROR=0" in project.dbt("build")
    assert sql("SELECT * FROM mart ORDER BY 1") == [("a", 1, Decimal("1.10")), ("b", 2, Decimal("5.50"))]
    changed = (
        FILES["seeds/raw_orders.csv"]
        .replace("3,b,3.30", "3,b,9.90")
        .replace("1,a,1.10,2026-01-01,2026-01-01 10:00:00\n", "")
    )
    project.write("seeds/raw_orders.csv", changed)
    assert "ERROR=0" in project.dbt("build", "--exclude", "test_type:generic,fact_orders")
    assert sql("SELECT order_id, amount FROM fact_orders ORDER BY 1")[-1] == (3, Decimal("9.90"))
    assert sql("SELECT day::VARCHAR, revenue FROM daily ORDER BY 1")[-1] == ("2026-01-02", Decimal("12.10"))
    assert sql(
        "SELECT id, dbt_is_deleted, COUNT_IF(dbt_valid_to IS NULL), COUNT(*) FROM snap_orders"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [(1, "False", 0, 1), (1, "True", 1, 1), (2, "False", 1, 1), (3, "False", 1, 2)]


@pytest.mark.slow
def test_docs(project: Project) -> None:
    project.dbt("build")
    project.dbt("docs", "generate")
    import json

    catalog = json.loads((project.folder / "target/catalog.json").read_text())
    view = catalog["nodes"]["model.probe.stg_orders"]
    assert view["metadata"]["type"] == "VIEW"
    assert view["columns"]["ORDER_ID"]["comment"] == "The order's key"
    assert catalog["nodes"]["model.probe.mart"]["metadata"]["comment"] == "One row per customer."
