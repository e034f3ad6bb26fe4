with

order_lines as (

    select * from {{ ref('int_order_lines__located') }}

),

measured as (

    select
        sale_date,
        country,
        is_complete_day,
        coalesce(sum(iff(is_counted, line_revenue, 0)), 0) as total_revenue,
        count(distinct iff(is_counted, order_id, null)) as total_orders,
        coalesce(sum(iff(is_counted, quantity, 0)), 0) as total_quantity,
        coalesce(sum(line_revenue), 0) as gross_revenue,
        count(distinct iff(order_status <> 'refunded' and not is_counted, order_id, null)) as cancelled_orders,
        coalesce(sum(iff(order_status <> 'refunded' and not is_counted, line_revenue, 0)), 0) as cancelled_revenue,
        count(distinct iff(order_status = 'refunded' and not is_counted, order_id, null)) as refunded_orders,
        coalesce(sum(iff(order_status = 'refunded' and not is_counted, line_revenue, 0)), 0) as refunded_revenue
    from order_lines
    group by sale_date, country, is_complete_day

),

final as (

    select
        sale_date,
        country::varchar as country,
        total_revenue::number(38, 2) as total_revenue,
        total_orders::number(38, 0) as total_orders,
        total_quantity::number(38, 0) as total_quantity,
        {{ exact_ratio('total_revenue', 'total_orders', 2) }} as average_basket,
        gross_revenue::number(38, 2) as gross_revenue,
        cancelled_orders::number(38, 0) as cancelled_orders,
        cancelled_revenue::number(38, 2) as cancelled_revenue,
        refunded_orders::number(38, 0) as refunded_orders,
        refunded_revenue::number(38, 2) as refunded_revenue,
        is_complete_day
    from measured

)

select * from final
