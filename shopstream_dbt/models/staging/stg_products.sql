with

source as (

    select * from {{ source('raw', 'products') }}

),

renamed as (

    select
        id as product_id,
        merchant_id,
        name as product_name,
        description as product_description,
        nullif(trim(category), '') as category,
        price as unit_price,
        stock_quantity,
        created_at,
        updated_at
    from source

)

select * from renamed
