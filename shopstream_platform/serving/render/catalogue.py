"""The four pages: what each reads and shows, in what order and how wide. No chart library is imported here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """One panel of a page, so many twelfths wide: a chart, or a table that the page's script fills."""

    name: str
    columns: int
    kind: str = "chart"


@dataclass(frozen=True)
class Dashboard:
    """One page. `reads` are the assets that its queries name, and nothing else."""

    name: str
    description: str
    reads: tuple[str, ...]
    filters: tuple[str, ...]
    cards: tuple[str, ...]
    blocks: tuple[Block, ...]
    # Without rows in any of these parts of its data the page has nothing to show.
    needs: tuple[str, ...]


SALES = Dashboard(
    name="sales_overview",
    description="Revenue, orders, average basket and lost orders over time, by country and by category.",
    reads=(
        "core/data_status",
        "marts/mart_sales_daily",
        "marts/mart_sales_overview",
        "marts/mart_lost_orders",
    ),
    filters=("period", "country", "category"),
    cards=("revenue", "orders", "average_basket", "lost_share"),
    blocks=(
        Block("revenue_over_time", 8),
        Block("monthly_growth", 4),
        Block("by_country", 6),
        Block("by_category", 6),
    ),
    needs=("daily",),
)
PRODUCTS = Dashboard(
    name="product_performance",
    description="Pareto curve, tiers, every product in a table that can be searched and sorted, and what to restock.",
    reads=("core/data_status", "marts/mart_product_performance", "marts/mart_inventory"),
    filters=("category", "abc_class"),
    cards=("products_sold", "product_revenue", "class_a", "restock_due", "dead_stock"),
    blocks=(
        Block("pareto", 8),
        Block("tiers", 4),
        Block("restock", 12, kind="table"),
        Block("products", 12, kind="table"),
    ),
    needs=("products",),
)
CUSTOMERS = Dashboard(
    name="customer_analysis",
    description="RFM segments, lifetime value, recency and frequency, cohort retention, the best customers.",
    reads=(
        "core/data_status",
        "marts/mart_customer_ltv",
        "marts/mart_cohort_retention",
        "marts/mart_activation",
        # Names and addresses, which only their owner's page shows, are in no mart.
        "core/dim_customers",
    ),
    filters=("country",),
    cards=("ordering_customers", "lifetime_value", "repeat_rate", "revenue_at_risk"),
    blocks=(
        Block("segments", 5),
        Block("ltv_by_segment", 4),
        Block("recency_frequency", 3),
        Block("cohorts", 8),
        Block("value_by_age", 4),
        Block("top_customers", 12, kind="table"),
    ),
    needs=("by_segment",),
)
ACQUISITION = Dashboard(
    name="acquisition",
    description="Conversion funnel of the visits, CRM contacts by source and campaign, from signup to first order.",
    reads=(
        "core/data_status",
        "marts/mart_conversion_funnel",
        "marts/mart_crm_conversion",
        "marts/mart_activation",
    ),
    filters=("period", "country"),
    cards=("sessions", "conversion_rate", "activation_rate", "contact_conversion"),
    blocks=(
        Block("funnel", 7),
        Block("conversion_over_time", 5),
        Block("signup_to_order", 5),
        Block("activation_by_month", 7),
        Block("crm_by_source", 4),
        Block("campaigns", 8, kind="table"),
    ),
    needs=("funnel", "signups", "campaigns"),
)
DASHBOARDS = {page.name: page for page in (SALES, PRODUCTS, CUSTOMERS, ACQUISITION)}
