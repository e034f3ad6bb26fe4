with

customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        user_id,
        country,
        plan_type,
        signup_date,
        last_login_date,
        is_active
    from customers

)

select * from final
