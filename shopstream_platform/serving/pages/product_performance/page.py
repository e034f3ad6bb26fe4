"""Product performance: what the page shows, in what order and how wide."""

from pathlib import Path

from shopstream_platform.serving.kit.declaration import Block, Page
from shopstream_platform.serving.pages.product_performance import queries

PAGE = Page(
    folder=Path(__file__).parent,
    position=20,
    description="Pareto curve, tiers, every product in a table that can be searched and sorted, and what to restock.",
    read=queries.read,
    filters=("category", "abc_class"),
    cards=queries.CARDS,
    blocks=(
        Block("pareto", 8),
        Block("tiers", 4),
        Block("restock", 12, kind="table"),
        Block("products", 12, kind="table"),
    ),
    needs=("products",),
)
