"""VARIANT, OBJECT and ARRAY."""

# ruff: noqa: E501 - a statement and its result side by side

import datetime as dt
from decimal import Decimal as D

from shopstream_platform.certify.cases.case import (
    Case,
    Error,
    Json,
    after,
    expressions,
)

F = "sql-reference/functions/"
QUERYING = "user-guide/querying-semistructured"
DOCUMENT = (
    """PARSE_JSON('{"a": {"b": "x"}, "n": 5, "f": 1.5, "t": true, "z": null, "l": ["p", "q"], "d": "2024-02-03"}')"""
)
TABLE = f"CREATE TABLE docs AS SELECT 1 AS id, {DOCUMENT} AS v UNION ALL SELECT 2, PARSE_JSON('{{\"l\": []}}')"

CASES = [
    *expressions(
        QUERYING,
        (f"{DOCUMENT}:a:b::VARCHAR", "x"), (f"{DOCUMENT}:a.b::STRING", "x"), (f"{DOCUMENT}['a']['b']::VARCHAR", "x"),
        (f"{DOCUMENT}:n::NUMBER", 5), (f"{DOCUMENT}:n::NUMBER(10,2)", D("5.00")), (f"{DOCUMENT}:f::FLOAT", 1.5),
        (f"{DOCUMENT}:t::BOOLEAN", True), (f"{DOCUMENT}:d::DATE", dt.date(2024, 2, 3)), (f"{DOCUMENT}:l[1]::VARCHAR", "q"),
        (f"{DOCUMENT}:l[9]::VARCHAR", None), (f"{DOCUMENT}:missing IS NULL", True), (f"{DOCUMENT}:z IS NULL", False),
        (f"{DOCUMENT}:z::VARCHAR", None), (f"{DOCUMENT}:a", Json({"b": "x"})), (f"{DOCUMENT}:a:b", Json("x")),
        (f"{DOCUMENT}:n::VARCHAR", "5"), (f"{DOCUMENT}:a::VARCHAR", '{"b":"x"}'),
        (f"{DOCUMENT}:a:b = 'x'", True), (f"{DOCUMENT}:a:b != 'y'", True), (f"{DOCUMENT}:a:b IN ('x', 'y')", True), (f"{DOCUMENT}:a:b NOT IN ('y')", True),
        (f"TRY_CAST({DOCUMENT}:a:b::VARCHAR AS NUMBER)", None), ("TRY_CAST(GET(PARSE_JSON('{\"k\": \"7\"}'), 'k')::VARCHAR AS NUMBER)", 7), (f"{DOCUMENT}:n = 5", True), (f"{DOCUMENT}:n > 4", True),
        (f"COALESCE({DOCUMENT}:a:b::VARCHAR, 'none')", "x"), (f"LOWER({DOCUMENT}:a:b)", "x"),
        (f"IFF({DOCUMENT}:t::BOOLEAN, 1, 0)", 1),
    ),
    *expressions(QUERYING, (f"{DOCUMENT}:n + 1", Json(6)), differs="Arithmetic on a VARIANT"),
    *expressions(F + "parse_json", ("PARSE_JSON('{\"a\": 1}')", Json({"a": 1})), ("PARSE_JSON('null')", Json(None)), ("PARSE_JSON(NULL)", None),
                 ("PARSE_JSON('{x')", Error("JSON")), ("PARSE_JSON('\"s\"')::VARCHAR", "s"), ("PARSE_JSON('12')::VARCHAR", "12")),
    *expressions(F + "try_parse_json", ("TRY_PARSE_JSON('{x')", None), ("TRY_PARSE_JSON('[1]')", Json([1]))),
    *expressions(F + "to_json", ("TO_JSON(PARSE_JSON('{\"a\": 1}'))", '{"a":1}'), ("TO_JSON(PARSE_JSON('\"x\"'))", '"x"')),
    *expressions(F + "to_variant", ("TO_VARIANT('x')::VARCHAR", "x"), ("TO_VARIANT(1)::NUMBER", 1), ("'x'::VARIANT::VARCHAR", "x")),
    *expressions(F + "get", ("GET(PARSE_JSON('{\"k\": \"v\"}'), 'k')::STRING", "v"), ("GET(PARSE_JSON('[1,2]'), 1)::NUMBER", 2)),
    *expressions(F + "get_path", ("GET_PATH(PARSE_JSON('{\"a\": {\"b\": \"c\"}}'), 'a.b')::STRING", "c")),
    *expressions(F + "object_construct", ("OBJECT_CONSTRUCT('a', 1, 'b', 'x')", Json({"a": 1, "b": "x"})), ("OBJECT_CONSTRUCT()", Json({})),
                 ("OBJECT_CONSTRUCT('a', NULL)", Json({}))),
    *expressions(F + "object_construct_keep_null", ("OBJECT_CONSTRUCT_KEEP_NULL('a', NULL)", Json({"a": None}))),
    *expressions(F + "object_keys", ("OBJECT_KEYS(OBJECT_CONSTRUCT('a', 1, 'b', 2))", Json(["a", "b"]))),
    *expressions(F + "object_insert", ("OBJECT_INSERT(OBJECT_CONSTRUCT('a', 1), 'b', 2)", Json({"a": 1, "b": 2})), differs="not there at all"),
    *expressions(F + "object_delete", ("OBJECT_DELETE(OBJECT_CONSTRUCT('a', 1, 'b', 2), 'b')", Json({"a": 1})), differs="not there at all"),
    *expressions(F + "array_construct", ("ARRAY_CONSTRUCT(1, 2)", Json([1, 2])), ("ARRAY_CONSTRUCT()", Json([])), ("[1, 2]", Json([1, 2]))),
    *expressions(F + "array_size", ("ARRAY_SIZE(ARRAY_CONSTRUCT(1, 2))", 2), ("ARRAY_SIZE(PARSE_JSON('[]'))", 0), ("ARRAY_SIZE(PARSE_JSON('{}'))", None)),
    *expressions(F + "array_contains", ("ARRAY_CONTAINS('a'::VARIANT, ARRAY_CONSTRUCT('a', 'b'))", True), ("ARRAY_CONTAINS(3, ARRAY_CONSTRUCT(1, 2))", False)),
    *expressions(F + "array_to_string", ("ARRAY_TO_STRING(ARRAY_CONSTRUCT('a', 'b'), '-')", "a-b")),
    *expressions(F + "array_cat", ("ARRAY_CAT(ARRAY_CONSTRUCT(1), ARRAY_CONSTRUCT(2))", Json([1, 2]))),
    *expressions(F + "array_append", ("ARRAY_APPEND(ARRAY_CONSTRUCT(1), 2)", Json([1, 2]))),
    *expressions(F + "array_slice", ("ARRAY_SLICE(ARRAY_CONSTRUCT(1, 2, 3), 0, 2)", Json([1, 2]))),
    *expressions(F + "array_distinct", ("ARRAY_SIZE(ARRAY_DISTINCT(ARRAY_CONSTRUCT(1, 1, 2)))", 2)),
    *expressions(F + "arrays_overlap", ("ARRAYS_OVERLAP(ARRAY_CONSTRUCT(1, 2), ARRAY_CONSTRUCT(2))", True)),
    *expressions(F + "split", ("SPLIT('a,b', ',')", Json(["a", "b"])), ("SPLIT('a,b', ',')[0]::VARCHAR", "a")),
    *expressions(F + "is_null_value", ("IS_NULL_VALUE(PARSE_JSON('{\"a\": null}'):a)", True)),
    *expressions(F + "typeof", ("TYPEOF(PARSE_JSON('[1]'))", "ARRAY"), ("TYPEOF(PARSE_JSON('1'))", "INTEGER"), ("TYPEOF(PARSE_JSON('\"x\"'))", "VARCHAR"),
                 ("TYPEOF(PARSE_JSON('{}'))", "OBJECT"), ("TYPEOF(PARSE_JSON('null'))", "NULL_VALUE"), ("TYPEOF(PARSE_JSON('true'))", "BOOLEAN"),
                 ("TYPEOF(PARSE_JSON('1.5'))", "DECIMAL")),
    *expressions(F + "is_array", ("IS_ARRAY(PARSE_JSON('[1]'))", True), ("IS_OBJECT(PARSE_JSON('[1]'))", False)),
    *expressions(F + "as_char-varchar", ("AS_VARCHAR(PARSE_JSON('\"x\"'))", "x"), ("AS_VARCHAR(PARSE_JSON('1'))", None), differs="not there at all"),
    *expressions(F + "strip_null_value", ("STRIP_NULL_VALUE(PARSE_JSON('{\"a\": null}'):a) IS NULL", True)),
    *after(
        (TABLE,),
        Case(F + "flatten", "SELECT id, f.index, f.value::VARCHAR FROM docs, LATERAL FLATTEN(input => v:l) f ORDER BY 2", [(1, 0, "p"), (1, 1, "q")]),
        Case(F + "flatten", "SELECT id, f.value::VARCHAR FROM docs d, LATERAL FLATTEN(input => d.v:l, outer => true) f ORDER BY 1, 2",
             [(1, "p"), (1, "q"), (2, None)]),
        Case(F + "flatten", "SELECT f.key, f.value::VARCHAR FROM docs, LATERAL FLATTEN(v:a) f", [("b", "x")]),
        Case(F + "flatten", "SELECT f.path FROM docs, LATERAL FLATTEN(input => v, path => 'l') f ORDER BY 1", [("l[0]",), ("l[1]",)], differs="`PATH`, `RECURSIVE`"),
        Case(F + "flatten", "SELECT value::VARCHAR FROM TABLE(FLATTEN(input => PARSE_JSON('[\"a\", \"b\"]'))) ORDER BY index", [("a",), ("b",)]),
        Case(QUERYING, "SELECT v:a:b::VARCHAR, v:n::NUMBER FROM docs ORDER BY id", [("x", 5), (None, None)]),
        Case(QUERYING, "SELECT id FROM docs WHERE v:a.b = 'x'", [(1,)]),
        Case(QUERYING, "SELECT id FROM docs WHERE v:n > 4", [(1,)]),
        Case(QUERYING, "SELECT v:a.b::VARCHAR AS b, COUNT(*) FROM docs GROUP BY 1 ORDER BY 1", [("x", 1), (None, 1)]),
        Case(QUERYING, 'SELECT v:"a":"b"::VARCHAR FROM docs WHERE id = 1', "x"),
        Case(QUERYING, "SELECT v:A FROM docs WHERE id = 1", None),
    ),
    *after(
        ("CREATE TABLE whole AS SELECT PARSE_JSON('\"s\"') AS v",),
        Case("sql-reference/data-types-semistructured", "SELECT v::VARCHAR FROM whole", "s", differs="keeps the quotes of a string"),
        Case("sql-reference/data-types-semistructured", "SELECT v = 's' FROM whole", True, differs="keeps the quotes of a string"),
        Case("sql-reference/data-types-semistructured", "SELECT LENGTH(v) FROM whole", 1, differs="keeps the quotes of a string"),
    ),
    *expressions("sql-reference/data-types-semistructured", ("PARSE_JSON('{\"n\": 12345678901234567890123}'):n::NUMBER(38,0)", 12345678901234567890123)),
]  # fmt: skip
