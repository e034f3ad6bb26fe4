"""THE catalogue of the OLTP tables; every other description of them is derived from it.

The shop's tables are declared here, those of other databases in `sources/`. PostgreSQL DDL and indexes, extract SQL,
lake keys, RAW DDL, COPY column lists and Dagster column schemas come from `TABLES`;
`shopstream_dbt/models/staging/_sources.yml` is compared with it by a test.
"""

from collections.abc import Iterable

from shopstream_platform.contract.columns import (
    boolean,
    document,
    identifier,
    integer,
    long_text,
    money,
    text,
    timestamp,
)
from shopstream_platform.contract.declare import SHOP, ByDay, ByParent, LakeFormat, Table
from shopstream_platform.contract.source import Source, checked
from shopstream_platform.contract.sources import declared_sources

USERS = Table(
    name="users",
    description="Registered customers. One row per account; current state, changed in place by the shop.",
    columns=(
        identifier("Account number."),
        text("email", 255, "Login e-mail, unique.", unique=True, nullable=False, pii=True),
        text("first_name", 100, "Given name.", pii=True),
        text("last_name", 100, "Family name.", pii=True),
        text("country", 3, "Three-letter country code of the account."),
        text("plan_type", 20, "Subscription: freemium, premium or enterprise.", default="'freemium'"),
        timestamp("created_at", "When the account was opened.", default="NOW()"),
        timestamp("last_login", "Last login; empty if the user never came back."),
        boolean("is_active", "False once the account is closed.", default="TRUE"),
    ),
    indexes=("email", "country", "plan_type"),
)

PRODUCTS = Table(
    name="products",
    description="The merchants' offers. One row per product; price and stock are changed in place.",
    columns=(
        identifier("Product number."),
        integer("merchant_id", "The merchant who sells it.", nullable=False),
        text("name", 255, "Name shown in the shop.", nullable=False),
        long_text("description", "Free text, any character."),
        text("category", 100, "Electronics, Fashion, Home, Beauty, Books, Sports or Toys."),
        money("price", "Current price in EUR."),
        integer("stock_quantity", "Units in stock.", default="0"),
        timestamp("created_at", "When the product was first offered.", default="NOW()"),
        timestamp("updated_at", "Last change of price, stock or text.", default="NOW()"),
    ),
    indexes=("merchant_id", "category"),
)

ORDERS = Table(
    name="orders",
    description="Orders. One row per order; the status moves on for weeks after the order's day.",
    columns=(
        identifier("Order number."),
        integer("user_id", "The customer: users.id.", nullable=False, references="users"),
        timestamp("created_at", "When the order was placed; decides its partition.", default="NOW()"),
        money("total_amount", "Sum of the order's lines in EUR."),
        text("status", 20, "pending, paid, shipped, delivered, cancelled or refunded.", default="'pending'"),
        text("country", 3, "Three-letter code of the country of delivery."),
        text("payment_method", 50, "How it was paid."),
    ),
    indexes=("user_id", "created_at", "status"),
    partition=ByDay("created_at"),
)

ORDER_ITEMS = Table(
    name="order_items",
    description="Order lines. One row per product of an order; belongs to the partition of its order.",
    columns=(
        identifier("Line number."),
        integer("order_id", "The order: orders.id.", nullable=False, references="orders"),
        integer("product_id", "The product: products.id.", nullable=False, references="products"),
        integer("quantity", "Units ordered.", nullable=False),
        money("unit_price", "Price of one unit on the day of the order, in EUR."),
        money("line_total", "quantity x unit_price in EUR."),
    ),
    indexes=("order_id", "product_id"),
    partition=ByParent(ORDERS, via="order_id"),
)

EVENTS = Table(
    name="events",
    description="Clickstream of the web shop. One row per event; append-only.",
    columns=(
        identifier("Event number.", "BIGSERIAL"),
        integer("user_id", "The user, if logged in: users.id.", references="users"),
        text("event_type", 50, "page_view, product_view, add_to_cart, checkout_start, purchase, ...", nullable=False),
        timestamp("event_ts", "When it happened; decides its partition.", default="NOW()"),
        document("metadata", "Page, product, order, device and the like."),
    ),
    indexes=("user_id", "event_type", "event_ts"),
    partition=ByDay("event_ts"),
    lake_format=LakeFormat.NDJSON,
    lake_folder="events",
)

CRM_CONTACTS = Table(
    name="crm_contacts",
    description="Marketing contacts. One row per contact; converted is set once the contact has opened an account.",
    columns=(
        identifier("Contact number."),
        text("email", 255, "E-mail, unique.", unique=True, nullable=False, pii=True),
        text("first_name", 100, "Given name.", pii=True),
        text("last_name", 100, "Family name.", pii=True),
        text("source", 100, "Channel that brought the contact."),
        text("campaign_id", 100, "Campaign that brought the contact."),
        timestamp("created_at", "First contact.", default="NOW()"),
        boolean("converted", "True once the contact has become a user.", default="FALSE"),
        timestamp("converted_at", "When the contact became a user."),
    ),
    indexes=("email", "source"),
)

# In the order in which foreign keys allow them to be created and filled.
SHOP_TABLES: tuple[Table, ...] = (USERS, PRODUCTS, ORDERS, ORDER_ITEMS, EVENTS, CRM_CONTACTS)
# Databases beside the shop's.
SOURCES: tuple[Source, ...] = declared_sources()
TABLES: tuple[Table, ...] = checked(*SHOP_TABLES, *(table for source in SOURCES for table in source.tables))
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
# By the path of the asset's key below its layer.
BY_PATH: dict[tuple[str, ...], Table] = {table.path: table for table in TABLES}
PARTITIONED: tuple[Table, ...] = tuple(table for table in TABLES if table.partitioned)
SNAPSHOTS: tuple[Table, ...] = tuple(table for table in TABLES if not table.partitioned)


def source_names() -> tuple[str, ...]:
    """Every source, the shop ("") first."""
    return SHOP, *(source.name for source in SOURCES)


def holds_shop(names: Iterable[str]) -> bool:
    """Whether one of the tables is the shop's."""
    return any(BY_NAME[name].source == SHOP for name in names)


def tables_of(source: str) -> tuple[Table, ...]:
    """The tables of a source ("" is the shop), in the order of their declaration."""
    return tuple(table for table in TABLES if table.source == source)


def relations_of(tables: Iterable[Table]) -> list[str]:
    """What is read at the source of these tables, as SQL: theirs, and the parents that give rows their days."""
    read = (one for table in tables for one in (table.parent, table) if one)
    return list(dict.fromkeys(one.source_sql for one in read))
