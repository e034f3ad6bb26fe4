-- The revenue of every mart is the revenue of the counted lines in fact_orders.
with

expected as (

    select coalesce(sum(line_revenue), 0)::number(38, 2) as revenue
    from {{ ref('fact_orders') }}
    where is_counted

),

marts as (

    select
        'mart_sales_overview' as mart,
        sum(total_revenue) as revenue
    from {{ ref('mart_sales_overview') }}
    union all
    select
        'mart_sales_daily' as mart,
        sum(total_revenue) as revenue
    from {{ ref('mart_sales_daily') }}
    union all
    select
        'mart_product_performance' as mart,
        sum(total_revenue) as revenue
    from {{ ref('mart_product_performance') }}
    union all
    select
        'mart_customer_ltv' as mart,
        sum(lifetime_value) as revenue
    from {{ ref('mart_customer_ltv') }}

)

select
    marts.mart,
    marts.revenue,
    expected.revenue as expected_revenue
from marts
cross join expected
where coalesce(marts.revenue, 0) <> expected.revenue
