"""Sales overview: what the page shows, in what order and how wide."""

from pathlib import Path

from shopstream_platform.serving.kit.declaration import Block, Page
from shopstream_platform.serving.pages.sales_overview import queries

PAGE = Page(
    folder=Path(__file__).parent,
    position=10,
    description="Revenue, orders, average basket and lost orders over time, by country and by category.",
    read=queries.read,
    filters=("period", "country", "category"),
    cards=queries.CARDS,
    blocks=(
        Block("revenue_over_time", 8),
        Block("monthly_growth", 4),
        Block("by_country", 6),
        Block("by_category", 6),
    ),
    needs=("daily",),
)
