"""Every product with its sales, its class and its stock."""

from shopstream_platform.serving.kit.data import (
    Data,
    Options,
    Queries,
    Words,
    cents,
    columns,
    known_cents,
    status,
    tenths,
)

PRODUCTS = """
    SELECT
        performance.product_id,
        performance.product_name,
        performance.category,
        performance.total_revenue,
        performance.total_orders,
        performance.total_quantity,
        performance.abc_class,
        performance.tier,
        inventory.stock_quantity,
        inventory.stock_value,
        inventory.units_sold_30_days,
        inventory.days_of_stock,
        inventory.is_restock_due,
        inventory.is_dead_stock
    FROM {marts}.mart_product_performance AS performance
    INNER JOIN {marts}.mart_inventory AS inventory ON performance.product_id = inventory.product_id
    ORDER BY performance.revenue_rank
"""
CLASSES = ["A", "B", "C"]
# What each card says before anybody filters; the page's script computes the same under its filters.
CARDS = {
    "products_sold": "SELECT COUNT(*) FROM {marts}.mart_product_performance WHERE total_orders > 0",
    "product_revenue": "SELECT COALESCE(SUM(total_revenue), 0) FROM {marts}.mart_product_performance",
    "class_a": "SELECT COUNT(*) FROM {marts}.mart_product_performance WHERE abc_class = 'A'",
    "restock_due": "SELECT COUNT(*) FROM {marts}.mart_inventory WHERE is_restock_due",
    "dead_stock": "SELECT COALESCE(SUM(stock_value), 0) FROM {marts}.mart_inventory WHERE is_dead_stock",
}


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data: the products by rank."""
    categories, tiers = Words(), Words()
    products = columns(
        warehouse.rows(PRODUCTS),
        id=int,
        name=lambda value: value or "",
        category=categories,
        revenue=cents,
        orders=int,
        quantity=int,
        abc_class=CLASSES.index,
        tier=tiers,
        stock=int,
        stock_value=known_cents,
        sold_30=int,
        days_of_stock=tenths,
        restock=int,
        dead=int,
    )
    return {
        "status": status(warehouse),
        "categories": categories.all(),
        "classes": CLASSES,
        "tiers": tiers.all(),
        "products": products,
    }
