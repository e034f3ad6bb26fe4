"""Revenue and orders by time, country and category."""

from shopstream_platform.pbip.pages import Page, Sort, Visual
from shopstream_platform.serving.power_bi.pages.fields import (
    BASKET,
    CATEGORY,
    COUNTRY,
    DATE,
    GROWTH,
    MONTH,
    ORDERS,
    REVENUE,
    YEAR_BEFORE,
    YEAR_ON_YEAR,
)
from shopstream_platform.serving.power_bi.pages.layout import BOTTOM, MIDDLE, head, row


def page() -> Page:
    over_time, growth = row(MIDDLE, 2, 1)
    countries, categories = row(BOTTOM, 1, 1)
    return Page(
        "sales_overview",
        "Sales overview",
        (
            *head(
                (DATE, COUNTRY, CATEGORY),
                (REVENUE, ORDERS, BASKET, ("Sales daily", "Cancelled or refunded")),
                # An order has lines of several categories, and no category if it was cancelled.
                title="Key figures (orders and basket: of one category or of all)",
            ),
            Visual(
                "revenue_over_time",
                "lineChart",
                "Revenue by month, and a year before",
                over_time,
                {"Category": (MONTH,), "Y": (REVENUE, YEAR_BEFORE), "Tooltips": (ORDERS, BASKET, YEAR_ON_YEAR)},
                Sort(MONTH, descending=False),
            ),
            Visual(
                "monthly_growth",
                "clusteredColumnChart",
                "Growth against the month before",
                growth,
                {"Category": (MONTH,), "Y": (GROWTH,)},
                Sort(MONTH, descending=False),
            ),
            Visual(
                "by_country",
                "clusteredBarChart",
                "Revenue by country",
                countries,
                {"Category": (COUNTRY,), "Y": (REVENUE,), "Tooltips": (ORDERS, BASKET)},
                Sort(REVENUE),
            ),
            Visual(
                "by_category",
                "clusteredBarChart",
                "Revenue by category",
                categories,
                {"Category": (CATEGORY,), "Y": (REVENUE,), "Tooltips": (ORDERS, BASKET)},
                Sort(REVENUE),
            ),
        ),
    )
