"""Every product with its sales, its class and its stock."""

from shopstream_platform.serving.render.data import (
    Data,
    Figures,
    Options,
    Queries,
    Words,
    amount,
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


def figures(data: Data) -> Figures:
    """What the cards say before anybody filters."""
    products = data["products"]
    dead = sum(value or 0 for value, is_dead in zip(products["stock_value"], products["dead"], strict=True) if is_dead)
    return {
        "products_sold": sum(orders > 0 for orders in products["orders"]),
        "product_revenue": amount(sum(products["revenue"])),
        "class_a": sum(CLASSES[number] == "A" for number in products["abc_class"]),
        "restock_due": sum(products["restock"]),
        "dead_stock": amount(dead),
    }
