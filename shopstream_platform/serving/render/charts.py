"""Altair charts of the pages, without data: the page's script gives them their rows."""

from collections.abc import Callable

from shopstream_platform.serving.pages.acquisition import charts as acquisition
from shopstream_platform.serving.pages.customer_analysis import charts as customers
from shopstream_platform.serving.pages.product_performance import charts as products
from shopstream_platform.serving.pages.sales_overview import charts as sales
from shopstream_platform.serving.render.marks import Drawn

CHARTS: dict[str, Callable[[], Drawn]] = sales.CHARTS | products.CHARTS | customers.CHARTS | acquisition.CHARTS
