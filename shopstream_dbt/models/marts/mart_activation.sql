with

customers as (

    select * from {{ ref('dim_customers') }}

),

ordering_customers as (

    select * from {{ ref('mart_customer_ltv') }}

),

data_status as (

    select newest_complete_day from {{ ref('data_status') }}

),

waits as (

    select
        customers.signup_date,
        customers.country,
        {{ is_complete_day('customers.signup_date') }} as is_complete_day,
        ordering_customers.user_id is not null as has_ordered,
        datediff(day, customers.signup_date, ordering_customers.first_order_date) as days_to_first_order
    from customers
    left join ordering_customers on customers.user_id = ordering_customers.user_id
    cross join data_status

),

named as (

    select
        signup_date,
        country,
        is_complete_day,
        case
            when not has_ordered then 'none'
            when days_to_first_order < 0 then 'before_signup'
            when days_to_first_order = 0 then 'same_day'
            when days_to_first_order <= 7 then 'week'
            when days_to_first_order <= 30 then 'month'
            when days_to_first_order <= 90 then 'quarter'
            when days_to_first_order > 90 then 'later'
            else 'undated'
        end::varchar as first_order_wait
    from waits

),

final as (

    select
        signup_date,
        country,
        first_order_wait,
        count(*)::number(38, 0) as customers,
        is_complete_day
    from named
    group by signup_date, country, first_order_wait, is_complete_day

)

select * from final
