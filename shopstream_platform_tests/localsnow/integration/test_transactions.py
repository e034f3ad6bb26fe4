"""Transactions and locks."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import Sql

Connect = Callable[..., Sql]


def test_rollback_and_commit(sql: Sql, connect: Connect) -> None:
    other = connect()
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    assert sql.one("SELECT count(*) FROM t") == 1
    assert other.one("SELECT count(*) FROM t") == 0
    sql("ROLLBACK")
    assert sql.one("SELECT count(*) FROM t") == 0
    sql("START TRANSACTION")
    sql("INSERT INTO t VALUES (2)")
    sql("COMMIT WORK")
    assert other("SELECT a FROM t") == [(2,)]
    sql("COMMIT")
    sql("ROLLBACK")


def test_the_connectors_own_methods(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t (a INT)")
    other = connect(autocommit=False)
    other("INSERT INTO t VALUES (1)")
    assert sql.one("SELECT count(*) FROM t") == 0
    other.connection.rollback()
    other("INSERT INTO t VALUES (2)")
    other.connection.commit()
    assert sql("SELECT a FROM t") == [(2,)]
    other.connection.autocommit(True)
    other("INSERT INTO t VALUES (3)")
    assert sql.one("SELECT count(*) FROM t") == 2


def test_close_rolls_back(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t (a INT)")
    other = connect()
    other("BEGIN")
    other("INSERT INTO t VALUES (1)")
    other.connection.close()
    assert sql.one("SELECT count(*) FROM t") == 0
    sql("UPDATE t SET a = 1")


def test_reads_before_the_first_change_are_fresh(sql: Sql, connect: Connect) -> None:
    other = connect()
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    assert sql.one("SELECT count(*) FROM t") == 0
    other("INSERT INTO t VALUES (1)")
    assert sql.one("SELECT count(*) FROM t") == 1
    sql("UPDATE t SET a = a + 1")
    sql("COMMIT")
    assert other("SELECT a FROM t") == [(2,)]


@pytest.mark.parametrize("explicit", [True, False])
def test_a_change_waits_for_the_lock_of_another_transaction(sql: Sql, connect: Connect, explicit: bool) -> None:
    sql("CREATE TABLE load_lock (name VARCHAR, taken INT)")
    sql("INSERT INTO load_lock VALUES ('orders', 0)")
    other = connect()
    sql("BEGIN")
    sql("UPDATE load_lock SET taken = taken + 1 WHERE name = 'orders'")

    def take() -> float:
        began = time.monotonic()
        if explicit:
            other("BEGIN")
        other("UPDATE load_lock SET taken = taken + 1 WHERE name = 'orders'")
        waited = time.monotonic() - began
        other("COMMIT")
        return waited

    with ThreadPoolExecutor() as pool:
        job = pool.submit(take)
        time.sleep(0.6)
        sql("COMMIT")
        assert job.result(10) > 0.5
    assert sql.one("SELECT taken FROM load_lock") == 2


def test_lock_timeout(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t AS SELECT 1 AS a")
    other = connect()
    other("ALTER SESSION SET LOCK_TIMEOUT = 1")
    sql("BEGIN")
    sql("UPDATE t SET a = 2")
    other("BEGIN")
    error = other.fails("UPDATE t SET a = 3", "LOCK_TIMEOUT")
    assert error.errno == 625
    other("ROLLBACK")
    sql("COMMIT")
    other("UPDATE t SET a = 3")
    assert sql.one("SELECT a FROM t") == 3


def test_a_client_that_went_away_in_mid_transaction_blocks_nobody_for_long(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t AS SELECT 1 AS a")
    gone = connect()
    gone("BEGIN")
    gone("UPDATE t SET a = 2")
    begin = time.monotonic()
    sql("UPDATE t SET a = 3")
    assert 3 < time.monotonic() - begin < 30
    gone.fails("COMMIT", "rolled back")
    assert sql.one("SELECT a FROM t") == 3


def test_a_conflict_later_in_a_transaction_rolls_back(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t AS SELECT 1 AS a")
    sql("CREATE TABLE u (a INT)")
    other = connect()
    other("BEGIN")
    other("INSERT INTO u VALUES (1)")
    sql("UPDATE t SET a = 2")
    other.fails("UPDATE t SET a = 3", "rolled back")
    other.fails("SELECT 1", "ROLLBACK")
    other.fails("COMMIT", "rolled back")
    assert other("SELECT (SELECT a FROM t), (SELECT count(*) FROM u)") == [(2, 0)]


@pytest.mark.parametrize(
    "bad", ["INSERT INTO t SELECT 'x'::INT", "SELECT * FROM missing", "INSERT INTO t VALUES (1, 2)"]
)
def test_an_error_does_not_lose_the_session(sql: Sql, bad: str) -> None:
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    sql.fails(bad)
    sql("ROLLBACK")
    assert sql.one("SELECT count(*) FROM t") == 0
    sql("BEGIN")
    sql("INSERT INTO t VALUES (2)")
    sql("COMMIT")
    assert sql("SELECT a FROM t") == [(2,)]


@pytest.mark.parametrize(
    ("statement", "number"),
    [("SELECT b FROM t", 904), ("UPDATE t SET a = b", 904), ("SELECT * FROM u", 2003), ("DESCRIBE TABLE u", 2003)],
)
def test_what_is_not_there_has_snowflakes_number(sql: Sql, statement: str, number: int) -> None:
    sql("CREATE TABLE t (a INT)")
    assert sql.fails(statement, "invalid identifier 'B'" if number == 904 else "").errno == number


def test_ddl_commits(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    sql("INSERT INTO t VALUES (1)")
    sql("CREATE TABLE u (a INT)")
    assert connect().one("SELECT count(*) FROM t") == 1


def test_loads_of_different_tables_run_side_by_side(sql: Sql, connect: Connect) -> None:
    for number in range(6):
        sql(f"CREATE TABLE t{number} (a INT)")
        sql(f"CREATE TABLE lock_of_t{number} AS SELECT 0 AS taken")
    all_inside = threading.Barrier(6, timeout=20)

    def load(number: int) -> None:
        session = connect()
        session("BEGIN")
        session(f"UPDATE lock_of_t{number} SET taken = 1")
        session(f"DELETE FROM t{number}")
        session(f"INSERT INTO t{number} SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 1000))")
        all_inside.wait()
        session("COMMIT")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(load, range(6)))
    assert sql.one("SELECT count(*) FROM t5") == 1000


@pytest.fixture
def held(sql: Sql, connect: Connect) -> Sql:
    """A session that has one second of patience, while another's transaction has updated the row 1 of T."""
    sql("CREATE TABLE t AS SELECT 1 AS a UNION ALL SELECT 2")
    other = connect()
    other("ALTER SESSION SET LOCK_TIMEOUT = 1")
    sql("BEGIN")
    sql("UPDATE t SET a = 10 WHERE a = 1")
    return other


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET a = 20 WHERE a = 2",
        "UPDATE t SET a = 20 WHERE FALSE",
        "DELETE FROM t WHERE a = 2",
        "MERGE INTO t USING (SELECT 3 AS a) AS s ON t.a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a)",
    ],
)
@pytest.mark.parametrize("explicit", [True, False])
def test_a_change_locks_the_whole_table(held: Sql, sql: Sql, change: str, explicit: bool) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#resource-locking"""
    if explicit:
        held("BEGIN")
    error = held.fails(change, r"has locked table 'T' in transaction .* this lock has not yet been released")
    assert (error.errno, error.sqlstate) == (625, "57014")
    sql("COMMIT")
    held(change)


def test_what_does_not_lock_does_not_wait(held: Sql, sql: Sql) -> None:
    held("INSERT INTO t VALUES (3)")
    held("CREATE TABLE u AS SELECT 1 AS a")
    held("UPDATE u SET a = 2")
    held("CREATE TEMPORARY TABLE t2 AS SELECT a FROM t")
    held("DELETE FROM t2")
    assert held("SELECT a FROM t ORDER BY a") == [(1,), (2,), (3,)]
    sql("COMMIT")
    assert held("SELECT a FROM t ORDER BY a") == [(2,), (3,), (10,)]


@pytest.mark.parametrize("end", ["ROLLBACK", "CREATE TABLE of_ddl (a INT)", None])
def test_every_end_of_a_transaction_frees_its_tables(held: Sql, sql: Sql, end: str | None) -> None:
    if end:
        sql(end)
    else:
        sql.connection.close()
    held("DELETE FROM t")


def test_a_statement_that_fails_frees_what_it_took(sql: Sql, connect: Connect) -> None:
    sql("CREATE TABLE t AS SELECT 'x' AS a")
    other = connect()
    other("ALTER SESSION SET LOCK_TIMEOUT = 1")
    sql.fails("UPDATE t SET a = 'y' WHERE a::INT = 1")
    other("UPDATE t SET a = 'z'")
    sql("BEGIN")
    sql.fails("UPDATE t SET a = 'y' WHERE a::INT = 1")
    other("UPDATE t SET a = 'z'")


def test_the_last_statement_of_a_deadlock_is_its_victim(sql: Sql, connect: Connect) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#deadlocks"""
    other = connect()
    sql("CREATE TABLE t AS SELECT 1 AS a")
    sql("CREATE TABLE u AS SELECT 1 AS a")
    sql("BEGIN")
    sql("UPDATE t SET a = 2")
    other("BEGIN")
    other("UPDATE u SET a = 3")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(sql, "UPDATE u SET a = 2")
        time.sleep(0.5)
        error = other.fails("UPDATE t SET a = 3", "deadlock")
        assert error.errno == 625
        # The transaction is left open, with its locks.
        assert not waiting.done()
        other("ROLLBACK")
        waiting.result(10)
    sql("COMMIT")
    assert sql("SELECT t.a, u.a FROM t, u") == [(2, 2)]


def test_parallel_ddl_in_one_schema(connect: Connect) -> None:
    def build(number: int) -> None:
        session = connect()
        for round_ in range(3):
            session(f"CREATE OR REPLACE TABLE m{number} (a VARCHAR({round_ + 1})) COMMENT = 'it''s {round_}'")
            session(f"CREATE OR REPLACE VIEW v{number} AS SELECT * FROM m{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(build, range(4)))
