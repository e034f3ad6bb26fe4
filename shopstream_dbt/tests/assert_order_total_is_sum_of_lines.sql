select
    orders.order_id,
    orders.total_amount,
    coalesce(sum(order_items.line_total), 0) as sum_of_lines
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_order_items') }} as order_items on orders.order_id = order_items.order_id
group by orders.order_id, orders.total_amount
having orders.total_amount <> coalesce(sum(order_items.line_total), 0)
