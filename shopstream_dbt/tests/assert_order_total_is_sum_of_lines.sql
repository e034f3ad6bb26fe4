-- A rule of the shop, not of the platform: somebody else's data may break it, so it only warns.
{{ config(severity='warn') }}

select
    orders.order_id,
    orders.total_amount,
    sum(order_items.line_total) as sum_of_lines
from {{ ref('stg_orders') }} as orders
inner join {{ ref('stg_order_items') }} as order_items on orders.order_id = order_items.order_id
group by orders.order_id, orders.total_amount
having orders.total_amount <> sum(order_items.line_total)
