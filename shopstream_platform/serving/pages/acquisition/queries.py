"""Visits by day and country, contacts by source and campaign, signups by day, country and wait for the first order."""

from typing import Any

from shopstream_platform.serving.kit.data import (
    Data,
    Options,
    Queries,
    Words,
    bounds,
    columns,
    day,
    known_cents,
    status,
    tenths,
)

STEPS = ["page_view", "product_view", "add_to_cart", "checkout_start", "purchase"]
# How long after signing up the first order came; the last two: without a date, not yet.
WAITS = ["before_signup", "same_day", "week", "month", "quarter", "later", "undated", "none"]

FUNNEL = """
    SELECT
        session_date,
        country,
        sessions,
        page_view_sessions,
        product_view_sessions,
        add_to_cart_sessions,
        checkout_start_sessions,
        purchase_sessions
    FROM {marts}.mart_conversion_funnel
    ORDER BY session_date, country
"""
CAMPAIGNS = """
    SELECT
        contact_source,
        campaign_id,
        contacts,
        converted_contacts,
        median_days_to_convert,
        matched_contacts,
        matched_revenue
    FROM {marts}.mart_crm_conversion
    ORDER BY contact_source, campaign_id
"""
SIGNUPS = """
    SELECT signup_date, country, first_order_wait, customers
    FROM {marts}.mart_activation
    ORDER BY signup_date, country, first_order_wait
"""
# What each card says before anybody filters; the page's script computes the same under its filters.
CARDS = {
    "sessions": "SELECT COALESCE(SUM(sessions), 0) FROM {marts}.mart_conversion_funnel",
    # Unknown, not 0, where the data have no purchase or no step before it.
    "conversion_rate": """
        SELECT SUM(purchase_sessions)::FLOAT / NULLIF(SUM(sessions), 0)
        FROM {marts}.mart_conversion_funnel
        WHERE has_conversion
    """,
    "activation_rate": """
        SELECT SUM(CASE WHEN first_order_wait = 'none' THEN 0 ELSE customers END)::FLOAT / NULLIF(SUM(customers), 0)
        FROM {marts}.mart_activation
    """,
    "contact_conversion": """
        SELECT SUM(converted_contacts)::FLOAT / NULLIF(SUM(contacts), 0) FROM {marts}.mart_crm_conversion
    """,
}


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data."""
    countries, sources = Words(), Words()
    steps: dict[str, Any] = dict.fromkeys(STEPS, _count)
    visits = warehouse.rows(FUNNEL)
    funnel = columns(visits, day=day, country=countries, sessions=int, **steps)
    signups = columns(warehouse.rows(SIGNUPS), day=day, country=countries, wait=WAITS.index, users=int)
    campaigns = columns(
        warehouse.rows(CAMPAIGNS),
        source=sources,
        campaign=str,
        contacts=int,
        converted=int,
        median_days=tenths,
        matched_contacts=int,
        matched_revenue=known_cents,
    )
    matched: list[int] = campaigns.pop("matched_contacts")
    covered = status(warehouse)
    # The mart has no count of a step that never occurs.
    present = [step for number, step in enumerate(STEPS, 3) if any(row[number] is not None for row in visits)]
    days = [*funnel["day"], *(signups["day"] if not funnel["day"] else [])]
    first, last = bounds([*days, covered["ends"]] if days else [])
    return {
        "status": covered,
        "first": first,
        "last": last,
        "countries": countries.all(),
        "sources": sources.all(),
        # A step that never occurs is left out of the funnel; a purchase alone says nothing of visits without one.
        "steps": present,
        "missing_steps": [step for step in STEPS if step not in present],
        "measures_conversion": "purchase" in present and len(present) > 1,
        "matched_contacts": sum(matched),
        "waits": WAITS,
        "funnel": funnel,
        "signups": signups,
        "campaigns": campaigns,
    }


def _count(value: Any) -> int:
    """Sessions at a step; none where the step never occurs."""
    return 0 if value is None else int(value)
