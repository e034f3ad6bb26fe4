select
    orders.order_id,
    orders.user_id,
    orders.order_date,
    customers.signup_date
from {{ ref('stg_orders') }} as orders
inner join {{ ref('dim_customers') }} as customers on orders.user_id = customers.user_id
where orders.order_date < customers.signup_date
