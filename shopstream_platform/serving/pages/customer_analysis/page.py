"""Customer analysis: what the page shows, in what order and how wide."""

from pathlib import Path

from shopstream_platform.serving.kit.declaration import Block, Page
from shopstream_platform.serving.pages.customer_analysis import queries

PAGE = Page(
    folder=Path(__file__).parent,
    position=30,
    description="RFM segments, lifetime value, recency and frequency, cohort retention, the best customers.",
    read=queries.read,
    filters=("country",),
    cards=queries.CARDS,
    blocks=(
        Block("segments", 5),
        Block("ltv_by_segment", 4),
        Block("recency_frequency", 3),
        Block("cohorts", 8),
        Block("value_by_age", 4),
        Block("top_customers", 12, kind="table"),
    ),
    needs=("by_segment",),
)
