"""Sales by day and country, and by category too: distinct orders of the one do not follow from the other."""

from shopstream_platform.serving.kit.data import (
    Data,
    Options,
    Queries,
    Words,
    bounds,
    cents,
    columns,
    day,
    status,
    targets,
)

DAILY = """
    SELECT sale_date, country, total_revenue, total_orders, cancelled_orders + refunded_orders AS lost_orders
    FROM {marts}.mart_sales_daily
    ORDER BY sale_date, country
"""
BY_CATEGORY = """
    SELECT sale_date, country, category, total_revenue, total_orders
    FROM {marts}.mart_sales_overview
    ORDER BY sale_date, country, category
"""
LOST_BY_CATEGORY = """
    SELECT sale_date, country, category, lost_orders
    FROM {marts}.mart_lost_orders
    ORDER BY sale_date, country, category
"""
# What each card says before anybody filters; the page's script computes the same under its filters.
CARDS = {
    "revenue": "SELECT COALESCE(SUM(total_revenue), 0) FROM {marts}.mart_sales_daily",
    "orders": "SELECT COALESCE(SUM(total_orders), 0) FROM {marts}.mart_sales_daily",
    "average_basket": "SELECT SUM(total_revenue)::FLOAT / NULLIF(SUM(total_orders), 0) FROM {marts}.mart_sales_daily",
    "lost_share": """
        SELECT
            SUM(cancelled_orders + refunded_orders)::FLOAT
            / NULLIF(SUM(total_orders + cancelled_orders + refunded_orders), 0)
        FROM {marts}.mart_sales_daily
    """,
}


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data."""
    countries, categories = Words(), Words()
    daily = columns(warehouse.rows(DAILY), day=day, country=countries, revenue=cents, orders=int, lost=int)
    by_category = columns(
        warehouse.rows(BY_CATEGORY), day=day, country=countries, category=categories, revenue=cents, orders=int
    )
    lost = columns(warehouse.rows(LOST_BY_CATEGORY), day=day, country=countries, category=categories, orders=int)
    covered = status(warehouse)
    # Days without an order up to the newest that was loaded are days of the data too.
    first, last = bounds([*daily["day"], covered["ends"]] if daily["day"] else [])
    return {
        "status": covered,
        "targets": targets(warehouse),
        "first": first,
        "last": last,
        "countries": countries.all(),
        "categories": categories.all(),
        "daily": daily,
        "by_category": by_category,
        "lost_by_category": lost,
    }
