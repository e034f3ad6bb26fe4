select
    order_id,
    order_status,
    order_date,
    sum(line_revenue) as amount
from {{ ref('fact_orders') }}
where not is_counted
group by order_id, order_status, order_date
having sum(line_revenue) < 0
