"""Made-up products: rows with the columns of two marts."""

from collections.abc import Iterable
from decimal import Decimal

from shopstream_platform_tests.serving.integration.pages.marts import Record, Row

# The columns of a product's row, by mart.
PERFORMANCE = (
    *("product_id", "product_name", "category", "total_revenue", "total_orders", "total_quantity"),
    *("abc_class", "tier"),
)
INVENTORY = (
    *("stock_quantity", "stock_value", "units_sold_30_days", "days_of_stock"),
    *("is_restock_due", "is_dead_stock"),
)


def some_products(names: Iterable[str], category: str = "Books") -> list[Row]:
    """Products in the order of their rank."""
    listed = list(names)
    rows: list[Row] = []
    for number, name in enumerate(listed):
        revenue = Decimal(100 * (len(listed) - number)) + Decimal("0.99")
        kind = "A" if number < len(listed) * 0.6 else "B" if number < len(listed) * 0.85 else "C"
        tier = "Top 10" if number < 10 else "Top 50" if number < 50 else "Long Tail"
        restock, dead = kind == "A" and number % 4 == 0, kind == "C"
        rows.append(
            (
                *(number + 1, name, category if number % 2 else "Toys", revenue, 3, 5, kind, tier),
                *(7, Decimal("70.50"), 20, Decimal("10.5") if restock else None, restock, dead),
            )
        )
    return rows


def performance(rows: Iterable[Row]) -> Iterable[Record]:
    """mart_product_performance of these products, whose order is their rank."""
    for rank, row in enumerate(rows, start=1):
        yield dict(zip(PERFORMANCE, row[: len(PERFORMANCE)], strict=True)) | {"revenue_rank": rank}


def inventory(rows: Iterable[Row]) -> Iterable[Record]:
    """mart_inventory of these products."""
    for row in rows:
        what = dict(zip(PERFORMANCE, row[: len(PERFORMANCE)], strict=True))
        shared = {column: what[column] for column in ("product_id", "product_name", "category", "abc_class")}
        found = dict(zip(INVENTORY, row[len(PERFORMANCE) :], strict=True))
        # Some sell more than in the 60 days before, some less, and what is dead nothing.
        sold, number = found["units_sold_30_days"], int(what["product_id"])
        yield shared | found | {"units_sold_90_days": 3 * sold + (number % 7 - 3) * 2}
