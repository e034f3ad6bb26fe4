select
    product_id,
    stock_quantity,
    unit_price
from {{ ref('stg_products') }}
where stock_quantity < 0 or unit_price < 0
