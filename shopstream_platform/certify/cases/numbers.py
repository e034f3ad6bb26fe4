"""Numbers: literals, arithmetic, rounding, casts."""

# ruff: noqa: E501 - a statement and its result side by side

import math
from decimal import Decimal as D

from shopstream_platform.certify.cases.case import Case, Error, expressions
from shopstream_platform.contract import residues
from shopstream_platform.contract.numbers import Whole

F = "sql-reference/functions/"
ARITHMETIC = "sql-reference/operators-arithmetic"
TYPES = "sql-reference/data-types-numeric"
DIVISION = "give DOUBLE"
# A row of a number, cents, NULL and the largest BIGINT; its number is Python's.
ROW = [
    Whole("(-7)::NUMBER(38,0)", 10**38),
    Whole("(1.25::NUMBER(10,2) * 100)::BIGINT", 10**10),
    Whole("NULL::NUMBER(38,0)", 10**38),
    Whole("9223372036854775807::NUMBER(38,0)", 10**38),
]
NUMBER, OF_ROW = residues.rows(ROW, None, "FROM (SELECT 1 AS one) AS t")

CASES = [
    Case(ARITHMETIC, f"SELECT SUM({NUMBER})::VARCHAR {OF_ROW}", "4275489220784169974"),
    *expressions(
        ARITHMETIC,
        ("1 + 2", 3),
        ("1.50 + 2", D("3.50")),
        ("1.25 - 0.5", D("0.75")),
        ("1.5 * 2.25", D("3.375")),
        ("-(3)", -3),
        ("7 % 3", 1),
        # As rows without text are summed up: contract/residues.py.
        ("(9223372036854775807 % 4611685739254517873)::BIGINT", 558345740061),
        ("((-1000000000000000000000000000000)::NUMBER(38,0) % 4611685739254517873)::BIGINT", -3444682093626134121),
        ("(2147483646::BIGINT * 2147483646 + 2147483578) % 2147483647", 2147483579),
        ("0.1::NUMBER(10,1) + 0.2::NUMBER(10,1)", D("0.3")),
        ("1::NUMBER / NULL", None),
        ("1.0::FLOAT / 4", 0.25),
        ("1 / 0", Error("Division by zero")),
        ("1.5::FLOAT / 0", Error("Division by zero")),
        ("10 / NULLIF(0, 0)", None),
        ("(10 / 4)::NUMBER(10,2)", D("2.50")),
        ("(564.93::NUMBER(10,2) / 2)::NUMBER(38,2)", D("282.47")),
        ("(0.285::NUMBER(10,3) / 1)::NUMBER(10,2)", D("0.29")),
        ("(1.005::NUMBER(10,3) / 1)::NUMBER(10,2)", D("1.01")),
        ("ROUND(2.675::NUMBER(10,3) / 1, 2)::NUMBER(10,2)", D("2.68")),
        ("COALESCE(0.285::NUMBER(10,3) / NULLIF(1, 0), 0)::NUMBER(10,2)", D("0.29")),
        ("IFF(TRUE, -0.285::NUMBER(10,3) / 1, 0)::NUMBER(10,2)", D("-0.29")),
        ("DIV0(0.285::NUMBER(10,3), 1)::NUMBER(10,2)", D("0.29")),
        ("(2::FLOAT / 3)::NUMBER(10,4)", D("0.6667")),
        ("(1 / 1.5)::NUMBER(10,4)", D("0.6667")),
        ("(10 / 3)::NUMBER(38,10)", D("3.3333330000")),
    ),
    *expressions(
        ARITHMETIC,
        ("1 / 3", D("0.333333")),
        ("2 / 3", D("0.666667")),
        ("10.00::NUMBER(10,2) / 3", D("3.33333333")),
        differs=DIVISION,
    ),
    *expressions(F + "mod", ("MOD(7, 3)", 1), ("MOD(-7, 3)", -1), ("MOD(7.5, 2)", D("1.5"))),
    *expressions(F + "abs", ("ABS(-2.50::NUMBER(10,2))", D("2.50")), ("ABS(NULL)", None)),
    *expressions(F + "sign", ("SIGN(-2.5)", -1), ("SIGN(0)", 0)),
    *expressions(F + "ceil", ("CEIL(1.2)", 2), ("CEIL(-1.8)", -1)),
    *expressions(F + "floor", ("FLOOR(1.8)", 1), ("FLOOR(-1.2)", -2)),
    *expressions(
        F + "round",
        ("ROUND(2.5)", 3),
        ("ROUND(-2.5)", -3),
        ("ROUND(2.345::NUMBER(10,3), 2)", D("2.35")),
        ("ROUND(-2.345::NUMBER(10,3), 2)", D("-2.35")),
        ("ROUND(1234, -2)", 1200),
        ("ROUND(2.5::FLOAT)", 3.0),
    ),
    *expressions(F + "trunc", ("TRUNC(2.789::NUMBER(10,3), 1)", D("2.7")), ("TRUNC(-2.7)", -2)),
    *expressions(F + "sqrt", ("SQRT(9)", 3.0)),
    *expressions(F + "square", ("SQUARE(3)", 9.0)),
    *expressions(F + "pow", ("POWER(2, 10)", 1024.0), ("POW(2, 0.5)", math.sqrt(2))),
    *expressions(F + "exp", ("EXP(1)", math.e)),
    *expressions(F + "ln", ("LN(10)", math.log(10))),
    *expressions(F + "log", ("LOG(10, 1000)", 3.0)),
    *expressions(
        F + "div0", ("DIV0(1, 0)::NUMBER(5,0)", 0), ("DIV0(1.0::FLOAT, 4)", 0.25), ("DIV0(NULL, 0)", None), ("DIV0(1, NULL)", None)
    ),
    *expressions(F + "div0null", ("DIV0NULL(1, NULL)::NUMBER(5,0)", 0), ("DIV0NULL(1, 0)::NUMBER(5,0)", 0)),
    *expressions(F + "width_bucket", ("WIDTH_BUCKET(290000, 200000, 600000, 4)", 1), ("WIDTH_BUCKET(5, 0, 10, 5)", 3),
                 ("WIDTH_BUCKET(-1, 0, 10, 5)", 0), ("WIDTH_BUCKET(10, 0, 10, 5)", 6)),
    *expressions(F + "greatest", ("GREATEST(1, 3, 2)", 3), ("GREATEST(1, NULL, 3)", None)),
    *expressions(F + "least", ("LEAST(2, 1)", 1), ("LEAST(2, NULL)", None)),
    *expressions(F + "greatest_ignore_nulls", ("GREATEST_IGNORE_NULLS(1, NULL, 3)", 3)),
    *expressions(F + "least_ignore_nulls", ("LEAST_IGNORE_NULLS(1, NULL, 3)", 1)),
    *expressions(F + "bitand", ("BITAND(6, 3)", 2)),
    *expressions(
        TYPES,
        ("12.50::NUMBER(10,2)", D("12.50")),
        ("12.345::NUMBER(10,2)", D("12.35")),
        ("12.345::NUMBER", 12),
        ("12.5::INT", 13),
        ("-12.5::INTEGER", -13),
        ("1e2", 100.0),
        ("99999999999999999999999999999999999998::NUMBER(38,0) + 1", 10**38 - 1),
        ("1000::NUMBER(3,0)", Error("1000")),
        ("1.5::DOUBLE", 1.5),
        ("1.25::DECIMAL(5,1)", D("1.3")),
        ("9223372036854775807::NUMBER(38,0) * 10", 92233720368547758070),
    ),
    *expressions(TYPES, ("9223372036854775808::INT", 9223372036854775808), differs="hold 64 bits"),
    *expressions(
        F + "to_decimal",
        ("TO_NUMBER('12')", 12),
        ("TO_NUMBER('12.56', 10, 1)", D("12.6")),
        ("TO_DECIMAL('12.5', 10, 2)", D("12.50")),
        ("TO_NUMBER('x')", Error("x")),
        ("'12.6'::NUMBER(10,1)", D("12.6")),
    ),
    *expressions(
        F + "try_to_decimal",
        ("TRY_TO_NUMBER('12')", 12),
        ("TRY_TO_NUMBER('x')", None),
        ("TRY_TO_DECIMAL('12.345', 10, 2)", D("12.35")),
        ("TRY_TO_NUMERIC('')", None),
    ),
    *expressions(F + "to_double", ("TO_DOUBLE('1.5')", 1.5)),
    *expressions(F + "try_to_double", ("TRY_TO_DOUBLE('1.5')", 1.5), ("TRY_TO_DOUBLE('x')", None)),
    *expressions(
        F + "try_cast",
        ("TRY_CAST('x' AS NUMBER(10,2))", None),
        ("TRY_CAST('1.239' AS NUMBER(10,2))", D("1.24")),
        ("TRY_CAST('x' AS INT)", None),
        ("TRY_CAST('x' AS TIMESTAMP_NTZ)", None),
        ("TRY_CAST('2024-02-30' AS DATE)", None),
        ("TRY_CAST('abc' AS BOOLEAN)", None),
    ),
    *expressions(
        F + "md5_number_lower64",
        ("MD5_NUMBER_LOWER64('a')", 3585878926028121697),
        ("MD5_NUMBER_LOWER64('Snowflake')", 9203306159527282910),
        ("MD5_NUMBER_LOWER64(NULL)", None),
    ),
    *expressions(F + "md5_number_upper64", ("MD5_NUMBER_UPPER64('Snowflake')", 17145559544104499780 )),
    *expressions(F + "hash", ("HASH('a') = HASH('a')", True), ("HASH(NULL) IS NULL", False), ("HASH(1, 'a') = HASH(1, 'b')", False)),
    *expressions(F + "uniform", ("UNIFORM(1, 1, RANDOM())", 1)),
]  # fmt: skip
