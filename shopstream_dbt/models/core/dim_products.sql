with

products as (

    select * from {{ ref('stg_products') }}

),

final as (

    select
        product_id::number(38, 0) as product_id,
        merchant_id::number(38, 0) as merchant_id,
        product_name::varchar as product_name,
        coalesce(category, 'Unknown')::varchar as category,
        unit_price::number(10, 2) as unit_price,
        coalesce(stock_quantity, 0)::number(38, 0) as stock_quantity,
        created_at::date as first_offered_date
    from products

)

select * from final
