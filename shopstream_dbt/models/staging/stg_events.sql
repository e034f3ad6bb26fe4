with

source as (

    select * from {{ source('raw', 'events') }}

),

renamed as (

    select
        id as event_id,
        user_id,
        lower(trim(event_type)) as event_type,
        event_ts,
        event_ts::date as event_date,
        metadata:page::varchar as page,
        try_to_number(metadata:product_id::varchar) as product_id,
        try_to_number(metadata:order_id::varchar) as order_id,
        metadata:device::varchar as device,
        metadata,
        _partition_date
    from source

)

select * from renamed
