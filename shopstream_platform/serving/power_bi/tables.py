"""The semantic model: a star of shared dimensions around the marts. Column types and descriptions are dbt's."""

from uuid import UUID

from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.connections import DATABASE
from shopstream_platform.pbip.model import (
    Column,
    Dimension,
    Parameter,
    Relationship,
    SemanticModel,
    Table,
)
from shopstream_platform.serving.power_bi.measures import acquisition, customers, products, sales

COUNT, EUR, SHARE, DAY, MONTH = "#,##0", r'#,##0.00\ "€"', "0.0%", "Short Date", "mmm yyyy"


def _hidden(name: str, source: str, shown: str | None = None) -> Column:
    """What a measure reads, or a relationship: readers take the measure or the dimension instead."""
    return Column(name, source, shown, hidden=True)


DATE = Table(
    "Date",
    "dim_date",
    category="Time",
    columns=(
        Column("Date", "date_day", DAY, key=True),
        Column("Month", "month_start", MONTH),
        Column("Quarter", "calendar_quarter", "0"),
        Column("Year", "calendar_year", "0"),
        Column("Day of week", "iso_day_of_week", "0"),
        Column("Is weekend", "is_weekend"),
        _hidden("Is whole month", "is_complete_month"),
    ),
)
PRODUCT = Table(
    "Product",
    "mart_product_performance",
    columns=(
        Column("Product ID", "product_id", "0"),
        Column("Product", "product_name"),
        _hidden("Product category", "category"),
        Column("Merchant ID", "merchant_id", "0"),
        Column("ABC class", "abc_class"),
        Column("Tier", "tier"),
        Column("Revenue rank", "revenue_rank", "0"),
        _hidden("Product total revenue", "total_revenue", EUR),
        _hidden("Product total orders", "total_orders", COUNT),
        _hidden("Product total quantity", "total_quantity", COUNT),
        _hidden("Cumulative revenue share", "cumulative_revenue_share", SHARE),
    ),
    measures=products.PRODUCT,
)
CUSTOMER = Table(
    "Customer",
    "dim_customers_public",
    columns=(
        Column("Customer ID", "user_id", "0"),
        _hidden("Customer country", "country"),
        Column("Plan", "plan_type"),
        Column("Signup date", "signup_date", DAY),
        Column("Is active", "is_active"),
    ),
    measures=acquisition.CUSTOMER,
)
SALES_DAILY = Table(
    "Sales daily",
    "mart_sales_daily",
    columns=(
        _hidden("Sale date", "sale_date", DAY),
        _hidden("Sale country", "country"),
        _hidden("Counted orders", "total_orders", COUNT),
        _hidden("Gross revenue amount", "gross_revenue", EUR),
        _hidden("Cancelled", "cancelled_orders", COUNT),
        _hidden("Refunded", "refunded_orders", COUNT),
        _hidden("Is whole day", "is_complete_day"),
    ),
    measures=sales.SALES_DAILY,
)
SALES_BY_CATEGORY = Table(
    "Sales by category",
    "mart_sales_overview",
    columns=(
        _hidden("Sale date", "sale_date", DAY),
        _hidden("Sale country", "country"),
        _hidden("Sale category", "category"),
        _hidden("Total revenue", "total_revenue", EUR),
        _hidden("Orders in category", "total_orders", COUNT),
        _hidden("Total quantity", "total_quantity", COUNT),
    ),
    measures=sales.SALES_BY_CATEGORY,
)
CUSTOMER_VALUE = Table(
    "Customer value",
    "mart_customer_ltv",
    columns=(
        _hidden("Buyer ID", "user_id", "0"),
        Column("Segment", "segment"),
        Column("Recency score", "recency_score", "0"),
        Column("Frequency score", "frequency_score", "0"),
        Column("Monetary score", "monetary_score", "0"),
        Column("First order date", "first_order_date", DAY),
        Column("Last order date", "last_order_date", DAY),
        Column("Recency in days", "recency_days", COUNT),
        _hidden("Order count", "frequency", COUNT),
        _hidden("Lifetime value amount", "lifetime_value", EUR),
    ),
    measures=customers.CUSTOMER_VALUE,
)
COHORTS = Table(
    "Cohorts",
    "mart_cohort_retention",
    columns=(
        Column("Cohort month", "cohort_month", MONTH),
        Column("Months since first order", "months_since_first_order", "0"),
        _hidden("Cohort size", "cohort_size", COUNT),
        _hidden("Active customers", "active_customers", COUNT),
        _hidden("Cumulative revenue", "cumulative_revenue", EUR),
        _hidden("Is incomplete", "is_incomplete"),
    ),
    measures=customers.COHORTS,
)
VISITS = Table(
    "Visits",
    "mart_conversion_funnel",
    columns=(
        _hidden("Session date", "session_date", DAY),
        _hidden("Visitor country", "country"),
        _hidden("All sessions", "sessions", COUNT),
        _hidden("Page view sessions", "page_view_sessions", COUNT),
        _hidden("Product view sessions", "product_view_sessions", COUNT),
        _hidden("Add to cart sessions", "add_to_cart_sessions", COUNT),
        _hidden("Checkout start sessions", "checkout_start_sessions", COUNT),
        _hidden("Purchase sessions", "purchase_sessions", COUNT),
        _hidden("Has conversion", "has_conversion"),
    ),
    measures=acquisition.VISITS,
)
CAMPAIGNS = Table(
    "Campaigns",
    "mart_crm_conversion",
    columns=(
        Column("Source", "contact_source"),
        Column("Campaign", "campaign_id"),
        _hidden("All contacts", "contacts", COUNT),
        _hidden("Converted", "converted_contacts", COUNT),
        _hidden("Median days", "median_days_to_convert", "0.0"),
        _hidden("Revenue of matched customers", "matched_revenue", EUR),
    ),
    measures=acquisition.CAMPAIGNS,
)
INVENTORY = Table(
    "Inventory",
    "mart_inventory",
    columns=(
        _hidden("Stocked product ID", "product_id", "0"),
        Column("Last sold date", "last_sold_date", DAY),
        Column("Is restock due", "is_restock_due"),
        Column("Is dead stock", "is_dead_stock"),
        _hidden("Stock quantity", "stock_quantity", COUNT),
        _hidden("Stock value amount", "stock_value", EUR),
        _hidden("Units of 30 days", "units_sold_30_days", COUNT),
    ),
    measures=products.INVENTORY,
)
COUNTRY = Dimension(
    "Country",
    "Country",
    "Countries of orders, customers and visits.",
    values_of=(
        ("Sales daily", "Sale country"),
        ("Sales by category", "Sale country"),
        ("Customer", "Customer country"),
        ("Visits", "Visitor country"),
    ),
)
CATEGORY = Dimension(
    "Category",
    "Category",
    "Categories of products and of what was sold.",
    values_of=(("Product", "Product category"), ("Sales by category", "Sale category")),
)
FUNNEL_STEP = Dimension(
    acquisition.FUNNEL_STEP,
    "Step",
    "Steps from the visit to the purchase; each counts sessions that took all steps before it.",
    words=tuple(acquisition.FUNNEL_STEPS),
)
MODEL = SemanticModel(
    name="ShopStream",
    ids=UUID("3d9b3a0e-8d2f-4f0e-9a57-5d1f0c1c7a42"),
    parameters=(
        Parameter(
            "SnowflakeServer",
            "organization-account.snowflakecomputing.com",
            "Server of the Snowflake account, without https://.",
        ),
        Parameter("SnowflakeWarehouse", AccountNames().reporting, "Virtual warehouse that runs the imports."),
        Parameter("SnowflakeDatabase", DATABASE, "Database that dbt builds in."),
        Parameter("SnowflakeRole", AccountNames().reporter, "Role that may read CORE and MARTS, and nothing else."),
    ),
    tables=(
        DATE,
        PRODUCT,
        CUSTOMER,
        SALES_DAILY,
        SALES_BY_CATEGORY,
        CUSTOMER_VALUE,
        COHORTS,
        VISITS,
        CAMPAIGNS,
        INVENTORY,
    ),
    dimensions=(COUNTRY, CATEGORY, FUNNEL_STEP),
    relationships=tuple(
        Relationship(many, one)
        for many, one in (
            (("Sales daily", "Sale date"), ("Date", "Date")),
            (("Sales by category", "Sale date"), ("Date", "Date")),
            (("Visits", "Session date"), ("Date", "Date")),
            (("Customer", "Signup date"), ("Date", "Date")),
            (("Cohorts", "Cohort month"), ("Date", "Date")),
            (("Sales daily", "Sale country"), ("Country", "Country")),
            (("Sales by category", "Sale country"), ("Country", "Country")),
            (("Visits", "Visitor country"), ("Country", "Country")),
            (("Customer", "Customer country"), ("Country", "Country")),
            (("Sales by category", "Sale category"), ("Category", "Category")),
            (("Product", "Product category"), ("Category", "Category")),
            (("Inventory", "Stocked product ID"), ("Product", "Product ID")),
            (("Customer value", "Buyer ID"), ("Customer", "Customer ID")),
        )
    ),
)
