with

order_lines as (

    select * from {{ ref('fact_orders') }}
    where is_counted

),

customers as (

    select * from {{ ref('dim_customers') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

located as (

    select
        order_lines.order_date as sale_date,
        coalesce(order_lines.country, customers.country, 'Unknown') as country,
        coalesce(products.category, 'Unknown') as category,
        order_lines.order_id,
        order_lines.quantity,
        order_lines.line_revenue
    from order_lines
    left join customers on order_lines.user_id = customers.user_id
    left join products on order_lines.product_id = products.product_id

),

final as (

    select
        sale_date,
        country::varchar as country,
        category::varchar as category,
        coalesce(sum(line_revenue), 0)::number(38, 2) as total_revenue,
        count(distinct order_id)::number(38, 0) as total_orders,
        coalesce(sum(quantity), 0)::number(38, 0) as total_quantity
    from located
    group by sale_date, country, category

)

select * from final
