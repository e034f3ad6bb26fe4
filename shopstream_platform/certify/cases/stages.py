"""COPY with the options that the platform states, on objects of a lake; each case has a schema and a folder of its own."""

# ruff: noqa: E501 - a statement and its result side by side

import datetime as dt
from dataclasses import dataclass

from shopstream_platform.certify.cases.case import Case, Error, Json

S = "sql-reference/sql/"
CREATE = "CREATE STAGE IF NOT EXISTS LAKE URL = 's3://lake/raw/' STORAGE_INTEGRATION = S3_INTEGRATION COMMENT = 'x'"
LIST = "LIST @LAKE"
COPY_CSV = (
    "COPY INTO t (a, b, day, file) FROM (SELECT $1, $2, SPLIT_PART(METADATA$FILENAME, '/', -2)::DATE, METADATA$FILENAME"
    " FROM @LAKE) FILES = ('2026-01-05/t.csv.gz') FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP RECORD_DELIMITER = '\\n'"
    " FIELD_DELIMITER = ',' SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE"
    " ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE"
    " SKIP_BLANK_LINES = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE REPLACE_INVALID_CHARACTERS = FALSE"
    " ENCODING = 'UTF8' DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO)"
    " ON_ERROR = ABORT_STATEMENT FORCE = TRUE"
)
COPY_JSON = (
    "COPY INTO j (id, at_, v) FROM (SELECT $1:id::NUMBER(38,0), $1:at::VARCHAR::TIMESTAMP_NTZ(9), $1:v FROM @LAKE)"
    " FILES = ('t.json.gz') FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP STRIP_OUTER_ARRAY = FALSE"
    " STRIP_NULL_VALUES = FALSE ALLOW_DUPLICATE = FALSE REPLACE_INVALID_CHARACTERS = FALSE)"
    " ON_ERROR = ABORT_STATEMENT FORCE = TRUE"
)
ALL = [CREATE, LIST, COPY_CSV, COPY_JSON]


@dataclass(frozen=True)
class Staged:
    """A case, and the object that it copies: one whose name ends with .gz is gzipped. {folder} is where it lies."""

    case: Case
    name: str
    content: str


CSV, DAY = "2026-01-05/t.csv.gz", dt.date(2026, 1, 5)
COPY = "COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = CSV)"
SHORT = "CREATE TABLE t (a VARCHAR(3))"
CASES = [
    Staged(Case(S + "copy-into-table", "SELECT * FROM t ORDER BY a", [(1, "x\\y", DAY, "{folder}2026-01-05/t.csv.gz"), (2, None, DAY, "{folder}2026-01-05/t.csv.gz"), (3, "", DAY, "{folder}2026-01-05/t.csv.gz")],
                ("CREATE TABLE t (a INT, b VARCHAR, day DATE, file VARCHAR)", COPY_CSV)), CSV, 'a,b\n1,"x\\y"\n2,\n3,""\n'),
    Staged(Case(S + "copy-into-table", "SELECT * FROM j ORDER BY id", [(1, dt.datetime(2026, 1, 5, 10, 0, 0, 500000), Json({"k": None})), (2, None, None)],
                ("CREATE TABLE j (id NUMBER(38,0), at_ TIMESTAMP_NTZ(9), v VARIANT)", COPY_JSON)),
           "t.json.gz", '{"id": 1, "at": "2026-01-05T10:00:00.5", "v": {"k": null}}\n{"id": 2}\n'),
    # Without ESCAPE_UNENCLOSED_FIELD = NONE a backslash escapes.
    Staged(Case(S + "create-file-format", "SELECT a FROM t", "a\tb",
                ("CREATE TABLE t (a VARCHAR)", "CREATE FILE FORMAT plain TYPE = CSV", "COPY INTO t FROM @LAKE FILE_FORMAT = (FORMAT_NAME = 'plain')")), "one.csv", "a\\tb\n"),
    Staged(Case(S + "copy-into-table", f"{COPY} TRUNCATECOLUMNS = FALSE", Error("length limit|too long"), (SHORT,)), "one.csv", "abcdef\n"),
    Staged(Case(S + "copy-into-table", f"{COPY} ENFORCE_LENGTH = TRUE", Error("length limit|too long"), (SHORT,)), "one.csv", "abcdef\n"),
    Staged(Case(S + "copy-into-table", "SELECT a FROM t", "abc", (SHORT, f"{COPY} TRUNCATECOLUMNS = TRUE")), "one.csv", "abcdef\n"),
    Staged(Case(S + "copy-into-table", "SELECT a FROM t", "abc", (SHORT, f"{COPY} ENFORCE_LENGTH = FALSE")), "one.csv", "abcdef\n"),
    Staged(Case(S + "copy-into-table", "SELECT * FROM t", [(1, "x", None)],
                ("CREATE TABLE t (a INT, b VARCHAR, c VARCHAR)", "COPY INTO t FROM @LAKE FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE")),
           "one.json", '{"b": "x", "a": 1, "other": true}\n'),
    Staged(Case(S + "copy-into-table", "SELECT COUNT(*) FROM t", 1, ("CREATE TABLE t (a INT)", COPY, COPY)), "one.csv", "1\n"),
]  # fmt: skip
