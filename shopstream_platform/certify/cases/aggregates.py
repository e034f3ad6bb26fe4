"""Aggregates."""

# ruff: noqa: E501 - a statement and its result side by side

from decimal import Decimal as D

from shopstream_platform.certify.cases.case import Case, Json, after

F = "sql-reference/functions/"
AVERAGE = "give DOUBLE"
TABLE = (
    "CREATE TABLE t (g VARCHAR, n INT, amount NUMBER(10,2), f FLOAT, s VARCHAR, ok BOOLEAN)",
    "INSERT INTO t VALUES ('a', 1, 0.10, 1.0, 'x', TRUE), ('a', 2, 0.20, 2.0, 'y', FALSE), ('b', 3, 0.30, 4.5, 'x', TRUE),"
    " ('b', 4, NULL, NULL, NULL, NULL), ('b', 4, 1.00, 0.5, 'z', TRUE)",
)


def ask(page: str, expression: str, expected: object, *, differs: str = "") -> Case:
    return Case(F + page, f"SELECT {expression} FROM t", expected, differs=differs)


def ask_of_no_rows(page: str, expression: str, expected: object) -> Case:
    return Case(F + page, f"SELECT {expression} FROM t WHERE g = 'none'", expected)


CASES = after(
    TABLE,
    ask("sum", "SUM(n)", 14),
    ask("sum", "SUM(amount)", D("1.60")),
    ask("sum", "SUM(f)", 8.0),
    ask("sum", "SUM(DISTINCT n)", 10),
    ask("sum", "SUM(IFF(ok, amount, 0))", D("1.40")),
    ask_of_no_rows("sum", "SUM(amount)", None),
    ask("count", "COUNT(*)", 5),
    ask("count", "COUNT(amount)", 4),
    ask("count", "COUNT(DISTINCT g)", 2),
    ask("count", "COUNT(DISTINCT g, n)", 4),
    ask_of_no_rows("count", "COUNT(*)", 0),
    ask("count_if", "COUNT_IF(n > 2)", 3),
    ask_of_no_rows("count_if", "COUNT_IF(n > 2)", 0),
    ask("avg", "AVG(n)::NUMBER(10,2)", D("2.80")),
    ask("avg", "AVG(f)", 2.0),
    ask("avg", "AVG(n)", D("2.800000"), differs=AVERAGE),
    ask("min", "MIN(amount)", D("0.10")),
    ask("max", "MAX(s)", "z"),
    ask_of_no_rows("max", "MAX(n)", None),
    ask("min_by", "MIN_BY(g, n)", "a"),
    ask("max_by", "MAX_BY(g, f)", "b"),
    ask("any_value", "ANY_VALUE(g) IN ('a', 'b')", True),
    ask("median", "MEDIAN(n)::NUMBER(10,1)", D("3.0")),
    ask("median", "MEDIAN(amount)::NUMBER(10,2)", D("0.25")),
    ask("median", "MEDIAN(f)", 1.5),
    ask("median", "MEDIAN(n)", D("3.000"), differs=AVERAGE),
    ask("percentile_cont", "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY f)", 1.5),
    ask("percentile_cont", "PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY n)::NUMBER(10,2)", D("2.00")),
    ask("percentile_disc", "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY n)", 3),
    ask("approx_percentile", "APPROX_PERCENTILE(f, 0.5) BETWEEN 1 AND 2", True),
    ask("mode", "MODE(n)", 4),
    ask("stddev", "STDDEV(f)::NUMBER(10,4)", D("1.7795")),
    ask("stddev_pop", "STDDEV_POP(f)::NUMBER(10,4)", D("1.5411")),
    ask("variance", "VARIANCE(f)::NUMBER(10,4)", D("3.1667")),
    ask("corr", "CORR(n, f)::NUMBER(10,4)", D("0.0725")),
    ask("approx_count_distinct", "APPROX_COUNT_DISTINCT(n)", 4),
    ask("listagg", "LISTAGG(s, ',') WITHIN GROUP (ORDER BY s)", "x,x,y,z"),
    ask("listagg", "LISTAGG(DISTINCT s, '-') WITHIN GROUP (ORDER BY s DESC)", "z-y-x"),
    ask("listagg", "LISTAGG(n) WITHIN GROUP (ORDER BY n)", "12344"),
    ask_of_no_rows("listagg", "LISTAGG(s, ',')", ""),
    ask_of_no_rows("listagg", "LISTAGG(s, ',') WITHIN GROUP (ORDER BY s)", ""),
    ask("array_agg", "ARRAY_AGG(n) WITHIN GROUP (ORDER BY n)", Json([1, 2, 3, 4, 4])),
    ask("array_agg", "ARRAY_SIZE(ARRAY_AGG(DISTINCT s))", 3),
    ask("array_agg", "ARRAY_AGG(s) WITHIN GROUP (ORDER BY s)", Json(["x", "x", "y", "z"])),
    ask_of_no_rows("array_agg", "ARRAY_AGG(n)", Json([])),
    ask("array_unique_agg", "ARRAY_SIZE(ARRAY_UNIQUE_AGG(s))", 3),
    Case(F + "object_agg", "SELECT OBJECT_AGG(n::VARCHAR, g) FROM t WHERE n < 4", Json({"1": "a", "2": "a", "3": "b"})),
    ask("boolor_agg", "BOOLOR_AGG(ok)", True),
    ask("booland_agg", "BOOLAND_AGG(ok)", False),
    ask("hash_agg", "HASH_AGG(n) = HASH_AGG(n)", True),
    ask("hash_agg", "HASH_AGG(*) = HASH_AGG(g, n, amount, f, s, ok)", True),
    # Of any order, and equal rows count.
    ask("hash_agg", "HASH_AGG(n) = (SELECT HASH_AGG(n) FROM (SELECT n FROM t ORDER BY n DESC))", True),
    ask("hash_agg", "HASH_AGG(n) = (SELECT HASH_AGG(n) FROM (SELECT DISTINCT n FROM t))", False),
    ask_of_no_rows("hash_agg", "HASH_AGG(n)", 0),
    ask("bitor_agg", "BITOR_AGG(n)", 7),
    ask("sum", "SUM(MD5_NUMBER_LOWER64(n::VARCHAR)) > 0", True),
    Case(F + "grouping", "SELECT g, COUNT(*), GROUPING(g) FROM t GROUP BY ROLLUP (g) ORDER BY 2, 1",
         [("a", 2, 0), ("b", 3, 0), (None, 5, 1)]),
    Case("sql-reference/constructs/group-by-grouping-sets", "SELECT g, s, COUNT(*) FROM t GROUP BY GROUPING SETS ((g), (s)) ORDER BY 1, 2",
         [("a", None, 2), ("b", None, 3), (None, "x", 2), (None, "y", 1), (None, "z", 1), (None, None, 1)]),
    Case("sql-reference/constructs/group-by", "SELECT g, SUM(n) FROM t GROUP BY ALL ORDER BY g", [("a", 3), ("b", 11)]),
    Case("sql-reference/constructs/group-by", "SELECT g AS grp, SUM(n) AS total FROM t GROUP BY grp HAVING total > 5", [("b", 11)]),
    Case("sql-reference/constructs/group-by", "SELECT g, SUM(n) FROM t GROUP BY 1 ORDER BY 2 DESC", [("b", 11), ("a", 3)]),
)  # fmt: skip
