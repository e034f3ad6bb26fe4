with

order_lines as (

    select * from {{ ref('int_order_lines__located') }}
    where is_counted

),

final as (

    select
        sale_date,
        country,
        category,
        coalesce(sum(line_revenue), 0)::number(38, 2) as total_revenue,
        count(distinct order_id)::number(38, 0) as total_orders,
        coalesce(sum(quantity), 0)::number(38, 0) as total_quantity,
        is_complete_day
    from order_lines
    group by sale_date, country, category, is_complete_day

)

select * from final
