"""Clauses of a query."""

# ruff: noqa: E501 - a statement and its result side by side

from shopstream_platform.certify.cases.case import Case, Error, after

C = "sql-reference/constructs/"
F = "sql-reference/functions/"
OWN = "the name is the account's own"
TABLE = (
    "CREATE TABLE l (id INT, v VARCHAR)",
    "CREATE TABLE r (id INT, v VARCHAR)",
    "INSERT INTO l VALUES (1, 'a'), (2, 'b'), (3, NULL)",
    "INSERT INTO r VALUES (2, 'B'), (3, 'C'), (4, 'D')",
)

CASES = [
    *after(
        TABLE,
        Case(C + "join", "SELECT l.id, r.v FROM l INNER JOIN r ON l.id = r.id ORDER BY 1", [(2, "B"), (3, "C")]),
        Case(C + "join", "SELECT l.id, r.v FROM l LEFT JOIN r ON l.id = r.id ORDER BY 1", [(1, None), (2, "B"), (3, "C")]),
        Case(C + "join", "SELECT l.id FROM l LEFT OUTER JOIN r ON l.id = r.id WHERE r.id IS NULL", [(1,)]),
        Case(C + "join", "SELECT r.id, l.v FROM l RIGHT OUTER JOIN r ON l.id = r.id ORDER BY 1", [(2, "b"), (3, None), (4, None)]),
        Case(C + "join", "SELECT COALESCE(l.id, r.id) AS i FROM l FULL OUTER JOIN r ON l.id = r.id ORDER BY i", [(1,), (2,), (3,), (4,)]),
        Case(C + "join", "SELECT COUNT(*) FROM l CROSS JOIN r", 9),
        Case(C + "join", "SELECT id, r.v FROM l JOIN r USING (id) ORDER BY id", [(2, "B"), (3, "C")]),
        Case(C + "join", "SELECT COUNT(*) FROM l, r WHERE l.id < r.id", 6),
        Case(C + "join-lateral", "SELECT l.id, x.m FROM l, LATERAL (SELECT MAX(r.id) AS m FROM r WHERE r.id <= l.id) x ORDER BY 1",
             [(1, None), (2, 2), (3, 3)]),
        Case(C + "order-by", "SELECT v FROM l ORDER BY v", [("a",), ("b",), (None,)]),
        Case(C + "order-by", "SELECT v FROM l ORDER BY v DESC", [(None,), ("b",), ("a",)]),
        Case(C + "order-by", "SELECT v FROM l ORDER BY v DESC NULLS LAST", [("b",), ("a",), (None,)]),
        Case(C + "order-by", "SELECT v FROM l ORDER BY v ASC NULLS FIRST", [(None,), ("a",), ("b",)]),
        Case(C + "order-by", "SELECT id, v FROM l ORDER BY ALL LIMIT 1", [(1, "a")]),
        Case(C + "limit", "SELECT id FROM l ORDER BY id LIMIT 1 OFFSET 1", [(2,)]),
        Case(C + "limit", "SELECT id FROM l ORDER BY id FETCH FIRST 2 ROWS ONLY", [(1,), (2,)]),
        Case(C + "top_n", "SELECT TOP 1 id FROM l ORDER BY id DESC", [(3,)]),
        Case(C + "where", "SELECT id FROM l WHERE v IS NOT NULL AND id IN (SELECT id FROM r)", [(2,)]),
        Case(F + "in", "SELECT id FROM l WHERE id NOT IN (SELECT id FROM r)", [(1,)]),
        Case(F + "in", "SELECT id FROM l WHERE v NOT IN (SELECT v FROM r UNION ALL SELECT NULL)", []),
        Case(C + "where", "SELECT id FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.id = l.id) ORDER BY 1", [(2,), (3,)]),
        Case(C + "where", "SELECT id FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.id = l.id)", [(1,)]),
        Case(C + "where", "SELECT (SELECT MAX(id) FROM r) AS top", 4),
        Case(C + "where", "SELECT id AS key_of FROM l WHERE key_of = 2", 2),
        Case("sql-reference/sql/select", "SELECT DISTINCT v IS NULL AS missing FROM l ORDER BY 1", [(False,), (True,)]),
        Case("sql-reference/sql/select", "SELECT * EXCLUDE v FROM l ORDER BY 1", [(1,), (2,), (3,)]),
        Case("sql-reference/sql/select", "SELECT * EXCLUDE (v) RENAME (id AS key_of) FROM l WHERE id = 1", [(1,)]),
        Case("sql-reference/sql/select", "SELECT * REPLACE ('x' AS v) FROM l WHERE id = 1", [(1, "x")]),
        Case("sql-reference/sql/select", "SELECT * ILIKE 'I%' FROM l WHERE id = 1", [(1,)]),
        Case("sql-reference/sql/select", "SELECT id + 1 AS next_id, next_id * 2 AS twice FROM l WHERE id = 1", [(2, 4)]),
        Case("sql-reference/operators-query", "SELECT id FROM l UNION SELECT id FROM r ORDER BY 1", [(1,), (2,), (3,), (4,)]),
        Case("sql-reference/operators-query", "SELECT COUNT(*) FROM (SELECT id FROM l UNION ALL SELECT id FROM r)", 6),
        Case("sql-reference/operators-query", "SELECT id FROM l INTERSECT SELECT id FROM r ORDER BY 1", [(2,), (3,)]),
        Case("sql-reference/operators-query", "SELECT id FROM l EXCEPT SELECT id FROM r", [(1,)]),
        Case("sql-reference/operators-query", "SELECT id FROM l MINUS SELECT id FROM r", [(1,)]),
        Case(C + "with", "WITH a AS (SELECT id FROM l), b (n) AS (SELECT COUNT(*) FROM a) SELECT n FROM b", 3),
        Case(C + "with", "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n", 10),
        Case(C + "pivot", "SELECT * FROM (SELECT id, v FROM l WHERE v IS NOT NULL) PIVOT (MAX(id) FOR v IN ('a', 'b')) AS p (a, b)", [(1, 2)]),
        Case(C + "unpivot", "SELECT name, n FROM (SELECT 1 AS x, 2 AS y) UNPIVOT (n FOR name IN (x, y)) ORDER BY name", [("X", 1), ("Y", 2)]),
        Case(C + "sample", "SELECT COUNT(*) FROM l SAMPLE (100)", 3),
        Case("sql-reference/identifiers-syntax", 'SELECT ID AS "Mixed" FROM L WHERE "ID" = 1', 1),
        Case("sql-reference/identifiers-syntax", 'SELECT "id" FROM l', Error("(?i)id"), differs="Quoted names"),
        Case("sql-reference/identifiers-syntax", "SELECT nothing FROM l", Error("(?i)nothing")),
        Case(C + "asof-join", "SELECT l.id, r.v FROM l ASOF JOIN r MATCH_CONDITION (l.id >= r.id) ORDER BY 1", [(1, None), (2, "B"), (3, "C")],
             differs="not there at all"),
    ),
    Case(C + "values", "SELECT $1, $2 FROM VALUES (1, 'a'), (2, 'b') ORDER BY 1", [(1, "a"), (2, "b")]),
    Case(C + "values", "SELECT column1 AS n FROM VALUES (1), (2) AS t ORDER BY 1", [(1,), (2,)]),
    Case(C + "values", "SELECT t.a FROM (VALUES (1), (2)) AS t (a) ORDER BY 1", [(1,), (2,)]),
    Case(F + "generator", "SELECT COUNT(*), MIN(n), MAX(n) FROM (SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS n"
         " FROM TABLE(GENERATOR(ROWCOUNT => 366)))", [(366, 0, 365)]),
    Case(F + "seq1", "SELECT SEQ4() AS s FROM TABLE(GENERATOR(ROWCOUNT => 3)) ORDER BY 1", [(0,), (1,), (2,)]),
    Case(F + "generator", "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 5)) v", 5),
    Case(F + "random", "SELECT RANDOM() IS NOT NULL", True),
    Case("sql-reference/literals-table", "SELECT COUNT(*) FROM TABLE('INFORMATION_SCHEMA.SCHEMATA') WHERE schema_name = 'PUBLIC'", 1,
         differs="not there at all"),
    Case(F + "current_role", "SELECT CURRENT_ROLE()", "ACCOUNTADMIN"),
    Case(F + "current_secondary_roles", "SELECT CURRENT_SECONDARY_ROLES()", '{"roles":"","value":""}'),
    Case(F + "current_database", "SELECT CURRENT_DATABASE()", "SHOPSTREAM_DWH"),
    Case(F + "current_version", "SELECT CURRENT_VERSION() LIKE '%.%'", True),
    Case(F + "current_user", "SELECT CURRENT_USER()", "SHOPSTREAM", local=OWN),
    Case(F + "current_session", "SELECT LENGTH(CURRENT_SESSION()) > 0", True),
    Case(F + "current_account", "SELECT CURRENT_ACCOUNT()", "LOCAL", local=OWN),
]  # fmt: skip
