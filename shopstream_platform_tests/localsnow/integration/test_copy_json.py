"""COPY INTO from newline-delimited JSON."""

import json

from shopstream_platform_tests.localsnow.integration.conftest import Lake, Sql

JSON = "FILE_FORMAT = (TYPE = JSON)"
COLUMNS = "SELECT $1:id::NUMBER, $1:user_id::NUMBER, $1:event_type::VARCHAR, $1:event_ts::TIMESTAMP_NTZ, $1:metadata"


def test_events(sql: Sql, lake: Lake) -> None:
    text = 'é 🛒 "quoted" back\\slash\nnewline'
    documents = [
        {"id": 1, "user_id": 7, "event_type": text, "event_ts": "2026-01-05T10:00:00.123456", "metadata": {"a": [1]}},
        {"id": 2, "event_type": "", "metadata": None},
        {"id": 9007199254740993},
    ]
    lake.put("events.json.gz", "".join(json.dumps(document) + "\n" for document in documents))
    sql("CREATE TABLE e (id NUMBER(38,0), user_id NUMBER(38,0), type VARCHAR, ts TIMESTAMP_NTZ, v VARIANT, f VARCHAR)")
    ((_, status, parsed, loaded, *_),) = sql(f"COPY INTO e FROM ({COLUMNS}, METADATA$FILENAME FROM @LAKE/) {JSON}")
    assert (status, parsed, loaded) == ("LOADED", 3, 3)
    assert sql("SELECT id, user_id, type, ts::DATE::VARCHAR, v IS NULL, v:a[0]::INT FROM e ORDER BY id") == [
        (1, 7, text, "2026-01-05", False, 1),
        (2, None, "", None, False, None),
        (9007199254740993, None, None, None, True, None),
    ]


def test_number_text_is_kept_and_large_documents_fit(sql: Sql, lake: Lake) -> None:
    lake.put(
        "a.json", '{"n": 12345678901234567890.10}\n{"m": 123456789012.35}\n' + json.dumps({"t": "x" * 1_500_000}) + "\n"
    )
    sql("CREATE TABLE e (v VARIANT)")
    sql(f"COPY INTO e FROM @LAKE {JSON}")
    assert sql.one("SELECT v:n FROM e WHERE v:n IS NOT NULL") is not None
    assert sql.one("SELECT v::VARCHAR FROM e WHERE v:n IS NOT NULL") == '{"n": 12345678901234567890.10}'
    assert sql.one("SELECT v:m::NUMBER(20, 2)::VARCHAR FROM e WHERE v:m IS NOT NULL") == "123456789012.35"
    assert sql.one("SELECT LENGTH(v:t::VARCHAR) FROM e WHERE v:t IS NOT NULL") == 1_500_000


def test_many_files_and_bad_documents(sql: Sql, lake: Lake) -> None:
    for number in range(5):
        lake.put(f"x/{number}.json.gz", '{"a": 1}\n' * number)
    sql("CREATE TABLE e (a NUMBER(38,0))")
    results = sql(f"COPY INTO e FROM (SELECT $1:a FROM @LAKE/x/) {JSON}")
    assert sorted(row[3] for row in results) == [0, 1, 2, 3, 4]
    lake.put("bad/1.json", '{"a": 1}\n{"a": \n')
    sql.fails(f"COPY INTO e FROM (SELECT $1:a FROM @LAKE/bad/) {JSON}", "bad/1.json")
    lake.put("worse/1.json", '{"a": 1}\n{"a": "x"}\n')
    sql.fails(f"COPY INTO e FROM (SELECT $1:a FROM @LAKE/worse/) {JSON}", "Numeric value '\"x\"'.*worse/1.json")
    sql.fails(f"COPY INTO e FROM (SELECT $1:a::NUMBER FROM @LAKE/worse/) {JSON}", "worse/1.json")
    assert sql.one("SELECT count(*) FROM e") == 10


def test_outer_array(sql: Sql, lake: Lake) -> None:
    lake.put("a.json", '[{"a": 1},\n {"a": 2}]')
    sql("CREATE TABLE e (v VARIANT)")
    sql("COPY INTO e FROM @LAKE FILE_FORMAT = (TYPE = JSON STRIP_OUTER_ARRAY = TRUE)")
    assert sql("SELECT v:a::INT FROM e ORDER BY 1") == [(1,), (2,)]


def test_a_session_whose_schema_was_dropped(sql: Sql, lake: Lake, schema: str) -> None:
    lake.put("a.json", '{"a": 1}')
    sql("CREATE TABLE e (a NUMBER(38,0))")
    sql(f"CREATE SCHEMA {schema}_GONE")
    sql(f"DROP SCHEMA {schema}_GONE")
    assert sql.one("SELECT CURRENT_SCHEMA()") is None
    sql(f"COPY INTO {schema}.e FROM (SELECT $1:a FROM @{schema}.LAKE/) {JSON}")
    assert sql.one(f"SELECT a FROM {schema}.e") == 1
