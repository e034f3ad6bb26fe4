"""SHOW, DESCRIBE and INFORMATION_SCHEMA: the columns that clients read by name."""

# ruff: noqa: E501 - a statement and its result side by side

from dataclasses import dataclass

from shopstream_platform.certify.cases.case import DOCS

S = "sql-reference/sql/"
SETUP = (
    "CREATE TABLE t (a NUMBER(38,0), b VARCHAR(5) COMMENT 'its b', n NUMBER(10,2), f FLOAT, o BOOLEAN, d DATE, s TIMESTAMP_NTZ(9), j VARIANT) COMMENT = 'its t'",
    "CREATE VIEW v AS SELECT a FROM t",
)  # fmt: skip

# The local warehouse has none of these, so it lists none.
LISTS_OTHERS = "an account lists its own"
SCHEMAS = "SHOW TERSE SCHEMAS IN DATABASE SHOPSTREAM_DWH LIMIT 10000"


@dataclass(frozen=True)
class Listing:
    """A statement, some of its columns by name, and what they hold, in this order."""

    page: str
    sql: str
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    differs: str = ""
    local: str = ""

    @property
    def url(self) -> str:
        """The page of Snowflake's documentation."""
        return f"{DOCS}{self.page}"


CASES = [
    Listing(S + "show-objects", "SHOW OBJECTS IN SCHEMA {schema}", ("name", "database_name", "schema_name", "kind"),
            [("T", "SHOPSTREAM_DWH", "{schema}", "TABLE"), ("V", "SHOPSTREAM_DWH", "{schema}", "VIEW")]),
    Listing(S + "show-objects", "SHOW OBJECTS IN SHOPSTREAM_DWH.{schema} LIMIT 10000", ("name", "kind"), [("T", "TABLE"), ("V", "VIEW")]),
    Listing(S + "show-objects", "SHOW TERSE OBJECTS IN SCHEMA {schema}", ("name", "kind", "schema_name"), [("T", "TABLE", "{schema}"), ("V", "VIEW", "{schema}")]),
    Listing(S + "show-tables", "SHOW TABLES IN SCHEMA {schema}", ("name", "kind"), [("T", "TABLE")]),
    Listing(S + "show-tables", "SHOW TABLES IN SCHEMA {schema}", ("comment",), [("its t",)]),
    Listing(S + "show-objects", "SHOW OBJECTS IN SCHEMA {schema}", ("name", "comment"), [("T", "its t"), ("V", "")]),
    Listing(S + "show-views", "SHOW VIEWS IN SCHEMA {schema}", ("comment",), [("",)]),
    Listing(S + "show-tables", "SHOW TABLES LIKE 'T' IN SCHEMA {schema}", ("name",), [("T",)]),
    Listing(S + "show-views", "SHOW VIEWS IN SCHEMA {schema}", ("name", "schema_name"), [("V", "{schema}")]),
    Listing(S + "show-schemas", "SHOW TERSE SCHEMAS LIKE '{schema}' IN DATABASE SHOPSTREAM_DWH", ("name", "database_name"), [("{schema}", "SHOPSTREAM_DWH")], "SHOW SCHEMAS LIKE"),
    Listing(S + "show-databases", "SHOW DATABASES LIKE 'SHOPSTREAM_DWH'", ("name",), [("SHOPSTREAM_DWH",)]),
    Listing(S + "show-columns", "SHOW COLUMNS IN TABLE t", ("table_name", "column_name", "data_type"), [
        ("T", "A", '{"type":"FIXED","precision":38,"scale":0,"nullable":true}'),
        ("T", "B", '{"type":"TEXT","length":5,"byteLength":20,"nullable":true,"fixed":false}'),
        ("T", "N", '{"type":"FIXED","precision":10,"scale":2,"nullable":true}'),
        ("T", "F", '{"type":"REAL","nullable":true}'),
        ("T", "O", '{"type":"BOOLEAN","nullable":true}'),
        ("T", "D", '{"type":"DATE","nullable":true}'),
        ("T", "S", '{"type":"TIMESTAMP_NTZ","precision":0,"scale":9,"nullable":true}'),
        ("T", "J", '{"type":"VARIANT","nullable":true}')]),
    Listing(S + "show-columns", "SHOW COLUMNS IN SCHEMA {schema}", ("table_name", "column_name", "data_type"), [
        ("T", "A", '{"type":"FIXED","precision":38,"scale":0,"nullable":true}'),
        ("T", "B", '{"type":"TEXT","length":5,"byteLength":20,"nullable":true,"fixed":false}'),
        ("T", "N", '{"type":"FIXED","precision":10,"scale":2,"nullable":true}'),
        ("T", "F", '{"type":"REAL","nullable":true}'),
        ("T", "O", '{"type":"BOOLEAN","nullable":true}'),
        ("T", "D", '{"type":"DATE","nullable":true}'),
        ("T", "S", '{"type":"TIMESTAMP_NTZ","precision":0,"scale":9,"nullable":true}'),
        ("T", "J", '{"type":"VARIANT","nullable":true}'),
        ("V", "A", '{"type":"FIXED","precision":38,"scale":0,"nullable":true}')]),
    Listing(S + "desc-table", "DESCRIBE TABLE t", ("name", "type", "kind", "null?", "comment"), [
        ("A", "NUMBER(38,0)", "COLUMN", "Y", None), ("B", "VARCHAR(5)", "COLUMN", "Y", "its b"), ("N", "NUMBER(10,2)", "COLUMN", "Y", None),
        ("F", "FLOAT", "COLUMN", "Y", None), ("O", "BOOLEAN", "COLUMN", "Y", None), ("D", "DATE", "COLUMN", "Y", None),
        ("S", "TIMESTAMP_NTZ(9)", "COLUMN", "Y", None), ("J", "VARIANT", "COLUMN", "Y", None)]),
    Listing(S + "desc-view", "DESC VIEW v", ("name", "type"), [("A", "NUMBER(38,0)")]),
    *(Listing(S + page, statement, (), [], local=LISTS_OTHERS) for page, statement in [
        ("show-grants", "SHOW GRANTS ON TABLE t"), ("show-roles", "SHOW ROLES"), ("show-integrations", "SHOW STORAGE INTEGRATIONS"),
        ("show-resource-monitors", "SHOW RESOURCE MONITORS")]),
    *(Listing(S + page, statement, (), []) for page, statement in [
        ("show-user-functions", "SHOW USER FUNCTIONS IN SHOPSTREAM_DWH.{schema}"), ("show-dynamic-tables", "SHOW DYNAMIC TABLES"),
        ("show-streams", "SHOW STREAMS"), ("show-tasks", "SHOW TASKS")]),
    Listing(S + "show-parameters", "SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION", ("key", "value"), [("QUERY_TAG", "")]),
    Listing(S + "show-stages", "SHOW STAGES IN SCHEMA {schema}", ("name",), []),
    Listing("sql-reference/info-schema/tables", "SELECT table_name, table_type, comment FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = '{schema}' ORDER BY 1",
            ("TABLE_NAME", "TABLE_TYPE", "COMMENT"), [("T", "BASE TABLE", "its t"), ("V", "VIEW", None)]),
    Listing("sql-reference/info-schema/views", "SELECT table_name FROM INFORMATION_SCHEMA.VIEWS WHERE table_schema = '{schema}'", ("TABLE_NAME",), [("V",)]),
    Listing("sql-reference/info-schema/columns", "SELECT column_name, data_type, is_nullable, comment FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema = '{schema}' AND table_name = 'T' ORDER BY ordinal_position LIMIT 2",
            ("COLUMN_NAME", "DATA_TYPE", "IS_NULLABLE", "COMMENT"), [("A", "NUMBER", "YES", None), ("B", "TEXT", "YES", "its b")]),
]  # fmt: skip
