"""The marts computed from the OLTP tables alone, in PostgreSQL, from the wording of DESIGN 4.

Codes count without blanks around them and in one case; an empty code is none.
"""

ORDERS_AND_LINES = """
WITH o AS (
    SELECT id, user_id, created_at AS at, created_at::date AS day,
           NULLIF(upper(btrim(country)), '') AS country, COALESCE(lower(btrim(status)), '') AS status
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
       round(revenue / NULLIF(total, 0), 6) AS revenue_share,
       round((before + revenue) / NULLIF(total, 0), 6) AS cumulative_revenue_share,
       CASE WHEN total = 0 THEN 'C' WHEN before < 0.80 * total THEN 'A' WHEN before < 0.95 * total THEN 'B' ELSE 'C' END
           AS abc_class,
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
            ELSE 'Lost' END AS segment
FROM scored s JOIN u ON u.id = s.user_id
"""
)


def quintile(position: str) -> str:
    """NTILE(5) by its definition: five groups in order, the first ones one larger if five does not divide."""
    larger = "(everybody % 5) * (everybody / 5 + 1)"
    return (
        f"CASE WHEN {position} < {larger} THEN {position} / (everybody / 5 + 1) + 1 "
        f"ELSE everybody % 5 + ({position} - {larger}) / NULLIF(everybody / 5, 0) + 1 END"
    )


MARTS = {
    "mart_sales_overview": SALES_OVERVIEW,
    "mart_sales_daily": SALES_DAILY,
    "mart_product_performance": PRODUCT_PERFORMANCE,
    "mart_customer_ltv": CUSTOMER_LTV.format(r=quintile("r"), f=quintile("f"), m=quintile("m")),
}
