"""Window functions."""

# ruff: noqa: E501 - a statement and its result side by side

from decimal import Decimal as D

from shopstream_platform.certify.cases.case import Case, after

F = "sql-reference/functions/"
FRAMES = "sql-reference/functions-window-syntax"
TABLE = (
    "CREATE TABLE w (id INT, g VARCHAR, n INT, amount NUMBER(10,2), seen TIMESTAMP_NTZ)",
    "INSERT INTO w VALUES (1, 'a', 10, 1.50, '2024-01-01 10:00:00'), (2, 'a', 20, 2.50, '2024-01-01 10:10:00'),"
    " (3, 'a', NULL, 4.00, '2024-01-01 11:30:00'), (4, 'b', 20, 2.00, '2024-01-02 00:00:00')",
)


def ask(page: str, expression: str, *values: object, differs: str = "") -> Case:
    """One window expression, for the rows in the order of id."""
    return Case(F + page, f"SELECT {expression} FROM w ORDER BY id", [(value,) for value in values], differs=differs)


CASES = after(
    TABLE,
    ask("row_number", "ROW_NUMBER() OVER (PARTITION BY g ORDER BY id DESC)", 3, 2, 1, 1),
    ask("rank", "RANK() OVER (ORDER BY g)", 1, 1, 1, 4),
    ask("dense_rank", "DENSE_RANK() OVER (ORDER BY g)", 1, 1, 1, 2),
    ask("percent_rank", "PERCENT_RANK() OVER (ORDER BY id)", 0.0, 1 / 3, 2 / 3, 1.0),
    ask("cume_dist", "CUME_DIST() OVER (ORDER BY id)", 0.25, 0.5, 0.75, 1.0),
    ask("ntile", "NTILE(3) OVER (ORDER BY id)", 1, 1, 2, 3),
    ask("lag", "LAG(n) OVER (ORDER BY id)", None, 10, 20, None),
    ask("lag", "LAG(n, 2, 0) OVER (ORDER BY id)", 0, 0, 10, 20),
    ask("lag", "LAG(n) IGNORE NULLS OVER (ORDER BY id)", None, 10, 20, 20),
    ask("lead", "LEAD(id) OVER (PARTITION BY g ORDER BY id)", 2, 3, None, None),
    ask("first_value", "FIRST_VALUE(n) OVER (PARTITION BY g ORDER BY id)", 10, 10, 10, 20),
    ask("last_value", "LAST_VALUE(id) OVER (PARTITION BY g ORDER BY id)", 3, 3, 3, 4),
    ask("last_value", "LAST_VALUE(n) IGNORE NULLS OVER (PARTITION BY g ORDER BY id)", 20, 20, 20, 20),
    ask("last_value", "LAST_VALUE(id) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", 1, 2, 3, 4),
    ask("nth_value", "NTH_VALUE(id, 2) OVER (PARTITION BY g ORDER BY id)", 2, 2, 2, None),
    ask("sum", "SUM(amount) OVER (ORDER BY id)", D("1.50"), D("4.00"), D("8.00"), D("10.00")),
    ask("sum", "SUM(amount) OVER (PARTITION BY g)", D("8.00"), D("8.00"), D("8.00"), D("2.00")),
    ask("sum", "SUM(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", 10, 30, 20, 20),
    ask("sum", "SUM(n) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)", None, 10, 30, 30),
    ask("sum", "SUM(n) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", 10, 30, 30, 50),
    ask("sum", "SUM(n) OVER ()", 50, 50, 50, 50),
    ask("count", "COUNT(n) OVER (PARTITION BY g)", 2, 2, 2, 1),
    ask("max", "MAX(n) OVER (ORDER BY id)", 10, 20, 20, 20),
    ask("avg", "(AVG(amount) OVER (PARTITION BY g))::NUMBER(10,2)", D("2.67"), D("2.67"), D("2.67"), D("2.00")),
    ask("median", "(MEDIAN(amount) OVER (PARTITION BY g))::NUMBER(10,2)", D("2.50"), D("2.50"), D("2.50"), D("2.00")),
    ask("count_if", "COUNT_IF(n > 10) OVER (PARTITION BY g)", 1, 1, 1, 1),
    ask("conditional_true_event", "CONDITIONAL_TRUE_EVENT(n >= 20) OVER (ORDER BY id)", 0, 1, 1, 2),
    ask("conditional_change_event", "CONDITIONAL_CHANGE_EVENT(g) OVER (ORDER BY id)", 0, 0, 0, 1, differs="not there at all"),
    ask("ratio_to_report", "(RATIO_TO_REPORT(amount) OVER ())::NUMBER(10,4)", D("0.1500"), D("0.2500"), D("0.4000"), D("0.2000")),
    ask("listagg", "LISTAGG(id, '-') WITHIN GROUP (ORDER BY id) OVER (PARTITION BY g)", "1-2-3", "1-2-3", "1-2-3", "4"),
    ask("boolor_agg", "BOOLOR_AGG(n = 10) OVER (PARTITION BY g)", True, True, True, False),
    ask("width_bucket", "WIDTH_BUCKET(amount, 0, 5, 5)", 2, 3, 5, 3),
    Case("sql-reference/constructs/qualify", "SELECT id FROM w QUALIFY ROW_NUMBER() OVER (PARTITION BY g ORDER BY id) = 1 ORDER BY id", [(1,), (4,)]),
    Case("sql-reference/constructs/qualify", "SELECT id, ROW_NUMBER() OVER (PARTITION BY g ORDER BY id DESC) AS r FROM w QUALIFY r = 1 ORDER BY id",
         [(3, 1), (4, 1)]),
    Case("sql-reference/constructs/qualify", "SELECT g, SUM(n) FROM w GROUP BY g QUALIFY RANK() OVER (ORDER BY SUM(n) DESC) = 1", [("a", 30)]),
    Case(FRAMES, "WITH gaps AS (SELECT *, DATEDIFF(minute, LAG(seen) OVER (PARTITION BY g ORDER BY seen), seen) AS gap FROM w)"
         " SELECT id, SUM(IFF(gap IS NULL OR gap > 30, 1, 0)) OVER (PARTITION BY g ORDER BY seen, id"
         " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM gaps ORDER BY id", [(1, 1), (2, 1), (3, 2), (4, 1)]),
)  # fmt: skip
