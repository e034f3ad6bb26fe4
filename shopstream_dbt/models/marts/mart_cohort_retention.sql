with

order_lines as (

    select * from {{ ref('fact_orders') }}
    where order_date is not null and user_id is not null

),

-- The data end with the last order of any status.
bounds as (

    select
        min(date_trunc('month', order_date))::date as first_month,
        max(order_date) as last_order_date
    from order_lines

),

data_status as (

    select last_whole_month from {{ ref('data_status') }}

),

counted_lines as (

    select
        user_id,
        date_trunc('month', order_date)::date as activity_month,
        line_revenue
    from order_lines
    where is_counted

),

first_orders as (

    select
        user_id,
        min(activity_month) as cohort_month
    from counted_lines
    group by user_id

),

cohorts as (

    select
        cohort_month,
        count(*) as cohort_size
    from first_orders
    group by cohort_month

),

active_months as (

    select
        first_orders.cohort_month,
        counted_lines.activity_month,
        count(distinct counted_lines.user_id) as active_customers,
        coalesce(sum(counted_lines.line_revenue), 0) as revenue
    from counted_lines
    inner join first_orders on counted_lines.user_id = first_orders.user_id
    group by first_orders.cohort_month, counted_lines.activity_month

),

-- The number of rows must be a constant: all months of the years 1 to 9999.
month_numbers as (

    select row_number() over (order by seq4()) - 1 as month_number
    from table(generator(rowcount => 119988))

),

-- Months without any order too.
months as (

    select dateadd(month, month_numbers.month_number, bounds.first_month)::date as activity_month
    from bounds
    cross join month_numbers
    where month_numbers.month_number <= datediff(month, bounds.first_month, bounds.last_order_date)

),

measured as (

    select
        cohorts.cohort_month,
        cohorts.cohort_size,
        months.activity_month,
        data_status.last_whole_month,
        datediff(month, cohorts.cohort_month, months.activity_month) as months_since_first_order,
        coalesce(active_months.active_customers, 0) as active_customers,
        coalesce(active_months.revenue, 0) as revenue
    from cohorts
    inner join months on cohorts.cohort_month <= months.activity_month
    cross join data_status
    left join active_months
        on
            cohorts.cohort_month = active_months.cohort_month
            and months.activity_month = active_months.activity_month

),

final as (

    select
        cohort_month,
        months_since_first_order::number(38, 0) as months_since_first_order,
        activity_month,
        cohort_size::number(38, 0) as cohort_size,
        active_customers::number(38, 0) as active_customers,
        {{ exact_ratio('active_customers', 'cohort_size', 6) }}::number(18, 6) as retention_rate,
        revenue::number(38, 2) as revenue,
        sum(revenue) over (
            partition by cohort_month
            order by activity_month asc
            rows between unbounded preceding and current row
        )::number(38, 2) as cumulative_revenue,
        (activity_month > last_whole_month)::boolean as is_incomplete
    from measured

)

select * from final
