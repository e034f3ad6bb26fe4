select
    order_item_id,
    quantity,
    unit_price,
    line_total
from {{ ref('stg_order_items') }}
where
    line_total <> quantity * unit_price
    or quantity <= 0
    or unit_price < 0
