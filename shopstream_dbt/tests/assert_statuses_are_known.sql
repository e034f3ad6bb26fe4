select
    order_status,
    count(distinct order_id) as orders,
    sum(line_revenue) as revenue
from {{ ref('fact_orders') }}
where
    order_status is not null
    and iff(order_status in ({{ quoted(var('known_statuses') + var('uncounted_statuses')) }}), false, true)
group by order_status
