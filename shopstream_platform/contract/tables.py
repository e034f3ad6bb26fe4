"""THE catalogue of the six OLTP tables; every other description of them is derived from it.

PostgreSQL DDL and indexes, extract SQL, lake keys, RAW DDL, COPY column lists and Dagster column schemas come from
`TABLES`; `shopstream_dbt/models/staging/_sources.yml` is compared with it by a test.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256


class Kind(StrEnum):
    """How a column's values are compared, written and checked in both engines."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"


class LakeFormat(StrEnum):
    """The format of a table's objects in the lake."""

    CSV = "csv"
    NDJSON = "json"


@dataclass(frozen=True)
class Column:
    """One column: its PostgreSQL definition, its Snowflake type and what the dashboards may show of it."""

    name: str
    kind: Kind
    postgres_type: str
    snowflake_type: str
    description: str
    constraint: str = ""
    pii: bool = False
    oversized_as_null: bool = False

    @property
    def unbounded(self) -> bool:
        """Whether a value may be larger than a warehouse holds: documents, and texts without a length."""
        return self.kind is Kind.JSON or self.postgres_type == "TEXT"

    @property
    def nullable(self) -> bool:
        """Whether the reports' schema allows NULL."""
        return "NOT NULL" not in self.constraint and "PRIMARY KEY" not in self.constraint

    @property
    def references(self) -> str | None:
        """The table whose id this column names."""
        found = re.search(r"REFERENCES (\w+)\(id\)", self.constraint)
        return found[1] if found else None


@dataclass(frozen=True)
class Parent:
    """The table whose timestamp decides a row's partition (an order line belongs to its order's day)."""

    table: str
    foreign_key: str


@dataclass(frozen=True)
class Table:
    """One OLTP table and its way through the lake to RAW."""

    name: str
    description: str
    columns: tuple[Column, ...]
    indexes: tuple[str, ...] = ()
    partition_column: str | None = None
    parent: Parent | None = None
    lake_format: LakeFormat = LakeFormat.CSV

    @property
    def partitioned(self) -> bool:
        """Daily partitions, or a full snapshot per extraction."""
        return self.partition_column is not None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Declared columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the table has none."""
        return {column.name: column for column in self.columns}[name]

    def with_oversized_as_null(self) -> "Table":
        """The table, read such that values too large for the warehouse count as NULL everywhere."""
        return replace(self, columns=tuple(replace(c, oversized_as_null=c.unbounded) for c in self.columns))

    @cached_property
    def fingerprint_of_declaration(self) -> str:
        """Changes whenever a declared column changes, so that every loaded partition is stale then."""
        return sha256(repr((self.columns, self.partition_column, self.parent)).encode()).hexdigest()[:16]


def _id(description: str, postgres_type: str = "SERIAL") -> Column:
    return Column("id", Kind.INTEGER, postgres_type, "NUMBER(38,0)", description, "PRIMARY KEY")


def _integer(name: str, description: str, constraint: str = "", postgres_type: str = "INT") -> Column:
    return Column(name, Kind.INTEGER, postgres_type, "NUMBER(38,0)", description, constraint)


def _text(name: str, length: int, description: str, constraint: str = "", *, pii: bool = False) -> Column:
    return Column(name, Kind.TEXT, f"VARCHAR({length})", f"VARCHAR({length})", description, constraint, pii)


def _money(name: str, description: str) -> Column:
    return Column(name, Kind.DECIMAL, "DECIMAL(10,2)", "NUMBER(10,2)", description, "NOT NULL")


def _timestamp(name: str, description: str, constraint: str = "") -> Column:
    return Column(name, Kind.TIMESTAMP, "TIMESTAMP", "TIMESTAMP_NTZ(9)", description, constraint)


def _boolean(name: str, description: str, default: str) -> Column:
    return Column(name, Kind.BOOLEAN, "BOOLEAN", "BOOLEAN", description, f"DEFAULT {default}")


USERS = Table(
    name="users",
    description="Registered customers. One row per account; current state, changed in place by the shop.",
    columns=(
        _id("Account number."),
        _text("email", 255, "Login e-mail, unique.", "UNIQUE NOT NULL", pii=True),
        _text("first_name", 100, "Given name.", pii=True),
        _text("last_name", 100, "Family name.", pii=True),
        _text("country", 3, "Three-letter country code of the account."),
        _text("plan_type", 20, "Subscription: freemium, premium or enterprise.", "DEFAULT 'freemium'"),
        _timestamp("created_at", "When the account was opened.", "DEFAULT NOW()"),
        _timestamp("last_login", "Last login; empty if the user never came back."),
        _boolean("is_active", "False once the account is closed.", "TRUE"),
    ),
    indexes=("email", "country", "plan_type"),
)

PRODUCTS = Table(
    name="products",
    description="The merchants' offers. One row per product; price and stock are changed in place.",
    columns=(
        _id("Product number."),
        _integer("merchant_id", "The merchant who sells it.", "NOT NULL"),
        _text("name", 255, "Name shown in the shop.", "NOT NULL"),
        Column("description", Kind.TEXT, "TEXT", "VARCHAR", "Free text, any character."),
        _text("category", 100, "Electronics, Fashion, Home, Beauty, Books, Sports or Toys."),
        _money("price", "Current price in EUR."),
        _integer("stock_quantity", "Units in stock.", "DEFAULT 0"),
        _timestamp("created_at", "When the product was first offered.", "DEFAULT NOW()"),
        _timestamp("updated_at", "Last change of price, stock or text.", "DEFAULT NOW()"),
    ),
    indexes=("merchant_id", "category"),
)

ORDERS = Table(
    name="orders",
    description="Orders. One row per order; the status moves on for weeks after the order's day.",
    columns=(
        _id("Order number."),
        _integer("user_id", "The customer: users.id.", "NOT NULL REFERENCES users(id)"),
        _timestamp("created_at", "When the order was placed; decides its partition.", "DEFAULT NOW()"),
        _money("total_amount", "Sum of the order's lines in EUR."),
        _text("status", 20, "pending, paid, shipped, delivered, cancelled or refunded.", "DEFAULT 'pending'"),
        _text("country", 3, "Three-letter code of the country of delivery."),
        _text("payment_method", 50, "How it was paid."),
    ),
    indexes=("user_id", "created_at", "status"),
    partition_column="created_at",
)

ORDER_ITEMS = Table(
    name="order_items",
    description="Order lines. One row per product of an order; belongs to the partition of its order.",
    columns=(
        _id("Line number."),
        _integer("order_id", "The order: orders.id.", "NOT NULL REFERENCES orders(id)"),
        _integer("product_id", "The product: products.id.", "NOT NULL REFERENCES products(id)"),
        _integer("quantity", "Units ordered.", "NOT NULL"),
        _money("unit_price", "Price of one unit on the day of the order, in EUR."),
        _money("line_total", "quantity x unit_price in EUR."),
    ),
    indexes=("order_id", "product_id"),
    partition_column="created_at",
    parent=Parent(table="orders", foreign_key="order_id"),
)

EVENTS = Table(
    name="events",
    description="Clickstream of the web shop. One row per event; append-only.",
    columns=(
        _id("Event number.", "BIGSERIAL"),
        _integer("user_id", "The user, if logged in: users.id.", "REFERENCES users(id)"),
        _text("event_type", 50, "page_view, product_view, add_to_cart, checkout_start, purchase, ...", "NOT NULL"),
        _timestamp("event_ts", "When it happened; decides its partition.", "DEFAULT NOW()"),
        Column("metadata", Kind.JSON, "JSONB", "VARIANT", "Page, product, order, device and the like."),
    ),
    indexes=("user_id", "event_type", "event_ts"),
    partition_column="event_ts",
    lake_format=LakeFormat.NDJSON,
)

CRM_CONTACTS = Table(
    name="crm_contacts",
    description="Marketing contacts. One row per contact; converted is set once the contact has opened an account.",
    columns=(
        _id("Contact number."),
        _text("email", 255, "E-mail, unique.", "UNIQUE NOT NULL", pii=True),
        _text("first_name", 100, "Given name.", pii=True),
        _text("last_name", 100, "Family name.", pii=True),
        _text("source", 100, "Channel that brought the contact."),
        _text("campaign_id", 100, "Campaign that brought the contact."),
        _timestamp("created_at", "First contact.", "DEFAULT NOW()"),
        _boolean("converted", "True once the contact has become a user.", "FALSE"),
        _timestamp("converted_at", "When the contact became a user."),
    ),
    indexes=("email", "source"),
)

# In the order in which foreign keys allow them to be created and filled.
TABLES: tuple[Table, ...] = (USERS, PRODUCTS, ORDERS, ORDER_ITEMS, EVENTS, CRM_CONTACTS)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
PARTITIONED: tuple[Table, ...] = tuple(table for table in TABLES if table.partitioned)
SNAPSHOTS: tuple[Table, ...] = tuple(table for table in TABLES if not table.partitioned)


def postgres_ddl() -> list[str]:
    """The shop's schema as idempotent statements: tables in foreign-key order, then their indexes."""
    return [_create_table(table) for table in TABLES] + [
        f"CREATE INDEX IF NOT EXISTS idx_{table.name}_{column} ON {table.name} ({column})"
        for table in TABLES
        for column in table.indexes
    ]


def _create_table(table: Table) -> str:
    lines = ",\n".join(f"    {c.name} {c.postgres_type} {c.constraint}".rstrip() for c in table.columns)
    return f"CREATE TABLE IF NOT EXISTS {table.name} (\n{lines}\n)"
