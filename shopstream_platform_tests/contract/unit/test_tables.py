"""The catalogue says what REQUIREMENTS 3 says, and all that is derived from it agrees with it."""

import re
from datetime import date

import pytest

from shopstream_platform.contract.tables import BY_NAME, PARTITIONED, SNAPSHOTS, TABLES, Kind, Table, postgres_ddl
from shopstream_platform.pipeline.extract import sql as extract_sql
from shopstream_platform.pipeline.extract.sql import Days
from shopstream_platform.pipeline.load import sql as load_sql

# As the reports write it, word for word.
REPORTS = """
users        (id SERIAL PK, email VARCHAR(255) UNIQUE NOT NULL, first_name VARCHAR(100), last_name VARCHAR(100), country VARCHAR(3),
              plan_type VARCHAR(20) DEFAULT 'freemium', created_at TIMESTAMP DEFAULT NOW(), last_login TIMESTAMP, is_active BOOLEAN DEFAULT TRUE)
products     (id SERIAL PK, merchant_id INT NOT NULL, name VARCHAR(255) NOT NULL, description TEXT, category VARCHAR(100), price DECIMAL(10,2) NOT NULL,
              stock_quantity INT DEFAULT 0, created_at TIMESTAMP DEFAULT NOW(), updated_at TIMESTAMP DEFAULT NOW())
orders       (id SERIAL PK, user_id INT NOT NULL -> users, created_at TIMESTAMP DEFAULT NOW(), total_amount DECIMAL(10,2) NOT NULL,
              status VARCHAR(20) DEFAULT 'pending', country VARCHAR(3), payment_method VARCHAR(50))
order_items  (id SERIAL PK, order_id INT NOT NULL -> orders, product_id INT NOT NULL -> products, quantity INT NOT NULL,
              unit_price DECIMAL(10,2) NOT NULL, line_total DECIMAL(10,2) NOT NULL)
events       (id BIGSERIAL PK, user_id INT -> users, event_type VARCHAR(50) NOT NULL, event_ts TIMESTAMP DEFAULT NOW(), metadata JSONB)
crm_contacts (id SERIAL PK, email VARCHAR(255) UNIQUE NOT NULL, first_name VARCHAR(100), last_name VARCHAR(100), source VARCHAR(100),
              campaign_id VARCHAR(100), created_at TIMESTAMP DEFAULT NOW(), converted BOOLEAN DEFAULT FALSE, converted_at TIMESTAMP)
"""  # noqa: E501
INDEXES = """
users(email), users(country), users(plan_type), products(merchant_id), products(category), orders(user_id), orders(created_at), orders(status),
order_items(order_id), order_items(product_id), events(user_id), events(event_type), events(event_ts), crm_contacts(email), crm_contacts(source)
"""  # noqa: E501
SNOWFLAKE_TYPES = {
    "SERIAL": "NUMBER(38,0)",
    "BIGSERIAL": "NUMBER(38,0)",
    "INT": "NUMBER(38,0)",
    "DECIMAL(10,2)": "NUMBER(10,2)",
    "TEXT": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP_NTZ(9)",
    "BOOLEAN": "BOOLEAN",
    "JSONB": "VARIANT",
}
every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def of_reports() -> dict[str, list[str]]:
    """Table -> its columns, as 'name TYPE CONSTRAINT' in the reports' words."""
    flat = " ".join(REPORTS.split())
    found = re.findall(r"(\w+) \(((?:[^()]|\([^()]*\))*)\)(?= \w+ \(|$)", flat)
    return {name: re.split(r", (?=[a-z_]+ [A-Z])", columns) for name, columns in found}


def test_the_tables_are_the_reports_in_an_order_that_keys_allow() -> None:
    assert [table.name for table in TABLES] == list(of_reports())
    assert list(BY_NAME) == list(of_reports())


@every_table
def test_columns_types_and_constraints_are_the_reports(table: Table) -> None:
    declared = [f"{column.name} {column.postgres_type} {column.constraint}".rstrip() for column in table.columns]
    in_sql = (column.replace(" PK", " PRIMARY KEY") for column in of_reports()[table.name])
    assert declared == [re.sub(r"-> (\w+)", r"REFERENCES \1(id)", column) for column in in_sql]


def test_indexes_are_the_reports() -> None:
    declared = [f"{table.name}({column})" for table in TABLES for column in table.indexes]
    assert declared == re.findall(r"\w+\(\w+\)", INDEXES)


def test_the_ddl_holds_every_table_and_index_and_is_idempotent() -> None:
    ddl = postgres_ddl()
    assert [statement.split("(")[0].split()[-1] for statement in ddl[: len(TABLES)]] == [t.name for t in TABLES]
    assert len(ddl) == len(TABLES) + 15
    assert all(re.match(r"CREATE (TABLE|INDEX) IF NOT EXISTS ", statement) for statement in ddl)


@every_table
def test_snowflake_types_hold_every_value_of_their_postgresql_types(table: Table) -> None:
    for column in table.columns:
        expected = SNOWFLAKE_TYPES.get(column.postgres_type, column.postgres_type)
        assert column.snowflake_type == expected, column.name


@every_table
def test_every_column_is_described_and_named_once(table: Table) -> None:
    assert len(set(table.column_names)) == len(table.columns)
    assert all(column.description.endswith(".") for column in table.columns)


def test_names_and_emails_are_personal_data() -> None:
    personal = {f"{table.name}.{column.name}" for table in TABLES for column in table.columns if column.pii}
    columns = ("email", "first_name", "last_name")
    assert personal == {f"{name}.{column}" for name in ("users", "crm_contacts") for column in columns}


def test_orders_lines_and_events_are_partitioned_the_rest_are_snapshots() -> None:
    assert [table.name for table in PARTITIONED] == ["orders", "order_items", "events"]
    assert [table.name for table in SNAPSHOTS] == ["users", "products", "crm_contacts"]


@every_table
def test_raw_has_the_declared_columns_and_those_of_the_load(table: Table) -> None:
    (statement,) = [one for one in load_sql.ddl(TABLES) if f"{load_sql.raw_name(table)} (" in one]
    lines = [line.strip().rstrip(",") for line in statement.splitlines()[1:-1]]
    assert lines[: len(table.columns)] == [f"{c.name} {c.snowflake_type}" for c in table.columns]
    assert [line.split()[0] for line in lines[len(table.columns) :]] == list(load_sql.LOAD_COLUMNS)


@every_table
def test_source_and_warehouse_sum_up_the_same_columns(table: Table) -> None:
    texts = {"source": extract_sql.checksum(table).replace("t.", ""), "raw": load_sql.checksum(table)}
    for where, text in texts.items():
        places = [text.index(f"COALESCE({_start(column.kind, where)}{column.name}") for column in table.columns]
        assert places == sorted(places)


def _start(kind: Kind, where: str) -> str:
    starts = {
        ("source", Kind.TIMESTAMP): "CASE WHEN isfinite(",
        ("source", Kind.JSON): "CASE WHEN ",
        ("raw", Kind.TIMESTAMP): "DATE_PART(EPOCH_MICROSECOND, ",
        ("raw", Kind.BOOLEAN): "IFF(",
        ("raw", Kind.JSON): "IFF(",
    }
    return starts.get((where, kind), "")


@every_table
def test_a_fingerprint_covers_every_declared_column(table: Table) -> None:
    bytewise = {Kind.TEXT: ' COLLATE "C"', Kind.JSON: '::text COLLATE "C"'}
    row = ", ".join(f"t.{column.name}{bytewise.get(column.kind, '')}" for column in table.columns)
    assert f"ROW({row})" in extract_sql.fingerprint(table)


def test_a_changed_declaration_changes_the_method() -> None:
    users = BY_NAME["users"]
    other = Table(users.name, users.description, users.columns[:-1])
    assert other.fingerprint_of_declaration != users.fingerprint_of_declaration
    assert Table("x", "y", users.columns).fingerprint_of_declaration == users.fingerprint_of_declaration


@every_table
def test_copy_and_load_name_the_same_columns_in_the_same_order(table: Table) -> None:
    span = Days(date(2025, 9, 2), date(2025, 9, 2), date(2025, 9, 1)) if table.partitioned else None
    target = re.search(r"\(([^)]*), _partition_date, _source_file\)", load_sql.copy_into(table, ["raw/x"]))
    assert target
    assert target[1].split(", ") == list(table.column_names)
    places = [extract_sql.copy_rows(table, span).index(f"t.{name}") for name in table.column_names]
    assert places == sorted(places)
