with

lines as (

    select
        _partition_date,
        count(*) as line_count
    from {{ ref('stg_order_items') }}
    group by _partition_date

),

facts as (

    select
        _partition_date,
        count(*) as line_count
    from {{ ref('fact_orders') }}
    group by _partition_date

)

select
    coalesce(lines._partition_date, facts._partition_date) as partition_date,
    coalesce(lines.line_count, 0) as line_count,
    coalesce(facts.line_count, 0) as fact_count
from lines
full join facts on lines._partition_date = facts._partition_date
where coalesce(lines.line_count, 0) <> coalesce(facts.line_count, 0)
