"""Customers counted by country, segment and score, so that the page stays small; the best ones one by one."""

from typing import Any

from shopstream_platform.serving.kit.data import (
    Data,
    Options,
    Queries,
    Words,
    cents,
    columns,
    day,
    status,
)

TOP = 25
SEGMENTS = ["Champions", "Loyal", "Promising", "New", "At risk", "Lost"]

BY_SEGMENT = """
    SELECT
        country,
        segment,
        COUNT(*) AS customers,
        SUM(lifetime_value)::NUMBER(38, 2) AS revenue,
        COUNT_IF(is_repeat_customer) AS repeat_customers
    FROM {marts}.mart_customer_ltv
    GROUP BY country, segment
    ORDER BY country, segment
"""
# Medians do not add up: one for every choice that the page offers.
MEDIANS = """
    SELECT NULL::VARCHAR AS country, NULL::VARCHAR AS segment, MEDIAN(lifetime_value)::NUMBER(38, 2) AS median_value
    FROM {marts}.mart_customer_ltv
    HAVING COUNT(*) > 0
    UNION ALL
    SELECT country, NULL, MEDIAN(lifetime_value)::NUMBER(38, 2)
    FROM {marts}.mart_customer_ltv
    GROUP BY country
    UNION ALL
    SELECT NULL, segment, MEDIAN(lifetime_value)::NUMBER(38, 2)
    FROM {marts}.mart_customer_ltv
    GROUP BY segment
    UNION ALL
    SELECT country, segment, MEDIAN(lifetime_value)::NUMBER(38, 2)
    FROM {marts}.mart_customer_ltv
    GROUP BY country, segment
"""
GRID = """
    SELECT
        country,
        recency_score,
        frequency_score,
        COUNT(*) AS customers,
        SUM(lifetime_value)::NUMBER(38, 2) AS revenue
    FROM {marts}.mart_customer_ltv
    GROUP BY country, recency_score, frequency_score
    ORDER BY country, recency_score, frequency_score
"""
REGISTERED = "SELECT country, SUM(customers) FROM {marts}.mart_activation GROUP BY country ORDER BY country"
COHORTS = """
    SELECT cohort_month, months_since_first_order, cohort_size, active_customers, cumulative_revenue, is_incomplete
    FROM {marts}.mart_cohort_retention
    ORDER BY cohort_month, months_since_first_order
"""
TOP_CUSTOMERS = f"""
    SELECT user_id, country, segment, lifetime_value, frequency, recency_days
    FROM {{marts}}.mart_customer_ltv
    QUALIFY
        ROW_NUMBER() OVER (ORDER BY lifetime_value DESC, user_id) <= {TOP}
        OR ROW_NUMBER() OVER (PARTITION BY country ORDER BY lifetime_value DESC, user_id) <= {TOP}
    ORDER BY lifetime_value DESC, user_id
"""
WITH_NAMES = f"""
    SELECT best.*, customers.full_name, customers.email
    FROM ({TOP_CUSTOMERS}) AS best
    INNER JOIN {{core}}.dim_customers AS customers ON best.user_id = customers.user_id
    ORDER BY best.lifetime_value DESC, best.user_id
"""
# What each card says before anybody filters; the page's script computes the same under its filters.
CARDS = {
    "ordering_customers": "SELECT COUNT(*) FROM {marts}.mart_customer_ltv",
    "lifetime_value": "SELECT SUM(lifetime_value)::FLOAT / NULLIF(COUNT(*), 0) FROM {marts}.mart_customer_ltv",
    "repeat_rate": "SELECT COUNT_IF(is_repeat_customer)::FLOAT / NULLIF(COUNT(*), 0) FROM {marts}.mart_customer_ltv",
    "revenue_at_risk": """
        SELECT COALESCE(SUM(lifetime_value), 0) FROM {marts}.mart_customer_ltv WHERE segment = 'At risk'
    """,
}


def read(warehouse: Queries, options: Options) -> Data:
    """The page's data."""
    countries, segment = Words(), SEGMENTS.index
    data = {
        "status": status(warehouse),
        "segments": SEGMENTS,
        "by_segment": columns(
            warehouse.rows(BY_SEGMENT),
            country=countries,
            segment=segment,
            customers=int,
            revenue=cents,
            repeat=int,
        ),
        "medians": columns(
            warehouse.rows(MEDIANS),
            country=lambda value: None if value is None else countries(value),
            segment=lambda value: None if value is None else segment(value),
            value=cents,
        ),
        "grid": columns(
            warehouse.rows(GRID), country=countries, recency=int, frequency=int, customers=int, revenue=cents
        ),
        "registered": columns(warehouse.rows(REGISTERED), country=countries, customers=int),
        "cohorts": columns(
            warehouse.rows(COHORTS), month=day, age=int, size=int, active=int, revenue=cents, incomplete=int
        ),
        "top": columns(
            warehouse.rows(WITH_NAMES if options.show_pii else TOP_CUSTOMERS), **_top_columns(countries, options)
        ),
    }
    return data | {"countries": countries.all()}


def _top_columns(countries: Words, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": int,
        "country": countries,
        "segment": SEGMENTS.index,
        "value": cents,
        "orders": int,
        "recency": lambda value: None if value is None else int(value),
    }
    if options.show_pii:
        found |= {"name": lambda value: value or "", "email": str}
    return found
