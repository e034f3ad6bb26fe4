"""Acquisition: what the page shows, in what order and how wide."""

from pathlib import Path

from shopstream_platform.serving.kit.declaration import Block, Page
from shopstream_platform.serving.pages.acquisition import queries

PAGE = Page(
    folder=Path(__file__).parent,
    position=40,
    description="Conversion funnel of the visits, CRM contacts by source and campaign, from signup to first order.",
    read=queries.read,
    filters=("period", "country"),
    cards=queries.CARDS,
    blocks=(
        Block("funnel", 7),
        Block("conversion_over_time", 5),
        Block("signup_to_order", 5),
        Block("activation_by_month", 7),
        Block("crm_by_source", 4),
        Block("campaigns", 8, kind="table"),
    ),
    needs=("funnel", "signups", "campaigns"),
)
