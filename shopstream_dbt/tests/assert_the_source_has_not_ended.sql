select
    last_order_date,
    newest_day,
    datediff(day, last_order_date, newest_day) as days_without_orders
from {{ ref('data_status') }}
where is_ended
