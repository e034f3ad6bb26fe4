with

source as (

    select * from {{ source('raw', 'orders') }}

),

renamed as (

    select
        id as order_id,
        user_id,
        created_at as ordered_at,
        created_at::date as order_date,
        total_amount,
        nullif(lower(trim(status)), '') as source_status,
        {{ in_one_spelling('lower(trim(status))') }} as order_status,
        nullif(upper(trim(country)), '') as country,
        lower(trim(payment_method)) as payment_method,
        _partition_date
    from source

)

select * from renamed
