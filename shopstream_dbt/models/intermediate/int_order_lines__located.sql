with

order_lines as (

    select * from {{ ref('fact_orders') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

data_status as (

    select newest_complete_day from {{ ref('data_status') }}

),

final as (

    select
        order_lines.order_item_id,
        order_lines.order_id,
        order_lines.order_date as sale_date,
        coalesce(order_lines.country, customers.country, 'Unknown')::varchar as country,
        coalesce(products.category, 'Unknown')::varchar as category,
        order_lines.quantity,
        order_lines.line_revenue,
        order_lines.order_status,
        order_lines.is_counted,
        {{ is_complete_day('order_lines.order_date') }} as is_complete_day
    from order_lines
    left join customers on order_lines.user_id = customers.user_id
    left join products on order_lines.product_id = products.product_id
    cross join data_status

)

select * from final
