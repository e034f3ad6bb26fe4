"""Figures of products and their stock, by the table that holds them."""

from shopstream_platform.serving.power_bi.measures.shorthand import COUNT, EUR, SHARE, measure, metric

FOLDER = "Products"
PRODUCT = (
    metric("product_revenue", "SUM('Product'[Product total revenue])", EUR, FOLDER, "Product revenue"),
    measure(
        "Product orders",
        "IF(HASONEVALUE('Product'[Product ID]), SUM('Product'[Product total orders]))",
        COUNT,
        FOLDER,
        "Distinct counted orders of one product; none for several, since an order has several products.",
    ),
    measure("Product units", "SUM('Product'[Product total quantity])", COUNT, FOLDER, "Units of counted orders."),
    metric(
        "products_sold",
        "CALCULATE(COUNTROWS('Product'), 'Product'[Product total orders] > 0)",
        COUNT,
        FOLDER,
    ),
    metric(
        "class_a", """CALCULATE(COUNTROWS('Product'), KEEPFILTERS('Product'[ABC class] = "A")) + 0""", COUNT, FOLDER
    ),
    measure(
        "Cumulative share",
        "MAX('Product'[Cumulative revenue share])",
        SHARE,
        FOLDER,
        "Share of all revenue up to and including the product, by revenue rank.",
    ),
)
INVENTORY = (
    measure("Stock", "SUM('Inventory'[Stock quantity])", COUNT, FOLDER, "Units in stock."),
    measure("Stock value", "SUM('Inventory'[Stock value amount])", EUR, FOLDER, "Stock in EUR, at sales prices."),
    measure(
        "Units sold in 30 days",
        "SUM('Inventory'[Units of 30 days])",
        COUNT,
        FOLDER,
        "Units sold in the last 30 days of the data.",
    ),
    measure(
        "Days of stock",
        "DIVIDE([Stock] * 30, [Units sold in 30 days])",
        "#,##0.0",
        FOLDER,
        "Days that the stock lasts at the pace of the last 30 days; none if nothing was sold in them.",
    ),
    metric(
        "restock_due",
        "CALCULATE(COUNTROWS('Inventory'), KEEPFILTERS('Inventory'[Is restock due] = TRUE())) + 0",
        COUNT,
        FOLDER,
    ),
    metric("dead_stock", "CALCULATE([Stock value], KEEPFILTERS('Inventory'[Is dead stock] = TRUE())) + 0", EUR, FOLDER),
)
