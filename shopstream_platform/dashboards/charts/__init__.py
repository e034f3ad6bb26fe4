"""Altair charts of the pages, without data: the page's script gives them their rows."""

from collections.abc import Callable

from shopstream_platform.dashboards.charts import acquisition, customers, products, sales
from shopstream_platform.dashboards.charts.marks import Drawn

CHARTS: dict[str, Callable[[], Drawn]] = sales.CHARTS | products.CHARTS | customers.CHARTS | acquisition.CHARTS
