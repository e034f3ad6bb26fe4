"""Which statements have plans that last, and how many are kept."""

import pytest
from sqlglot import exp

from shopstream_platform.localsnow.plans import OVERHEAD, Key, Plan, Plans, lasts
from shopstream_platform.localsnow.transactions import Kind
from shopstream_platform.localsnow.upstream import Translated, parse_one


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a FROM t",
        "SELECT a FROM t UNION ALL SELECT b FROM u",
        "WITH q AS (SELECT 1 AS a) SELECT CURRENT_TIMESTAMP(), * FROM q",
        "(SELECT 1)",
        "SHOW OBJECTS IN SCHEMA s",
        "CREATE OR REPLACE TRANSIENT TABLE t AS (SELECT * FROM u)",
        "CREATE TABLE t (a VARCHAR(3) NOT NULL) AS SELECT b FROM u",
        "CREATE OR REPLACE VIEW v (a COMMENT 'x') COPY GRANTS AS SELECT b FROM u",
    ],
)
def test_plans_that_last(statement: str) -> None:
    assert lasts(parse_one(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CURRENT_ROLE()",
        "SELECT a FROM t WHERE b = (SELECT CURRENT_USER())",
        "SELECT CURRENT_SCHEMA() || 'x' AS a",
        "CREATE TABLE t AS SELECT CURRENT_WAREHOUSE() AS a",
        "CREATE TABLE t (a INT) AS SELECT * FROM u",
        "CREATE TABLE t (a INT, b INT) AS SELECT u.* FROM u",
        "CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a",
        "CREATE TEMPORARY TABLE t AS SELECT 1 AS a",
        "CREATE TABLE t (a INT)",
        "CREATE TABLE t CLONE u",
        "CREATE TABLE t LIKE u",
        "INSERT INTO t SELECT a FROM u",
        "DESCRIBE TABLE t",
        "USE SCHEMA s",
        "SET x = 1",
        "DROP TABLE t",
        "COMMENT ON TABLE t IS 'x'",
    ],
)
def test_plans_of_this_time_alone(statement: str) -> None:
    assert not lasts(parse_one(statement))


def key(text: str, schema: str = "S") -> Key:
    return Key(text, ("D", schema, True, True), frozenset())


def plan(query: str | None) -> Plan:
    return Plan(Kind.READ, 0, (Translated(exp.Var(this=query), None, None, query),), ())


def test_the_plans_used_last_are_kept() -> None:
    plans = Plans(40 * OVERHEAD)
    for number in range(100):
        plans.keep(key(f"SELECT {number}"), plan(f"SELECT {number}"))
        assert plans.get(key("SELECT 0"))
    assert 30 < len(plans) < 40
    assert plans.size <= 40 * OVERHEAD
    assert plans.get(key("SELECT 99"))
    assert not plans.get(key("SELECT 1"))
    assert not plans.get(key("SELECT 99", "OTHER"))
    assert (plans.made, plans.used) == (100, 101)


def test_a_plan_that_is_large_or_a_tree_is_not_kept() -> None:
    plans = Plans(40 * OVERHEAD)
    plans.keep(key("SELECT 'x'"), plan("x" * 40 * OVERHEAD))
    plans.keep(key("SELECT 1"), plan(None))
    assert len(plans) == plans.size == 0


def test_a_plan_that_two_made_counts_once() -> None:
    plans = Plans(40 * OVERHEAD)
    for _ in range(2):
        plans.keep(key("SELECT 1"), plan("SELECT 1"))
    assert len(plans) == 1
    assert OVERHEAD < plans.size < 2 * OVERHEAD


def test_none_is_kept_if_none_is_wanted() -> None:
    plans = Plans(0)
    plans.keep(key("SELECT 1"), plan("SELECT 1"))
    assert plans.get(key("SELECT 1")) is None
