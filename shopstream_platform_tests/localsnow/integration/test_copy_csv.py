"""COPY INTO from CSV files."""

import csv
import datetime as dt
import hashlib
import io
import random

import pytest

from shopstream_platform_tests.localsnow.integration.conftest import PLATFORM_CSV, Lake, Sql


def platform_csv(*rows: tuple[str | None, ...], header: str | None = None) -> str:
    """Rows as PostgreSQL's COPY writes them: NULL is empty, an empty string is quoted."""
    names = header if header is not None else ",".join(f"c{number}" for number in range(len(rows[0])))
    lines = [",".join(_field(value) for value in row) for row in rows]
    return "\n".join([names, *lines]) + "\n"


def _field(value: str | None) -> str:
    if value is None:
        return ""
    special = value == "" or any(character in value for character in ',"\n\r') or value == "\\."
    return '"' + value.replace('"', '""') + '"' if special else value


def test_null_and_empty_string_stay_different(sql: Sql, lake: Lake) -> None:
    rows = [("", "x", None), (None, "", ""), ("", None, "y"), (None, None, None), ("", "", "")]
    lake.put("t.csv.gz", platform_csv(*rows))
    sql("CREATE TABLE t (a VARCHAR, b VARCHAR, c VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE/t.csv.gz {PLATFORM_CSV}")
    assert sorted(sql("SELECT * FROM t"), key=str) == sorted(rows, key=str)


def test_single_column_null_is_an_empty_line(sql: Sql, lake: Lake) -> None:
    lake.put("t.csv", 'a\n""\n\nx\n\n')
    sql("CREATE TABLE t (a VARCHAR)")
    ((*_, loaded, _limit, _errors, _e, _l, _c, _n),) = sql(f"COPY INTO t FROM @LAKE/ {PLATFORM_CSV}")
    assert loaded == 4
    assert sql("SELECT count(*), count(a), count_if(a = '') FROM t") == [(4, 2, 1)]


TRICKY = ["a\nb", "a\r\nb", "a\rb", "tab\there", "comma,here", 'say ""hi""', '"', "C:\\temp", "\\N", "NULL", "\\", "'"]
TRICKY += ["🛒 émoji ß 漢字", "  blanks  ", "\u2028", "a\n", "\n", "x" * 100_000, "#hash", "-", "\\.", "true", "0"]


def test_quoted_text_arrives_unchanged(sql: Sql, lake: Lake) -> None:
    rows = [(str(number), text) for number, text in enumerate(TRICKY)]
    lake.put("t.csv.gz", platform_csv(*rows))
    sql("CREATE TABLE t (id NUMBER(38,0), a VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert sql("SELECT a FROM t ORDER BY id") == [(text,) for text in TRICKY]


def test_a_field_longer_than_any_buffer_arrives_whole(sql: Sql, lake: Lake) -> None:
    long = 'line, "quoted"\n' * 400_000
    rows = [("1", "short"), ("2", long), ("3", "after")]
    lake.put("t.csv.gz", platform_csv(*rows))
    sql("CREATE TABLE t (id NUMBER(38,0), a VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert sql("SELECT id, length(a), md5(a) FROM t ORDER BY id") == [
        (int(number), len(text), hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()) for number, text in rows
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_record_delimiters(sql: Sql, lake: Lake, ending: str) -> None:
    lake.put("t.csv", ending.join(["a,b", "1,x", '2,"y\nz"', ""]))
    sql("CREATE TABLE t (a INT, b VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert sql("SELECT * FROM t ORDER BY 1") == [(1, "x"), (2, "y\nz")]


def test_types(sql: Sql, lake: Lake) -> None:
    lake.put(
        "t.csv",
        platform_csv(
            ("99999999999999999999999999999999999999", "12345678.90", "t", "0001-01-01", "0001-01-01 00:00:00.000001"),
            ("-1", "-0.01", "false", "9999-12-31", "9999-12-31 23:59:59.999999"),
            ("0", "1e3", "1", "2024-02-29", "2024-02-29 12:00:00"),
            (None, None, None, None, None),
        ),
    )
    sql("CREATE TABLE t (n NUMBER(38,0), d NUMBER(10,2), b BOOLEAN, day DATE, ts TIMESTAMP_NTZ)")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    from decimal import Decimal

    assert sql("SELECT * FROM t ORDER BY n DESC NULLS LAST") == [
        (10**38 - 1, Decimal("12345678.90"), True, dt.date(1, 1, 1), dt.datetime(1, 1, 1, 0, 0, 0, 1)),
        (0, Decimal("1000.00"), True, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12)),
        (-1, Decimal("-0.01"), False, dt.date(9999, 12, 31), dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
        (None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("NUMBER(10,2)", "12,5", "Numeric value '12,5' is not recognized"),
        ("NUMBER(4,2)", "123.45", "Numeric value '123.45'"),
        ("INT", "1_000", "Numeric value '1_000'"),
        ("INT", "abc", "Numeric value 'abc'"),
        ("INT", "", "Numeric value ''"),
        ("BOOLEAN", "maybe", "Boolean value 'maybe'"),
        ("DATE", "2024-02-30", "Date '2024-02-30'"),
        ("DATE", "infinity", "Date 'infinity'"),
        ("TIMESTAMP_NTZ", "0044-03-15 00:00:00 BC", "Timestamp '0044-03-15 00:00:00 BC'"),
        ("TIMESTAMP_NTZ", "10000-01-01 00:00:00", "Timestamp '10000-01-01 00:00:00'"),
        ("VARCHAR(3)", "éééé", r"User character length limit \(3\) exceeded by string 'éééé'"),
    ],
)
def test_a_bad_value_names_file_row_and_column_and_loads_nothing(
    sql: Sql, lake: Lake, column: str, value: str, complaint: str
) -> None:
    lake.put("good.csv", platform_csv(("1", None), ("2", None)))
    lake.put("bad.csv.gz", platform_csv(("3", None), ("4", value)))
    sql(f"CREATE TABLE t (id INT, v {column})")
    error = sql.fails(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}", complaint)
    assert 'bad.csv.gz\', row 2, column "T"["V":2]' in str(error)
    assert sql.one("SELECT count(*) FROM t") == 0


@pytest.mark.parametrize("line", ["1,2,3", "1", '1,"unterminated', '1,"x"y', ""])
def test_a_malformed_line_is_an_error(sql: Sql, lake: Lake, line: str) -> None:
    lake.put("bad.csv", f"a,b\n0,0\n{line}\n2,2\n")
    sql("CREATE TABLE t (a VARCHAR, b VARCHAR)")
    sql.fails(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}", "bad.csv")
    assert sql.one("SELECT count(*) FROM t") == 0


def test_invalid_utf8_is_an_error(sql: Sql, lake: Lake) -> None:
    lake.put("bad.csv", b"a\n\xff\xfe\n")
    sql("CREATE TABLE t (a VARCHAR)")
    sql.fails(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}", "bad.csv")


@pytest.mark.parametrize("cut", [-1, -9, 30])
def test_a_damaged_gzip_is_an_error(sql: Sql, lake: Lake, cut: int) -> None:
    import gzip

    body = gzip.compress("\n".join(["a", *map(str, range(1000))]).encode())
    lake.put_raw("bad.csv.gz", body[:cut])
    sql("CREATE TABLE t (a VARCHAR)")
    sql.fails(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}", "decompression for file '.*bad.csv.gz'")


def test_a_missing_file_is_an_error(sql: Sql, lake: Lake) -> None:
    lake.put("a.csv", "a\n1\n")
    sql("CREATE TABLE t (a INT)")
    sql.fails(
        f"COPY INTO t FROM @LAKE/ FILES = ('a.csv', 'b.csv') {PLATFORM_CSV}", "Remote file '.*b.csv' was not found"
    )
    assert sql.one("SELECT count(*) FROM t") == 0


def test_many_small_files(sql: Sql, lake: Lake) -> None:
    names = [f"{number:03d}/t.csv.gz" for number in range(60)]
    for number, name in enumerate(names):
        lake.put(name, f"a,b\n{number},x\n{number},\n")
    sql("CREATE TABLE t (a INT, b VARCHAR, file VARCHAR)")
    files = ", ".join(f"'{name}'" for name in names)
    results = sql(f"COPY INTO t FROM (SELECT $1, $2, METADATA$FILENAME FROM @LAKE/) FILES = ({files}) {PLATFORM_CSV}")
    assert len(results) == 60
    assert {row[3] for row in results} == {2}
    assert sql.one("SELECT count(*) FROM t WHERE SPLIT_PART(file, '/', -2)::INT = a") == 120


def test_a_large_file_of_tricky_text_is_read_in_parallel_without_a_loss(sql: Sql, lake: Lake) -> None:
    source = random.Random(7)
    pieces = ["\n", "\r\n", '"', ",", "é", "🛒", "\\", "word", "", "a longer piece of text "]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "a"])
    rows = [(number, "".join(source.choices(pieces, k=source.randint(0, 400)))) for number in range(25_000)]
    writer.writerows(rows)
    lake.put("big.csv.gz", out.getvalue())
    sql("CREATE TABLE t (id INT, a VARCHAR)")
    sql(f"COPY INTO t FROM @LAKE {PLATFORM_CSV}")
    assert sql.one("SELECT count(DISTINCT id) FROM t") == len(rows)
    characters = sum(len(text) for _, text in rows)
    assert sql.one("SELECT sum(length(a)) FROM t") == characters
    sample = source.sample(rows, 300)
    found = dict(sql(f"SELECT id, a FROM t WHERE id IN ({', '.join(str(number) for number, _ in sample)})"))
    assert found == dict(sample)
