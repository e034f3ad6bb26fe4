{% set window, dead, restock = var('sales_window_days'), var('dead_stock_days'), var('restock_days') %}

with

products as (

    select * from {{ ref('dim_products') }}

),

performance as (

    select * from {{ ref('mart_product_performance') }}

),

order_lines as (

    select * from {{ ref('fact_orders') }}
    where is_counted

),

last_day as (

    select last_order_date from {{ ref('data_status') }}

),

sold as (

    select
        order_lines.product_id,
        max(order_lines.order_date) as last_sold_date,
        sum(
            iff(datediff(day, order_lines.order_date, last_day.last_order_date) < {{ window }}, order_lines.quantity, 0)
        ) as units_sold_30_days,
        sum(
            iff(datediff(day, order_lines.order_date, last_day.last_order_date) < {{ dead }}, order_lines.quantity, 0)
        ) as units_sold_90_days
    from order_lines
    cross join last_day
    group by order_lines.product_id

),

measured as (

    select
        products.*,
        performance.abc_class,
        sold.last_sold_date,
        coalesce(sold.units_sold_30_days, 0) as units_sold_30_days,
        coalesce(sold.units_sold_90_days, 0) as units_sold_90_days,
        -- Goods that came back may outnumber those sold: then nothing was sold.
        greatest(coalesce(sold.units_sold_30_days, 0), 0) as units_to_replace
    from products
    left join performance on products.product_id = performance.product_id
    left join sold on products.product_id = sold.product_id

),

final as (

    select
        product_id,
        product_name,
        category,
        merchant_id,
        abc_class::varchar as abc_class,
        unit_price,
        stock_quantity,
        -- What was oversold is not there, and a negative price is none.
        (greatest(stock_quantity, 0) * iff(unit_price >= 0, unit_price, null))::number(38, 2) as stock_value,
        last_sold_date,
        units_sold_30_days::number(38, 0) as units_sold_30_days,
        units_sold_90_days::number(38, 0) as units_sold_90_days,
        {{ exact_ratio('(stock_quantity * ' ~ window ~ ')', 'units_to_replace', 1) }} as days_of_stock,
        (stock_quantity > 0 and units_sold_90_days <= 0)::boolean as is_dead_stock,
        -- Whole numbers on both sides: days_of_stock is rounded.
        (
            abc_class = 'A'
            and units_to_replace > 0
            and stock_quantity * {{ window }} < units_to_replace * {{ restock }}
        )::boolean as is_restock_due
    from measured

)

select * from final
