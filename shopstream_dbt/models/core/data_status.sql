with

order_lines as (

    select * from {{ ref('fact_orders') }}

),

newest_loads as (

    select
        partition_date,
        coalesce(is_complete, true) as is_complete
    from {{ source('raw', '_load_log') }}
    where partition_date is not null and table_name in ('orders', 'order_items', 'events')
    qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1

),

-- A day that was loaded before it was over is complete once it has been loaded again.
loaded_days as (

    select
        max(partition_date) as newest_day,
        min(iff(is_complete, null, partition_date)) as running_day
    from newest_loads

),

newest_partition as (

    select
        newest_day,
        coalesce(dateadd(day, -1, running_day), newest_day)::date as newest_complete_day
    from loaded_days

),

-- Impossible dates do not make the data older; where there is no other date, they are all that is known.
ordered as (

    select
        coalesce(
            min(iff(order_date >= '{{ var("first_plausible_date") }}'::date, order_date, null)), min(order_date)
        ) as first_order_date,
        max(order_date) as last_order_date
    from order_lines

),

dated as (

    select
        ordered.first_order_date,
        ordered.last_order_date,
        newest_partition.newest_day,
        newest_partition.newest_complete_day,
        coalesce(
            datediff(day, ordered.last_order_date, newest_partition.newest_complete_day)
            > {{ var('ended_after_days') }}, false
        ) as is_ended
    from ordered
    cross join newest_partition

),

-- A month is whole if the data cover it from its first day to its last.
covered as (

    select
        *,
        iff(is_ended, last_order_date, newest_day) as as_of_date,
        iff(
            first_order_date = date_trunc('month', first_order_date),
            first_order_date,
            dateadd(month, 1, date_trunc('month', first_order_date))
        )::date as first_whole_month,
        date_trunc(
            'month',
            dateadd(
                day,
                1,
                iff(is_ended, dateadd(day, {{ var('month_end_slack_days') }}, last_order_date), newest_complete_day)
            )
        )::date as month_after_whole_ones
    from dated

),

final as (

    select
        newest_day,
        newest_complete_day,
        first_order_date,
        last_order_date,
        as_of_date::date as as_of_date,
        is_ended::boolean as is_ended,
        first_whole_month,
        dateadd(month, -1, month_after_whole_ones)::date as last_whole_month
    from covered

)

select * from final
