with

source as (

    select * from {{ source('raw', 'order_items') }}

),

renamed as (

    select
        id as order_item_id,
        order_id,
        product_id,
        quantity,
        unit_price,
        line_total,
        _partition_date
    from source

)

select * from renamed
