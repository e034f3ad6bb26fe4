with

events as (

    select * from {{ ref('stg_events') }}

),

final as (

    select
        event_id::number(38, 0) as event_id,
        user_id::number(38, 0) as user_id,
        event_type::varchar as event_type,
        event_ts::timestamp_ntz(9) as event_ts,
        event_date,
        (year(event_date) * 10000 + month(event_date) * 100 + day(event_date))::number(8, 0) as date_key,
        page::varchar as page,
        product_id::number(38, 0) as product_id,
        order_id::number(38, 0) as order_id,
        device::varchar as device,
        _partition_date
    from events

)

select * from final
