with

lines as (

    select
        _partition_date,
        1 as is_line,
        0 as is_fact
    from {{ ref('stg_order_items') }}

),

facts as (

    select
        _partition_date,
        0 as is_line,
        1 as is_fact
    from {{ ref('fact_orders') }}

),

both_sides as (

    select * from lines
    union all
    select * from facts

)

select
    _partition_date as partition_date,
    sum(is_line) as line_count,
    sum(is_fact) as fact_count
from both_sides
group by _partition_date
having sum(is_line) <> sum(is_fact)
