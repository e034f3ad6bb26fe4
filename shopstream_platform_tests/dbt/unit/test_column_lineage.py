"""From which columns a column is made, by compiled SQL."""

import pytest

from shopstream_platform.dbt.column_lineage import ColumnLineage, Columns

ORDERS, FACT, MART = "source.shop.raw.orders", "model.shop.fact", "model.shop.mart"


def table(name: str, schema: str, *columns: str, kind: str = "model") -> dict[str, object]:
    """A node of a manifest."""
    known = {column: {"name": column} for column in columns}
    return {"resource_type": kind, "database": "dwh", "schema": schema, "name": name, "alias": name, "columns": known}


MANIFEST = {
    "nodes": {
        FACT: table("fact", "core", "order_id", "amount", "is_counted"),
        MART: table("mart", "marts", "day", "revenue"),
        "test.shop.unique": table("unique", "audit", kind="test"),
    },
    "sources": {ORDERS: table("orders", "raw", "id", "total", "status", kind="source") | {"identifier": "ORDERS"}},
}


def lineage(sql: str, of: str = FACT) -> Columns:
    return ColumnLineage(MANIFEST, {}).of(of, sql)


def test_through_ctes_joins_and_expressions() -> None:
    sql = """
        with paid as (select id, total, status = 'paid' as is_paid from DWH.RAW.ORDERS),
        summed as (select f.order_id, sum(iff(p.is_paid, p.total, 0)) as revenue
                   from dwh.core.fact as f left join paid as p on p.id = f.order_id group by 1)
        select order_id, revenue, revenue / nullif(count(*) over (), 0) as share, current_date() as day from summed
    """
    assert lineage(sql, MART) == {
        "order_id": [(FACT, "order_id")],
        "revenue": [(ORDERS, "status"), (ORDERS, "total")],
        "share": [(ORDERS, "status"), (ORDERS, "total")],
        "day": [],
    }


def test_a_star_is_the_declared_columns() -> None:
    assert lineage("select * from dwh.raw.orders") == {
        "id": [(ORDERS, "id")],
        "total": [(ORDERS, "total")],
        "status": [(ORDERS, "status")],
    }


def test_columns_of_a_source_that_yaml_does_not_list() -> None:
    bare = {**MANIFEST, "sources": {ORDERS: table("orders", "raw", kind="source")}}
    follow = ColumnLineage(bare, {"RAW.ORDERS": ["id", "total"]}).of
    assert follow(FACT, "select * from (select * from dwh.raw.orders) as o") == {
        "id": [(ORDERS, "id")],
        "total": [(ORDERS, "total")],
    }


def test_a_seed_is_a_table_like_others() -> None:
    seed = "seed.shop.targets"
    nodes = {**MANIFEST["nodes"], seed: table("targets", "core", "month", "target", kind="seed")}
    follow = ColumnLineage({**MANIFEST, "nodes": nodes}, {}).of
    assert follow(FACT, "select * from dwh.core.targets") == {"month": [(seed, "month")], "target": [(seed, "target")]}


def test_an_incremental_model_is_not_made_of_itself() -> None:
    sql = "select id as order_id from dwh.raw.orders union all select order_id from dwh.core.fact"
    assert lineage(sql) == {"order_id": [(ORDERS, "id")]}


@pytest.mark.parametrize(
    "sql",
    [
        "select (",
        "",
        "insert into t values (1)",
        "select x from dwh.core.elsewhere",
        'with q as (select count(*) from dwh.raw.orders union all select 1) select "COUNT(*)" as k from q',
    ],
)
def test_what_cannot_be_followed_names_nothing(sql: str) -> None:
    assert not any(lineage(sql).values())
