"""The conversion funnel from the events alone, in PostgreSQL: visits, and the steps that each has reached."""

# A session begins where there is no event in the 30 minutes before; each step is looked for after the step before it.
_VISITS = """
WITH e AS NOT MATERIALIZED (
    SELECT id, user_id, event_ts AS at, lower(btrim(event_type)) AS kind
    FROM events WHERE user_id IS NOT NULL AND event_ts IS NOT NULL
),
occurs AS (
    SELECT COALESCE(bool_or(kind = 'page_view'), FALSE) AS page_view,
           COALESCE(bool_or(kind = 'product_view'), FALSE) AS product_view,
           COALESCE(bool_or(kind = 'add_to_cart'), FALSE) AS add_to_cart,
           COALESCE(bool_or(kind = 'checkout_start'), FALSE) AS checkout_start,
           COALESCE(bool_or(kind = 'purchase'), FALSE) AS purchase
    FROM e
),
beginning AS (
    SELECT id, user_id, at FROM e WHERE NOT EXISTS (
        SELECT FROM e p
        WHERE p.user_id = e.user_id AND p.at > e.at - interval '30 minutes' AND (p.at, p.id) < (e.at, e.id)
    )
),
visit AS (
    SELECT b.*, COALESCE((SELECT min(n.at) FROM beginning n WHERE n.user_id = b.user_id AND n.at > b.at), 'infinity')
           AS until
    FROM beginning b
)
SELECT v.at::date AS session_date, COALESCE(NULLIF(upper(btrim(u.country)), ''), 'Unknown') AS country,
       count(*) AS sessions,
       CASE WHEN o.page_view THEN count(one.id) END AS page_view_sessions,
       CASE WHEN o.product_view THEN count(two.id) END AS product_view_sessions,
       CASE WHEN o.add_to_cart THEN count(three.id) END AS add_to_cart_sessions,
       CASE WHEN o.checkout_start THEN count(four.id) END AS checkout_start_sessions,
       CASE WHEN o.purchase THEN count(five.id) END AS purchase_sessions,
       CASE WHEN {measured} THEN round(count(five.id)::numeric / count(*), 6) END AS conversion_rate,
       {measured} AS has_conversion
FROM visit v JOIN users u ON u.id = v.user_id CROSS JOIN occurs o
LEFT JOIN LATERAL ({one}) one ON TRUE
LEFT JOIN LATERAL ({two}) two ON TRUE
LEFT JOIN LATERAL ({three}) three ON TRUE
LEFT JOIN LATERAL ({four}) four ON TRUE
LEFT JOIN LATERAL ({five}) five ON TRUE
GROUP BY 1, 2, o.page_view, o.product_view, o.add_to_cart, o.checkout_start, o.purchase
"""
_MEASURED = "(o.purchase AND (o.page_view OR o.product_view OR o.add_to_cart OR o.checkout_start))"


def _step(kind: str, before: str | None) -> str:
    """The first event of a kind in a visit, after the step before it; that step itself where the kind never occurs."""
    after = f"AND (e.at, e.id) > ({before}.at, {before}.id)" if before else ""
    passed = f"{before}.at, {before}.id" if before else "'-infinity'::timestamp, 0::bigint"
    known = f"AND {before}.at IS NOT NULL" if before else ""
    return f"""(SELECT e.at, e.id FROM e WHERE e.user_id = v.user_id AND e.at >= v.at AND e.at < v.until
               AND o.{kind} AND e.kind = '{kind}' {after} ORDER BY e.at, e.id LIMIT 1)
               UNION ALL SELECT {passed} WHERE NOT o.{kind} {known}"""


CONVERSION_FUNNEL = _VISITS.format(
    measured=_MEASURED,
    one=_step("page_view", None),
    two=_step("product_view", "one"),
    three=_step("add_to_cart", "two"),
    four=_step("checkout_start", "three"),
    five=_step("purchase", "four"),
)
