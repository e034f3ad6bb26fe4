with

source as (

    select * from {{ source('raw', 'users') }}

),

renamed as (

    select
        id as user_id,
        lower(trim(email)) as email,
        trim(first_name) as first_name,
        trim(last_name) as last_name,
        nullif(upper(trim(country)), '') as country,
        lower(trim(plan_type)) as plan_type,
        created_at,
        last_login as last_login_at,
        is_active
    from source

)

select * from renamed
