"""SQL functions: what Snowflake answers."""

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import Sql

DAY, MOMENT = dt.date, dt.datetime

EXPRESSIONS: list[tuple[str, Any]] = [
    ("MD5_NUMBER_LOWER64('a')", 3585878926028121697),
    ("MD5_NUMBER_LOWER64('')", int.from_bytes(hashlib.md5(b"").digest()[8:], "big")),
    ("MD5_NUMBER_LOWER64(NULL)", None),
    ("DATE_PART(EPOCH_MICROSECOND, '0001-01-01 00:00:00.000001'::TIMESTAMP_NTZ)", -62135596799999999),
    ("DATE_PART(EPOCH_MICROSECOND, '9999-12-31 23:59:59.999999'::TIMESTAMP_NTZ)", 253402300799999999),
    ("DATE_PART('epoch_second', '2024-01-01'::TIMESTAMP_NTZ)", 1704067200),
    ("LENGTH('é漢🛒')", 3),
    ("CHR(31)", "\x1f"),
    ("SPLIT_PART('raw/orders/2026-01-05/x.csv', '/', -2)", "2026-01-05"),
    ("12.50::NUMBER(10,2)::VARCHAR", "12.50"),
    ("TRUE::VARCHAR", "true"),
    ("FALSE::VARCHAR", "false"),
    ("7::VARCHAR", "7"),
    ("'2024-02-03'::DATE::VARCHAR", "2024-02-03"),
    ("TO_CHAR('2024-02-03'::DATE, 'YYYYMMDD')", "20240203"),
    ("TO_CHAR('0001-02-03'::DATE, 'YYYY-MM-DD')", "0001-02-03"),
    ("TO_CHAR('2024-02-03 04:05:06.7'::TIMESTAMP_NTZ, 'YYYY-MM-DD HH24:MI:SS.FF6')", "2024-02-03 04:05:06.700000"),
    ("TO_VARCHAR('2024-02-03'::DATE, 'MON YYYY')", "Feb 2024"),
    ("TO_DATE('2024-02-03')", DAY(2024, 2, 3)),
    ("TO_DATE('20240203', 'YYYYMMDD')", DAY(2024, 2, 3)),
    ("TRY_TO_DATE('x')", None),
    ("DATEADD(day, 1, '2024-02-28'::DATE)", DAY(2024, 2, 29)),
    ("DATEADD(month, 1, '2024-01-31'::DATE)", DAY(2024, 2, 29)),
    ("DATEADD(day, 1::NUMBER, '2024-02-28'::DATE)", DAY(2024, 2, 29)),
    ("DATEADD(second, -1, '2024-01-01'::TIMESTAMP_NTZ)", MOMENT(2023, 12, 31, 23, 59, 59)),
    ("DATEADD(day, 1, '2024-02-28 10:00:00'::TIMESTAMP_NTZ)", MOMENT(2024, 2, 29, 10)),
    ("DATEADD(hour, 1, '2024-02-28'::DATE)", MOMENT(2024, 2, 28, 1)),
    ("DATEDIFF(day, '2024-01-01 23:59:59'::TIMESTAMP_NTZ, '2024-01-02 00:00:00'::TIMESTAMP_NTZ)", 1),
    ("DATEDIFF(month, '2024-01-31'::DATE, '2024-02-01'::DATE)", 1),
    ("DATEDIFF(week, '2024-01-07'::DATE, '2024-01-08'::DATE)", 1),
    ("DATEDIFF(hour, '2024-01-01 00:59:59'::TIMESTAMP_NTZ, '2024-01-01 01:00:00'::TIMESTAMP_NTZ)", 1),
    ("DATEDIFF(second, '2024-01-01'::TIMESTAMP_NTZ, '2024-01-02'::TIMESTAMP_NTZ)", 86400),
    ("DATE_TRUNC('month', '2024-02-28'::DATE)", DAY(2024, 2, 1)),
    ("DATE_TRUNC('week', '2024-02-28 10:00:00'::TIMESTAMP_NTZ)", MOMENT(2024, 2, 26)),
    ("LAST_DAY('2024-02-03'::DATE)", DAY(2024, 2, 29)),
    ("ADD_MONTHS('2024-02-29'::DATE, 1)", DAY(2024, 3, 31)),
    ("ADD_MONTHS('2024-02-28'::DATE, 1)", DAY(2024, 3, 28)),
    ("DAYOFWEEKISO('2024-02-25'::DATE)", 7),
    ("'2024-02-28'::DATE + 1", DAY(2024, 2, 29)),
    ("'2024-02-28'::DATE - '2024-02-01'::DATE", 27),
    ("IFF(1 = 1, 'a', 'b')", "a"),
    ("NVL(NULL, 'x')", "x"),
    ("DIV0(1, 0)", 0),
    ("ZEROIFNULL(NULL)", 0),
    ("SQUARE(3)", 9),
    ("ROUND(2.345::NUMBER(10,3), 2)", Decimal("2.35")),
    ("GREATEST(1, NULL, 3)", None),
    ("LEAST(2, 1)", 1),
    ("REGEXP_LIKE('abc', 'ab')", False),
    ("REGEXP_SUBSTR('a12b34', '[0-9]+')", "12"),
    ("'ABC' ILIKE 'a%'", True),
    ("TRY_CAST('x' AS NUMBER(10,2))", None),
    ("TRY_CAST('x' AS TIMESTAMP_NTZ)", None),
    ("TRY_TO_NUMBER('12')", 12),
    ('PARSE_JSON(\'{"a": {"b": "x"}}\'):a:b::VARCHAR', "x"),
    ("GET(PARSE_JSON('{\"k\": \"v\"}'), 'k')::STRING", "v"),
    ("PARSE_JSON('{\"a\": 5}'):a::NUMBER", 5),
    ("PARSE_JSON('{\"a\": null}'):a IS NULL", False),
    ("IS_NULL_VALUE(PARSE_JSON('{\"a\": null}'):a)", True),
    ("PARSE_JSON('{}'):a IS NULL", True),
    ("PARSE_JSON('{\"a\": null}'):a::VARCHAR", None),
    ("TYPEOF(PARSE_JSON('[1]'))", "ARRAY"),
    ("TYPEOF(PARSE_JSON('1'))", "INTEGER"),
    ("TYPEOF(PARSE_JSON('\"x\"'))", "VARCHAR"),
    ("'C:\\\\temp'", "C:\\temp"),
    ("'it''s'", "it's"),
    ("CURRENT_ROLE()", "ACCOUNTADMIN"),
    ("CURRENT_DATABASE()", "SHOPSTREAM_DWH"),
    ("(99999999999999999999999999999999999998::NUMBER(38,0) + 1)::VARCHAR", "9" * 38),
    ("7 % 3", 1),
    ("EQUAL_NULL(NULL, NULL)", True),
    ("CONCAT_WS('|', 'a', 'b')", "a|b"),
    ("TO_BOOLEAN('t')", True),
    ("'x' || NULL", None),
    ("0.1::NUMBER(10,1) + 0.2::NUMBER(10,1)", Decimal("0.3")),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_expression(shared_sql: Sql, expression: str, expected: Any) -> None:
    found = shared_sql.one(f"SELECT {expression}")
    assert found == expected
    assert type(found) is type(expected) or isinstance(found, int | float)


def test_column_types_decide_about_dates(sql: Sql) -> None:
    sql("CREATE TABLE t AS SELECT '2024-01-31'::DATE AS d, '2024-01-31 10:00:00'::TIMESTAMP_NTZ AS ts")
    assert sql("SELECT DATEADD(month, 1, d), DATEADD(month, 1, ts), DATE_TRUNC(year, d), ADD_MONTHS(d, 1) FROM t") == [
        (dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 10), dt.date(2024, 1, 1), dt.date(2024, 2, 29))
    ]


def test_sums_are_exact(sql: Sql) -> None:
    sql("CREATE TABLE t (n NUMBER(10,2), big NUMBER(38,0), text VARCHAR)")
    sql("INSERT INTO t SELECT 0.1, 10000000000000000000, 'x' || SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 1000))")
    expected = sum(int.from_bytes(hashlib.md5(f"x{number}".encode()).digest()[8:], "big") for number in range(1000))
    assert sql("SELECT SUM(n), SUM(big), SUM(MD5_NUMBER_LOWER64(text)) FROM t") == [
        (Decimal("100.00"), 10**22, expected)
    ]
    sql("CREATE TABLE log (checksum NUMBER(38,0))")
    sql("INSERT INTO log SELECT SUM(MD5_NUMBER_LOWER64(text)) FROM t")
    assert sql.one("SELECT checksum FROM log") == expected


def test_aggregates_and_windows(sql: Sql) -> None:
    sql("CREATE TABLE t (g VARCHAR, n INT)")
    sql("INSERT INTO t VALUES ('a', 1), ('a', 2), ('b', 3), ('b', 4), ('b', NULL)")
    assert sql(
        "SELECT g, COUNT_IF(n > 1), COUNT(DISTINCT n), MEDIAN(n), LISTAGG(n, '-') WITHIN GROUP (ORDER BY n DESC),"
        " MIN(n), MAX(n) FROM t GROUP BY g ORDER BY g"
    ) == [("a", 1, 2, 1.5, "2-1", 1, 2), ("b", 2, 2, 3.5, "4-3", 3, 4)]
    assert sql(
        "SELECT n, NTILE(2) OVER (ORDER BY n), RANK() OVER (ORDER BY g), LAG(n) OVER (ORDER BY n),"
        " SUM(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),"
        " CONDITIONAL_TRUE_EVENT(n > 1) OVER (ORDER BY n), RATIO_TO_REPORT(n) OVER ()"
        " FROM t WHERE n IS NOT NULL QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY n) = 1 ORDER BY n"
    ) == [(1, 1, 1, None, 1, 0, 0.1), (3, 2, 3, 2, 6, 2, 0.3)]


def test_nulls_sort_last(sql: Sql) -> None:
    assert sql("SELECT $1 FROM VALUES (1), (NULL), (2) ORDER BY 1") == [(1,), (2,), (None,)]
    assert sql("SELECT column1 FROM (VALUES (1), (NULL), (2)) ORDER BY 1 DESC") == [(None,), (2,), (1,)]


def test_division_by_zero_is_an_error(sql: Sql) -> None:
    sql("CREATE TABLE t AS SELECT 1 AS a, 0 AS b")
    sql.fails("SELECT a / b FROM t", "Division by zero")
    assert sql.one("SELECT a / NULLIF(b, 0) FROM t") is None


def test_a_number_format_that_is_not_known_is_refused(sql: Sql) -> None:
    sql.fails("SELECT TO_CHAR(1234.5, '9,999.00')", "TO_CHAR")


def test_flatten(sql: Sql) -> None:
    sql('CREATE TABLE t AS SELECT 1 AS id, PARSE_JSON(\'{"tags": ["a", "b"]}\') AS v')
    assert sql("SELECT id, f.value::VARCHAR FROM t, LATERAL FLATTEN(input => v:tags) f ORDER BY 2") == [
        (1, "a"),
        (1, "b"),
    ]


def test_arguments_of_flatten_that_would_be_ignored_are_refused(sql: Sql) -> None:
    for argument in ("path => 'a'", "recursive => TRUE", "mode => 'ARRAY'"):
        sql.fails(f"SELECT * FROM TABLE(FLATTEN(input => PARSE_JSON('{{}}'), {argument}))", "FLATTEN with")


def test_clock(sql: Sql) -> None:
    now, moment = sql("SELECT SYSDATE(), CURRENT_TIMESTAMP()")[0]
    assert abs(now - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(seconds=30)
    assert moment.utcoffset() == dt.timedelta(0)
    assert sql.one("SELECT LENGTH(UUID_STRING())") == 36
