"""Conditions, NULLs and booleans."""

# ruff: noqa: E501 - a statement and its result side by side

from decimal import Decimal as D

from shopstream_platform.certify.cases.case import Error, expressions

F = "sql-reference/functions/"

CASES = [
    *expressions(F + "iff", ("IFF(1 = 1, 'a', 'b')", "a"), ("IFF(NULL, 1, 2)", 2)),
    *expressions(
        F + "case", ("CASE WHEN 1 = 2 THEN 'x' ELSE 'y' END", "y"), ("CASE 3 WHEN 3 THEN 1 END", 1),
        ("CASE WHEN FALSE THEN 1 END", None),
    ),
    *expressions(F + "coalesce", ("COALESCE(NULL, 2, 3)", 2), ("COALESCE(NULL, NULL)", None)),
    *expressions(F + "nvl", ("NVL(NULL, 'x')", "x"), ("IFNULL(1, 2)", 1)),
    *expressions(F + "nvl2", ("NVL2(NULL, 1, 2)", 2), ("NVL2(0, 1, 2)", 1)),
    *expressions(F + "nullif", ("NULLIF(1, 1)", None), ("NULLIF(1, 2)", 1), ("NULLIF('', '')", None)),
    *expressions(F + "zeroifnull", ("ZEROIFNULL(NULL)", 0), ("ZEROIFNULL(2.5)", D("2.5"))),
    *expressions(F + "nullifzero", ("NULLIFZERO(0)", None), ("NULLIFZERO(2)", 2)),
    *expressions(F + "decode", ("DECODE(2, 1, 'a', 2, 'b', 'c')", "b"), ("DECODE(NULL, NULL, 'n', 'x')", "n"),
                 ("DECODE(9, 1, 'a')", None)),
    *expressions(F + "equal_null", ("EQUAL_NULL(NULL, NULL)", True), ("EQUAL_NULL(1, NULL)", False)),
    *expressions(
        F + "is-distinct-from",
        ("1 IS DISTINCT FROM NULL", True),
        ("NULL IS NOT DISTINCT FROM NULL", True),
    ),
    *expressions(F + "is-null", ("NULL IS NULL", True), ("1 IS NOT NULL", True)),
    *expressions(F + "in", ("1 IN (1, 2)", True), ("3 NOT IN (1, 2)", True), ("3 IN (1, NULL)", None)),
    *expressions(F + "between", ("2 BETWEEN 1 AND 3", True), ("4 NOT BETWEEN 1 AND 3", True)),
    *expressions(
        "sql-reference/operators-logical",
        ("TRUE AND NULL", None), ("FALSE AND NULL", False), ("TRUE OR NULL", True), ("NOT FALSE", True),
    ),
    *expressions(
        "sql-reference/operators-comparison",
        ("1 <> 2", True), ("1 != 1", False), ("2 >= 2", True), ("1 < 2", True), ("2 <= 1", False), ("2 > 1", True),
        ("'a' = 'A'", False), ("NULL = NULL", None),
    ),
    *expressions(F + "boolor", ("BOOLOR(1, 0)", True), ("BOOLAND(1, 0)", False), ("BOOLXOR(1, 0)", True), ("BOOLNOT(0)", True)),
    *expressions(
        F + "to_boolean",
        ("TO_BOOLEAN('t')", True), ("TO_BOOLEAN('yes')", True), ("TO_BOOLEAN('off')", False), ("TO_BOOLEAN(0)", False),
        ("TO_BOOLEAN('x')", Error("x")), ("'true'::BOOLEAN", True), ("1::BOOLEAN", True), ("TRUE::INT", 1),
    ),
    *expressions(F + "try_to_boolean", ("TRY_TO_BOOLEAN('x')", None), ("TRY_TO_BOOLEAN('on')", True)),
]  # fmt: skip
