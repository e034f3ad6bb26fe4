"""Sales by day and country, and by category too: distinct orders of the one do not follow from the other."""

from shopstream_platform.serving.render.data import (
    Data,
    Figures,
    Options,
    Queries,
    Words,
    amount,
    bounds,
    cents,
    columns,
    day,
    ratio,
    status,
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
        "first": first,
        "last": last,
        "countries": countries.all(),
        "categories": categories.all(),
        "daily": daily,
        "by_category": by_category,
        "lost_by_category": lost,
    }


def figures(data: Data) -> Figures:
    """What the cards say before anybody filters."""
    daily = data["daily"]
    revenue, orders, lost = (sum(daily[name]) for name in ("revenue", "orders", "lost"))
    basket = ratio(revenue, orders)
    return {
        "revenue": amount(revenue),
        "orders": orders,
        "average_basket": None if basket is None else basket / 100,
        "lost_share": ratio(lost, orders + lost),
    }
