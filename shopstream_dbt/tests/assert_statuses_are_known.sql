select
    order_status,
    count(distinct order_id) as orders,
    sum(line_revenue) as revenue
from {{ ref('fact_orders') }}
where order_status not in ({{ quoted(var('known_statuses') + var('uncounted_statuses')) }})
group by order_status
