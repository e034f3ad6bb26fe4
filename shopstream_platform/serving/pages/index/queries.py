"""Sales by day, and the products whose sales have changed most."""

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

# Two months and the weekdays before them.
DAYS = 100
# Rising and falling ones, each.
SHOWN = 4

DAILY = """
    SELECT sale_date, SUM(total_revenue)::NUMBER(38, 2) AS revenue, SUM(total_orders) AS orders
    FROM {marts}.mart_sales_daily
    WHERE sale_date IS NOT NULL
    GROUP BY sale_date
    ORDER BY sale_date
"""
# Units of 30 days, and of the 60 days before them. Three times the former less all 90 is twice the change.
MOVERS = f"""
    SELECT
        product_name,
        category,
        units_sold_30_days,
        units_sold_90_days - units_sold_30_days AS units_before
    FROM {{marts}}.mart_inventory
    WHERE 3 * units_sold_30_days <> units_sold_90_days
    QUALIFY
        ROW_NUMBER() OVER (ORDER BY 3 * units_sold_30_days - units_sold_90_days DESC, product_id) <= {SHOWN}
        OR ROW_NUMBER() OVER (ORDER BY 3 * units_sold_30_days - units_sold_90_days, product_id) <= {SHOWN}
    ORDER BY 3 * units_sold_30_days - units_sold_90_days DESC, product_id
"""
STOPPED = """
    SELECT COUNT(*) FROM {marts}.mart_inventory WHERE units_sold_30_days <= 0 AND units_sold_90_days > 0
"""


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data."""
    covered, categories = status(warehouse), Words()
    whole_to = covered["ends"] if covered["ended"] else covered["complete_to"]
    rows = warehouse.rows(DAILY)
    first, last = bounds(day(row[0]) for row in rows)
    shown = [row for row in rows if whole_to is None or whole_to - DAYS < (day(row[0]) or 0) <= whole_to]
    return {
        "status": covered,
        "targets": targets(warehouse),
        "first": first,
        "last": last,
        "whole_to": whole_to,
        "daily": columns(shown, day=day, revenue=cents, orders=int),
        "movers": columns(
            warehouse.rows(MOVERS), name=lambda value: value or "", category=categories, now=int, before=int
        ),
        "stopped": sum(int(row[0]) for row in warehouse.rows(STOPPED)),
        "categories": categories.all(),
    }
