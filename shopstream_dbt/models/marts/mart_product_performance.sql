{% set first_tier, second_tier = var('tier_ranks') %}

with

products as (

    select * from {{ ref('dim_products') }}

),

order_lines as (

    select * from {{ ref('fact_orders') }}
    where is_counted

),

sold as (

    select
        product_id,
        sum(line_revenue) as total_revenue,
        count(distinct order_id) as total_orders,
        sum(quantity) as total_quantity
    from order_lines
    group by product_id

),

measured as (

    select
        products.product_id,
        products.product_name,
        products.category,
        products.merchant_id,
        coalesce(sold.total_revenue, 0)::number(38, 2) as total_revenue,
        coalesce(sold.total_orders, 0)::number(38, 0) as total_orders,
        coalesce(sold.total_quantity, 0)::number(38, 0) as total_quantity
    from products
    left join sold on products.product_id = sold.product_id

),

ranked as (

    select
        *,
        row_number() over (order by total_revenue desc, product_id asc) as revenue_rank,
        sum(total_revenue) over () as overall_revenue,
        iff(sum(total_revenue) over () > 0, sum(total_revenue) over (), null) as shared_revenue,
        sum(total_revenue) over (
            order by total_revenue desc, product_id asc
            rows between unbounded preceding and current row
        ) as revenue_up_to_here
    from measured

),

final as (

    select
        product_id,
        product_name,
        category,
        merchant_id,
        total_revenue,
        total_orders,
        total_quantity,
        revenue_rank::number(38, 0) as revenue_rank,
        {{ exact_ratio('total_revenue', 'shared_revenue', 6) }} as revenue_share,
        {{ exact_ratio('revenue_up_to_here', 'shared_revenue', 6) }} as cumulative_revenue_share,
        -- Whole numbers on both sides: a quotient would be rounded just where the classes part.
        case
            when overall_revenue <= 0 then 'C'
            when (revenue_up_to_here - total_revenue) * 100 < overall_revenue * {{ var('abc_percent')['A'] }} then 'A'
            when (revenue_up_to_here - total_revenue) * 100 < overall_revenue * {{ var('abc_percent')['B'] }} then 'B'
            else 'C'
        end::varchar as abc_class,
        case
            when revenue_rank <= {{ first_tier }} then 'Top {{ first_tier }}'
            when revenue_rank <= {{ second_tier }} then 'Top {{ second_tier }}'
            else 'Long Tail'
        end::varchar as tier
    from ranked

)

select * from final
