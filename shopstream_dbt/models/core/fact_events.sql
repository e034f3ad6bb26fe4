{{
    config(
        materialized='incremental',
        incremental_strategy='partition_overwrite',
        cluster_by=['_partition_date'],
        meta={'partition_tables': ['events']},
        on_schema_change='append_new_columns'
    )
}}

{% set code = code_version_of(['stg_events']) %}

with

stale_partitions as (

    {{ stale_partitions(['events'], code) }}

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
        (year(events.event_date) * 10000 + month(events.event_date) * 100 + day(events.event_date))::number(
            8, 0
        ) as date_key,
        events.page::varchar as page,
        events.product_id::number(38, 0) as product_id,
        events.order_id::number(38, 0) as order_id,
        events.device::varchar as device,
        stale_partitions._partition_date,
        stale_partitions._events_load_id::varchar as _events_load_id,
        '{{ code }}'::varchar as _code_version
    from stale_partitions
    inner join events on stale_partitions._partition_date = events._partition_date

)

select * from final
