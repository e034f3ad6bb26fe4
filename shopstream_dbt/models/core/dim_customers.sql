with

users as (

    select * from {{ ref('stg_users') }}

),

final as (

    select
        user_id::number(38, 0) as user_id,
        email::varchar as email,
        first_name::varchar as first_name,
        last_name::varchar as last_name,
        nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '')::varchar as full_name,
        coalesce(country, 'Unknown')::varchar as country,
        coalesce(plan_type, 'unknown')::varchar as plan_type,
        created_at::date as signup_date,
        last_login_at::date as last_login_date,
        is_active::boolean as is_active
    from users

)

select * from final
