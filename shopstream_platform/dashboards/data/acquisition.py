"""Visits by day and country, contacts by source and campaign, signups by day, country and wait for the first order."""

from datetime import date, timedelta
from typing import Any

from shopstream_platform.dashboards.data.common import (
    Data,
    Figures,
    Options,
    Queries,
    Words,
    bounds,
    cents,
    columns,
    day,
    ratio,
    tenths,
)

STEPS = ["page_view", "product_view", "add_to_cart", "checkout_start", "purchase"]
# How long after signing up the first order came; the last two: without a date, not yet.
WAITS = ["same_day", "week", "month", "quarter", "later", "undated", "none"]

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
        matched_revenue
    FROM {marts}.mart_crm_conversion
    ORDER BY contact_source, campaign_id
"""
SIGNUPS = """
    SELECT signup_date, country, wait, COUNT(*) AS users
    FROM (
        SELECT
            customers.signup_date,
            customers.country,
            CASE
                WHEN value.user_id IS NULL THEN 'none'
                WHEN DATEDIFF(day, customers.signup_date, value.first_order_date) <= 0 THEN 'same_day'
                WHEN DATEDIFF(day, customers.signup_date, value.first_order_date) <= 7 THEN 'week'
                WHEN DATEDIFF(day, customers.signup_date, value.first_order_date) <= 30 THEN 'month'
                WHEN DATEDIFF(day, customers.signup_date, value.first_order_date) <= 90 THEN 'quarter'
                WHEN DATEDIFF(day, customers.signup_date, value.first_order_date) > 90 THEN 'later'
                ELSE 'undated'
            END AS wait
        FROM {core}.dim_customers AS customers
        LEFT JOIN {marts}.mart_customer_ltv AS value ON customers.user_id = value.user_id
    ) AS waits
    GROUP BY signup_date, country, wait
    ORDER BY signup_date, country, wait
"""
# The last order in the data, of any status: recency is counted from it.
LAST_ORDER = """
    SELECT last_order_date, recency_days
    FROM {marts}.mart_customer_ltv
    WHERE last_order_date IS NOT NULL
    ORDER BY last_order_date DESC, user_id
    LIMIT 1
"""


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data."""
    countries, sources = Words(), Words()
    steps: dict[str, Any] = dict.fromkeys(STEPS, int)
    funnel = columns(warehouse.rows(FUNNEL), day=day, country=countries, sessions=int, **steps)
    signups = columns(warehouse.rows(SIGNUPS), day=day, country=countries, wait=WAITS.index, users=int)
    campaigns = columns(
        warehouse.rows(CAMPAIGNS),
        source=sources,
        campaign=str,
        contacts=int,
        converted=int,
        median_days=tenths,
        matched_revenue=cents,
    )
    ends = [day(_last_order(found)) for found in warehouse.rows(LAST_ORDER)]
    first, last = bounds([*funnel["day"], *(signups["day"] if not funnel["day"] else []), *ends])
    return {
        "first": first,
        "last": last,
        "countries": countries.all(),
        "sources": sources.all(),
        "steps": STEPS,
        "waits": WAITS,
        "funnel": funnel,
        "signups": signups,
        "campaigns": campaigns,
    }


def _last_order(row: tuple[date, int]) -> date:
    last_counted, recency = row
    return last_counted + timedelta(days=int(recency))


def figures(data: Data) -> Figures:
    """What the cards say before anybody filters."""
    funnel, signups, campaigns = data["funnel"], data["signups"], data["campaigns"]
    users = sum(signups["users"])
    waiting = WAITS.index("none")
    idle = sum(count for count, wait in zip(signups["users"], signups["wait"], strict=True) if wait == waiting)
    return {
        "sessions": sum(funnel["sessions"]),
        "conversion_rate": ratio(sum(funnel["purchase"]), sum(funnel["sessions"])),
        "activation_rate": ratio(users - idle, users),
        "contact_conversion": ratio(sum(campaigns["converted"]), sum(campaigns["contacts"])),
    }
