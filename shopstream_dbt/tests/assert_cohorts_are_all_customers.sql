with

cohorts as (

    select * from {{ ref('mart_cohort_retention') }}

),

customers as (

    select
        date_trunc('month', first_order_date)::date as cohort_month,
        count(*) as cohort_size
    from {{ ref('mart_customer_ltv') }}
    where first_order_date is not null
    group by date_trunc('month', first_order_date)::date

)

select
    coalesce(cohorts.cohort_month, customers.cohort_month) as cohort_month,
    cohorts.months_since_first_order,
    cohorts.cohort_size,
    cohorts.active_customers,
    customers.cohort_size as expected_cohort_size
from cohorts
full outer join customers on cohorts.cohort_month = customers.cohort_month
where
    coalesce(cohorts.cohort_size, 0) <> coalesce(customers.cohort_size, 0)
    or cohorts.active_customers > cohorts.cohort_size
    or (cohorts.months_since_first_order = 0 and cohorts.active_customers <> cohorts.cohort_size)
