"""Customers counted by country, segment and score, so that the page stays small; the best ones one by one."""

from typing import Any

from shopstream_platform.serving.render.data import (
    Data,
    Figures,
    Options,
    Queries,
    Words,
    amount,
    cents,
    columns,
    day,
    ratio,
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


def figures(data: Data) -> Figures:
    """What the cards say before anybody filters."""
    found = data["by_segment"]
    customers, revenue, repeat = (sum(found[name]) for name in ("customers", "revenue", "repeat"))
    at_risk = SEGMENTS.index("At risk")
    value = ratio(revenue, customers)
    return {
        "ordering_customers": customers,
        "lifetime_value": None if value is None else value / 100,
        "repeat_rate": ratio(repeat, customers),
        "revenue_at_risk": amount(
            sum(cents for cents, number in zip(found["revenue"], found["segment"], strict=True) if number == at_risk)
        ),
    }
