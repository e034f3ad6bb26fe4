"""Products by revenue and stock."""

from shopstream_platform.pbip.pages import Page, Sort, Visual
from shopstream_platform.serving.power_bi.pages.fields import CATEGORY, PRODUCT_REVENUE, RANK
from shopstream_platform.serving.power_bi.pages.layout import BOTTOM, MIDDLE, head, row


def page() -> Page:
    pareto, tiers = row(MIDDLE, 2, 1)
    products, restock = row(BOTTOM, 3, 2)
    abc_class, product = ("Product", "ABC class"), ("Product", "Product")
    days = ("Inventory", "Days of stock")
    return Page(
        "product_performance",
        "Product performance",
        (
            *head(
                (CATEGORY, abc_class),
                (
                    ("Product", "Products sold"),
                    PRODUCT_REVENUE,
                    ("Product", "Class A products"),
                    ("Inventory", "To restock"),
                    ("Inventory", "Dead stock"),
                ),
            ),
            Visual(
                "pareto",
                "lineClusteredColumnComboChart",
                "Revenue of each product by rank, and the share of all revenue up to it",
                pareto,
                {"Category": (RANK,), "Y": (PRODUCT_REVENUE,), "Y2": (("Product", "Cumulative share"),)},
                Sort(RANK, descending=False),
            ),
            Visual(
                "tiers",
                "clusteredBarChart",
                "Revenue by tier",
                tiers,
                {"Category": (("Product", "Tier"),), "Y": (PRODUCT_REVENUE,)},
                Sort(PRODUCT_REVENUE),
            ),
            Visual(
                "products",
                "tableEx",
                "Every product",
                products,
                {
                    "Values": (
                        RANK,
                        product,
                        CATEGORY,
                        abc_class,
                        ("Product", "Tier"),
                        PRODUCT_REVENUE,
                        ("Product", "Product orders"),
                        ("Product", "Cumulative share"),
                    )
                },
                Sort(RANK, descending=False),
            ),
            Visual(
                "restock",
                "tableEx",
                "To restock: class A with under 14 days of stock",
                restock,
                {
                    "Values": (
                        ("Product", "Product ID"),
                        product,
                        ("Inventory", "Stock"),
                        ("Inventory", "Units sold in 30 days"),
                        days,
                    )
                },
                Sort(days, descending=False),
                only=("Inventory", "Is restock due"),
            ),
        ),
    )
