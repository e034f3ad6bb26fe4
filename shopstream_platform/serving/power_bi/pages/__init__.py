"""The report's pages: which visual shows which fields, and where."""

from shopstream_platform.serving.power_bi.pages import (
    acquisition,
    customer_analysis,
    product_performance,
    sales_overview,
)

PAGES = tuple(module.page() for module in (sales_overview, product_performance, customer_analysis, acquisition))
