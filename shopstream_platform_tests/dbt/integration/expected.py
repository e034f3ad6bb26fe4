"""The marts computed from the OLTP tables alone, in PostgreSQL, from the wording of their descriptions.

Codes count without blanks around them and in one case; an empty code is none.
"""

from datetime import date

from shopstream_platform_tests.dbt.integration.expected_funnel import CONVERSION_FUNNEL

DATES = """
WITH seen AS (
    SELECT created_at FROM orders UNION ALL SELECT event_ts FROM events UNION ALL SELECT created_at FROM users
)
SELECT generate_series(date_trunc('year', min(created_at)), date_trunc('year', max(created_at))
                       + interval '1 year - 1 day', '1 day')::date
FROM seen
"""

ORDERS_AND_LINES = """
WITH o AS (
    SELECT id, user_id, created_at AS at, created_at::date AS day,
           NULLIF(upper(btrim(country)), '') AS country,
           CASE WHEN lower(btrim(status)) ~ '^(cancel|canceled|cancelled|cancellation|voided|failed|declined|expired)$'
                THEN 'cancelled'
                WHEN lower(btrim(status)) ~ '^(return|returned|refund|refunded|chargeback)$' THEN 'refunded'
                ELSE '' END AS status
    FROM orders
),
u AS (
    SELECT id, NULLIF(upper(btrim(country)), '') AS country, lower(btrim(plan_type)) AS plan, created_at::date AS since
    FROM users
),
p AS (SELECT id, name, merchant_id, COALESCE(NULLIF(btrim(category), ''), 'Unknown') AS category FROM products),
-- Per order: what it is worth. An order without lines is not here.
worth AS (
    SELECT o.*, COALESCE(o.country, u.country, 'Unknown') AS place, o.status IN ('cancelled', 'refunded') AS void,
           s.amount, s.units
    FROM o
    JOIN u ON u.id = o.user_id
    JOIN LATERAL (SELECT sum(line_total) AS amount, sum(quantity) AS units FROM order_items i WHERE i.order_id = o.id) s
      ON s.amount IS NOT NULL
)
"""

SALES_OVERVIEW = (
    ORDERS_AND_LINES
    + """
SELECT w.day AS sale_date, w.place AS country, p.category, sum(i.line_total) AS total_revenue,
       count(DISTINCT w.id) AS total_orders, sum(i.quantity) AS total_quantity
FROM order_items i JOIN worth w ON w.id = i.order_id JOIN p ON p.id = i.product_id
WHERE NOT w.void
GROUP BY 1, 2, 3
"""
)

SALES_DAILY = (
    ORDERS_AND_LINES
    + """
SELECT day AS sale_date, place AS country,
       COALESCE(sum(amount) FILTER (WHERE NOT void), 0) AS total_revenue,
       count(*) FILTER (WHERE NOT void) AS total_orders,
       COALESCE(sum(units) FILTER (WHERE NOT void), 0) AS total_quantity,
       round(avg(amount) FILTER (WHERE NOT void), 2) AS average_basket,
       sum(amount) AS gross_revenue,
       count(*) FILTER (WHERE status = 'cancelled') AS cancelled_orders,
       COALESCE(sum(amount) FILTER (WHERE status = 'cancelled'), 0) AS cancelled_revenue,
       count(*) FILTER (WHERE status = 'refunded') AS refunded_orders,
       COALESCE(sum(amount) FILTER (WHERE status = 'refunded'), 0) AS refunded_revenue
FROM worth GROUP BY 1, 2
"""
)

LOST_ORDERS = (
    ORDERS_AND_LINES
    + """
SELECT w.day AS sale_date, w.place AS country, p.category, count(DISTINCT w.id) AS lost_orders,
       sum(i.line_total) AS lost_revenue
FROM worth w JOIN order_items i ON i.order_id = w.id JOIN p ON p.id = i.product_id
WHERE w.void
GROUP BY 1, 2, 3
"""
)

PRODUCT_PERFORMANCE = (
    ORDERS_AND_LINES
    + """,
sales AS (
    SELECT p.*, COALESCE(s.revenue, 0) AS revenue, s.orders, COALESCE(s.units, 0) AS units
    FROM p CROSS JOIN LATERAL (
        SELECT sum(i.line_total) AS revenue, count(DISTINCT i.order_id) AS orders, sum(i.quantity) AS units
        FROM order_items i JOIN worth w ON w.id = i.order_id AND NOT w.void WHERE i.product_id = p.id
    ) s
),
-- Who is better is asked product by product: no window, no running sum.
placed AS (
    SELECT s.*, (SELECT sum(revenue) FROM sales) AS total,
           (SELECT count(*) FROM sales b WHERE (-b.revenue, b.id) < (-s.revenue, s.id)) AS better,
           (SELECT COALESCE(sum(revenue), 0) FROM sales b WHERE (-b.revenue, b.id) < (-s.revenue, s.id)) AS before
    FROM sales s
)
SELECT id AS product_id, name AS product_name, category, merchant_id, revenue AS total_revenue, orders AS total_orders,
       units AS total_quantity, better + 1 AS revenue_rank,
       CASE WHEN total > 0 THEN round(revenue / total, 6) END AS revenue_share,
       CASE WHEN total > 0 THEN round((before + revenue) / total, 6) END AS cumulative_revenue_share,
       CASE WHEN total <= 0 THEN 'C' WHEN before < 0.80 * total THEN 'A' WHEN before < 0.95 * total THEN 'B'
            ELSE 'C' END AS abc_class,
       CASE WHEN better < 10 THEN 'Top 10' WHEN better < 50 THEN 'Top 50' ELSE 'Long Tail' END AS tier
FROM placed
"""
)

CUSTOMER_LTV = (
    ORDERS_AND_LINES
    + """,
customer AS (
    SELECT user_id, min(day) AS first_day, max(day) AS last_day, max(at) AS last_at, count(*) AS orders,
           sum(amount) AS spent
    FROM worth WHERE NOT void GROUP BY user_id
),
-- Position from the worst, counted from 0, one customer against all others.
rated AS (
    SELECT c.*, n.everybody,
           (SELECT count(*) FROM customer b WHERE
               (COALESCE(b.last_at, '-infinity'), b.user_id) < (COALESCE(c.last_at, '-infinity'), c.user_id)) AS r,
           (SELECT count(*) FROM customer b WHERE (b.orders, b.user_id) < (c.orders, c.user_id)) AS f,
           (SELECT count(*) FROM customer b WHERE (b.spent, b.user_id) < (c.spent, c.user_id)) AS m
    FROM customer c CROSS JOIN (SELECT count(*) AS everybody FROM customer) n
),
scored AS (SELECT rated.*, {r} AS recency, {f} AS frequency, {m} AS monetary FROM rated)
SELECT s.user_id, COALESCE(u.country, 'Unknown') AS country, COALESCE(u.plan, 'unknown') AS plan_type,
       u.since AS signup_date, s.first_day AS first_order_date, s.last_day AS last_order_date,
       (SELECT max(day) FROM worth) - s.last_day AS recency_days, s.orders AS frequency, s.spent AS lifetime_value,
       round(s.spent / s.orders, 2) AS average_order_value, s.recency AS recency_score,
       s.frequency AS frequency_score, s.monetary AS monetary_score,
       CASE WHEN s.recency IN (4, 5) AND s.frequency IN (4, 5) AND s.monetary IN (4, 5) THEN 'Champions'
            WHEN s.recency IN (3, 4, 5) AND s.frequency IN (3, 4, 5) THEN 'Loyal'
            WHEN s.recency IN (4, 5) THEN 'New'
            WHEN s.recency = 3 THEN 'Promising'
            WHEN s.frequency IN (3, 4, 5) THEN 'At risk'
            ELSE 'Lost' END AS segment,
       s.orders > 1 AS is_repeat_customer
FROM scored s JOIN u ON u.id = s.user_id
"""
)


ACTIVATION = (
    ORDERS_AND_LINES
    + """,
activated AS (
    SELECT u.since, COALESCE(u.country, 'Unknown') AS country, f.orders, f.day - u.since AS days
    FROM u CROSS JOIN LATERAL (
        SELECT count(*) AS orders, min(day) AS day FROM worth w WHERE w.user_id = u.id AND NOT w.void
    ) f
)
SELECT since AS signup_date, country,
       CASE WHEN orders = 0 THEN 'none' WHEN days IS NULL THEN 'undated' WHEN days = 0 THEN 'same_day'
            WHEN days BETWEEN 1 AND 7 THEN 'week' WHEN days BETWEEN 8 AND 30 THEN 'month'
            WHEN days BETWEEN 31 AND 90 THEN 'quarter' WHEN days > 90 THEN 'later' ELSE 'before_signup' END
           AS first_order_wait,
       count(*) AS customers
FROM activated GROUP BY 1, 2, 3
"""
)

COHORT_RETENTION = (
    ORDERS_AND_LINES
    + """,
bought AS (SELECT user_id, day, amount FROM worth WHERE NOT void AND day IS NOT NULL),
member AS (SELECT user_id, date_trunc('month', min(day)) AS cohort FROM bought GROUP BY user_id),
cohort AS (SELECT cohort, array_agg(user_id) AS members FROM member GROUP BY cohort),
-- The data end with the last order of any status; a shop without one for a week has ended, but for two days of grace.
newest AS (SELECT max(day) AS day FROM worth),
covered AS (SELECT CASE WHEN :newest::date - day > 7 THEN day + 2 ELSE :newest::date END AS day FROM newest)
SELECT c.cohort::date AS cohort_month,
       (extract(year FROM age(m, c.cohort)) * 12 + extract(month FROM age(m, c.cohort)))::int
           AS months_since_first_order,
       m::date AS activity_month, cardinality(c.members) AS cohort_size, a.customers AS active_customers,
       round(a.customers::numeric / cardinality(c.members), 6) AS retention_rate, a.spent AS revenue,
       a.spent_so_far AS cumulative_revenue, covered.day < (m + interval '1 month')::date - 1 AS is_incomplete
FROM cohort c CROSS JOIN newest CROSS JOIN covered
CROSS JOIN LATERAL generate_series(c.cohort, newest.day, interval '1 month') AS m
CROSS JOIN LATERAL (
    SELECT count(DISTINCT b.user_id) FILTER (WHERE b.day >= m) AS customers,
           COALESCE(sum(b.amount) FILTER (WHERE b.day >= m), 0) AS spent, COALESCE(sum(b.amount), 0) AS spent_so_far
    FROM bought b WHERE b.user_id = ANY (c.members) AND b.day < m + interval '1 month'
) a
"""
)

CRM_CONVERSION = (
    ORDERS_AND_LINES
    + """,
contact AS (
    SELECT COALESCE(NULLIF(lower(btrim(source)), ''), 'Unknown') AS contact_source,
           COALESCE(NULLIF(btrim(campaign_id), ''), 'No campaign') AS campaign_id,
           NULLIF(lower(btrim(email)), '') AS email, COALESCE(converted, FALSE) AS converted,
           converted_at::date - created_at::date AS days
    FROM crm_contacts
),
account AS (
    SELECT id, lower(btrim(email)) AS email,
           COALESCE((SELECT sum(amount) FROM worth WHERE user_id = users.id AND NOT void), 0) AS spent
    FROM users
),
campaign AS (
    SELECT contact_source, campaign_id, count(*) AS contacts, count(*) FILTER (WHERE converted) AS converted,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE converted) AS days,
           count(*) FILTER (WHERE email IN (SELECT email FROM account)) AS matched, array_agg(email) AS addresses
    FROM contact GROUP BY 1, 2
)
SELECT contact_source, campaign_id, contacts, converted AS converted_contacts,
       round(converted::numeric / contacts, 6) AS conversion_rate, round(days::numeric, 1) AS median_days_to_convert,
       matched AS matched_contacts, a.customers AS matched_customers,
       CASE WHEN a.customers > 0 THEN a.spent END AS matched_revenue
FROM campaign CROSS JOIN LATERAL (
    SELECT count(*) AS customers, COALESCE(sum(spent), 0) AS spent FROM account WHERE email = ANY (addresses)
) a
"""
)

INVENTORY = f"""{ORDERS_AND_LINES}
SELECT p.id AS product_id, p.name AS product_name, perf.category, p.merchant_id, perf.abc_class, p.price AS unit_price,
       s.stock AS stock_quantity,
       GREATEST(s.stock, 0) * CASE WHEN p.price >= 0 THEN p.price END AS stock_value, sold.newest AS last_sold_date,
       sold.month AS units_sold_30_days, sold.quarter AS units_sold_90_days,
       CASE WHEN sold.month > 0 THEN round(s.stock * 30.0 / sold.month, 1) END AS days_of_stock,
       s.stock > 0 AND sold.quarter <= 0 AS is_dead_stock,
       perf.abc_class = 'A' AND sold.month > 0 AND s.stock * 30.0 / NULLIF(sold.month, 0) < 14 AS is_restock_due
FROM products p
JOIN ({PRODUCT_PERFORMANCE}) perf ON perf.product_id = p.id
CROSS JOIN LATERAL (SELECT COALESCE(p.stock_quantity, 0) AS stock) s
CROSS JOIN (
    SELECT max(created_at::date) AS day FROM orders WHERE id IN (SELECT order_id FROM order_items)
) today
CROSS JOIN LATERAL (
    SELECT max(o.created_at::date) AS newest,
           COALESCE(sum(i.quantity) FILTER (WHERE today.day - o.created_at::date < 30), 0) AS month,
           COALESCE(sum(i.quantity) FILTER (WHERE today.day - o.created_at::date < 90), 0) AS quarter
    FROM order_items i JOIN orders o ON o.id = i.order_id
    WHERE i.product_id = p.id AND o.id IN (SELECT id FROM worth WHERE NOT void)
) sold
"""


def quintile(position: str) -> str:
    """NTILE(5) by its definition: five groups in order, the first ones one larger if five does not divide."""
    larger = "(everybody % 5) * (everybody / 5 + 1)"
    return (
        f"CASE WHEN {position} < {larger} THEN {position} / (everybody / 5 + 1) + 1 "
        f"ELSE everybody % 5 + ({position} - {larger}) / NULLIF(everybody / 5, 0) + 1 END"
    )


_MARTS = {
    "mart_sales_overview": SALES_OVERVIEW,
    "mart_sales_daily": SALES_DAILY,
    "mart_lost_orders": LOST_ORDERS,
    "mart_product_performance": PRODUCT_PERFORMANCE,
    "mart_customer_ltv": CUSTOMER_LTV.format(r=quintile("r"), f=quintile("f"), m=quintile("m")),
    "mart_activation": ACTIVATION,
    "mart_cohort_retention": COHORT_RETENTION,
    "mart_conversion_funnel": CONVERSION_FUNNEL,
    "mart_crm_conversion": CRM_CONVERSION,
    "mart_inventory": INVENTORY,
}


# Mart -> the day of its rows, in marts whose last column says whether that day is over.
_DAYS = {
    "mart_sales_overview": "sale_date",
    "mart_sales_daily": "sale_date",
    "mart_lost_orders": "sale_date",
    "mart_conversion_funnel": "session_date",
    "mart_activation": "signup_date",
}


def marts(newest: date) -> dict[str, str]:
    """Mart -> its query, if `newest` is the newest day that was over and loaded."""
    return {name: _marked(name, query).replace(":newest", f"'{newest}'") for name, query in _MARTS.items()}


def _marked(name: str, query: str) -> str:
    if name not in _DAYS:
        return query
    day = _DAYS[name]
    return f"SELECT q.*, q.{day} IS NULL OR q.{day} <= :newest::date AS is_complete_day FROM ({query}) q"


NAMES = tuple(_MARTS)
