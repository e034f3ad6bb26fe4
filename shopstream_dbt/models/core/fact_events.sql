{{
    config(
        materialized='incremental',
        incremental_strategy='partition_overwrite',
        meta={'partition_tables': ['events']},
        on_schema_change='append_new_columns'
    )
}}

with

stale_partitions as (

    {{ stale_partitions() }}

),

events as (

    select * from {{ ref('stg_events') }}

),

final as (

    select
        events.event_id::number(38, 0) as event_id,
        events.user_id::number(38, 0) as user_id,
        events.event_type::varchar as event_type,
        events.event_ts::timestamp_ntz(9) as event_ts,
        events.event_date,
        {{ date_key('events.event_date') }} as date_key,
        events.page::varchar as page,
        events.product_id::number(38, 0) as product_id,
        events.order_id::number(38, 0) as order_id,
        events.device::varchar as device,
        {{ partition_columns('stale_partitions') }}
    from stale_partitions
    inner join events on stale_partitions._partition_date = events._partition_date

)

-- A first build then lies in the order in which partitions are read and replaced; later days are added at the end.
select * from final
order by _partition_date
