-- Somebody else's data: an oversold product makes days of stock negative.
{{ config(severity='warn', store_failures_as='view') }}

select
    product_id,
    stock_quantity,
    unit_price
from {{ ref('stg_products') }}
where stock_quantity < 0 or unit_price < 0
