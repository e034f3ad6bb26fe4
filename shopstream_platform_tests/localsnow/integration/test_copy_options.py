"""COPY INTO: its query, its options, its answer, and what it remembers; LIST."""

import datetime as dt

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import PLATFORM_CSV, Lake, Sql


def test_query_with_metadata(sql: Sql, lake: Lake) -> None:
    for day in ("2026-01-05", "2026-01-06"):
        lake.put(f"orders/{day}/orders.csv.gz", f"id,name\n1,{day}\n2,\n")
    sql("CREATE TABLE t (id INT, name VARCHAR, day DATE, file VARCHAR, row_number INT, upper_name VARCHAR)")
    results = sql(
        "COPY INTO t (id, name, day, file, row_number, upper_name) FROM (SELECT $1, t.$2,"
        " TO_DATE(SPLIT_PART(METADATA$FILENAME, '/', -2)), METADATA$FILENAME, METADATA$FILE_ROW_NUMBER, UPPER($2)"
        f" FROM @LAKE/orders/ t) FILES = ('2026-01-05/orders.csv.gz', '2026-01-06/orders.csv.gz') {PLATFORM_CSV}"
        " FORCE = TRUE"
    )
    key = f"{lake.prefix}/orders/2026-01-0{{}}/orders.csv.gz"
    assert [row[:5] for row in results] == [(key.format(day), "LOADED", 2, 2, 1) for day in (5, 6)]
    assert sql("SELECT * FROM t ORDER BY day, id") == [
        (1, "2026-01-05", dt.date(2026, 1, 5), key.format(5), 1, "2026-01-05"),
        (2, None, dt.date(2026, 1, 5), key.format(5), 2, None),
        (1, "2026-01-06", dt.date(2026, 1, 6), key.format(6), 1, "2026-01-06"),
        (2, None, dt.date(2026, 1, 6), key.format(6), 2, None),
    ]


def test_result_columns(sql: Sql, lake: Lake) -> None:
    lake.put("a.csv", "a\n1\n")
    sql("CREATE TABLE t (a INT)")
    cursor = sql.connection.cursor()
    cursor.execute(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert [column.name for column in cursor.description] == [
        "file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error",
        "first_error_line", "first_error_character", "first_error_column_name",
    ]  # fmt: skip


def test_load_history(sql: Sql, lake: Lake) -> None:
    copy = f"COPY INTO t FROM @LAKE {PLATFORM_CSV}"
    lake.put("a.csv", "a\n1\n")
    sql("CREATE TABLE t (a INT)")
    sql(copy)
    assert sql(copy) == [("Copy executed with 0 files processed.",)]
    lake.put("b.csv", "a\n2\n")
    assert [row[0].rpartition("/")[2] for row in sql(copy)] == ["b.csv"]
    lake.put("a.csv", "a\n3\n")
    sql(copy)
    sql(f"{copy} FORCE = TRUE")
    assert sql("SELECT a, count(*) FROM t GROUP BY 1 ORDER BY 1") == [(1, 1), (2, 2), (3, 2)]
    assert sql(f"COPY INTO t FROM @LAKE FILES = ('a.csv') {PLATFORM_CSV}")[0][1] == "LOAD_SKIPPED"


def test_a_rolled_back_load_is_not_remembered(sql: Sql, lake: Lake) -> None:
    lake.put("a.csv", "a\n1\n")
    sql("CREATE TABLE t (a INT)")
    sql("BEGIN")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    sql("ROLLBACK")
    assert sql.one("SELECT count(*) FROM t") == 0
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert sql.one("SELECT count(*) FROM t") == 1


def test_pattern_and_prefix(sql: Sql, lake: Lake) -> None:
    for name in ("x/a1.csv", "x/a2.csv", "x/b.csv", "x/a.json"):
        lake.put(name, "a\n1\n")
    sql("CREATE TABLE t (f VARCHAR)")
    sql(f"COPY INTO t FROM (SELECT METADATA$FILENAME FROM @LAKE/x/) PATTERN = '.*/a[0-9][.]csv' {PLATFORM_CSV}")
    assert sql("SELECT SPLIT_PART(f, '/', -1) FROM t ORDER BY 1") == [("a1.csv",), ("a2.csv",)]
    sql(f"COPY INTO t FROM (SELECT METADATA$FILENAME FROM @LAKE/x/b) {PLATFORM_CSV}")
    assert sql.one("SELECT count(*) FROM t") == 3


def test_snowflakes_own_defaults(sql: Sql, lake: Lake) -> None:
    """Without options a backslash escapes and \\N is NULL: leaving an option out must show in a test."""
    lake.put("t.csv", 'C:\\temp,\\N,"x"\na\\,b,,\\\\\n')
    sql("CREATE TABLE t (a VARCHAR, b VARCHAR, c VARCHAR)")
    sql("COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = CSV)")
    assert sorted(sql("SELECT * FROM t")) == [("C:\temp", None, '"x"'), ("a,b", None, "\\")]


@pytest.mark.parametrize(
    ("options", "content", "expected"),
    [
        ("SKIP_HEADER = 2", "h\nh\n1\n", ["1"]),
        (
            "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' NULL_IF = ('NULL', '')",
            'NULL\n"NULL"\n""\nx\n',
            [None, None, None, "x"],
        ),
        ("EMPTY_FIELD_AS_NULL = FALSE", "\nx\n", ["", "x"]),
        ("TRIM_SPACE = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '\"'", '  x \n  " y "  \n', ["x", " y "]),
        ("ESCAPE = '\\\\' FIELD_OPTIONALLY_ENCLOSED_BY = '\"'", '"a\\"b"\n', ['a"b']),
        ("ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ()", "a\\tb\n\\N\n", ["a\\tb", "\\N"]),
        ("SKIP_BLANK_LINES = TRUE", "x\n\ny\n", ["x", "y"]),
        ("FIELD_DELIMITER = '|'", "a,b\n", ["a,b"]),
        ("COMPRESSION = NONE", "x\n", ["x"]),
    ],
)
def test_format_options(sql: Sql, lake: Lake, options: str, content: str, expected: list[str | None]) -> None:
    lake.put("t.csv", content)
    sql("CREATE TABLE t (a VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = CSV {options})")
    assert sorted((row[0] for row in sql("SELECT a FROM t")), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "option",
    [
        "FILE_FORMAT = (TYPE = CSV NO_SUCH_OPTION = 1)",
        "FILE_FORMAT = (TYPE = XML)",
        "FILE_FORMAT = (TYPE = CSV STRIP_OUTER_ARRAY = TRUE)",
        "FILE_FORMAT = (TYPE = CSV ENCODING = 'ISO-8859-1')",
        "FILE_FORMAT = (TYPE = CSV DATE_FORMAT = 'DD/MM/YYYY')",
        "FILE_FORMAT = (TYPE = CSV COMPRESSION = BROTLI)",
        "FILE_FORMAT = (TYPE = CSV) SIZE_LIMIT = 10",
        "FILE_FORMAT = (TYPE = CSV) VALIDATION_MODE = RETURN_ERRORS",
    ],
)
def test_an_unknown_option_is_never_ignored(sql: Sql, lake: Lake, option: str) -> None:
    lake.put("t.csv", "1\n")
    sql("CREATE TABLE t (a VARCHAR)")
    sql.fails(f"COPY INTO t FROM @LAKE {option}")


def test_named_file_format(sql: Sql, lake: Lake) -> None:
    lake.put("t.csv", 'a\n"x,y"\n')
    sql("CREATE FILE FORMAT platform TYPE = CSV SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"'")
    sql("CREATE TABLE t (a VARCHAR)")
    sql("COPY INTO t FROM @LAKE FILE_FORMAT = (FORMAT_NAME = 'platform')")
    assert sql.one("SELECT a FROM t") == "x,y"


def test_on_error(sql: Sql, lake: Lake) -> None:
    lake.put("bad.csv", "a\n1\nx\n3\n")
    lake.put("good.csv", "a\n4\n")
    sql("CREATE TABLE t (a INT)")
    results = sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV} ON_ERROR = CONTINUE")
    assert [(row[1], row[2], row[3], row[5]) for row in results] == [("PARTIALLY_LOADED", 3, 2, 1), ("LOADED", 1, 1, 0)]
    sql("DELETE FROM t")
    results = sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV} ON_ERROR = SKIP_FILE FORCE = TRUE")
    assert {row[1] for row in results} == {"LOADED", "LOAD_FAILED"}
    assert sql("SELECT a FROM t") == [(4,)]


def test_list(sql: Sql, lake: Lake) -> None:
    key = lake.put("x/a.csv", "a\n1\n")
    lake.put("y.csv", "a\n1\n")
    ((name, size, md5, modified),) = sql("LIST @LAKE/x/")
    assert (name, size, len(md5)) == (f"s3://lake/{key}", 4, 32)
    assert modified.endswith("GMT")
    assert len(sql("LS @LAKE")) == 2
    assert sql("LIST @LAKE/none/") == []
