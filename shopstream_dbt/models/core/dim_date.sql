with

observed_days as (

    select order_date as date_day from {{ ref('stg_orders') }}
    union all
    select event_date as date_day from {{ ref('stg_events') }}

),

observed_years as (

    select distinct year(date_day) as calendar_year
    from observed_days

),

day_numbers as (

    select row_number() over (order by seq4()) - 1 as day_number
    from table(generator(rowcount => 366))

),

days as (

    select dateadd(day, day_numbers.day_number, date_from_parts(observed_years.calendar_year, 1, 1))::date as date_day
    from observed_years
    cross join day_numbers
    where
        observed_years.calendar_year is not null
        and year(dateadd(day, day_numbers.day_number, date_from_parts(observed_years.calendar_year, 1, 1)))
        = observed_years.calendar_year

),

final as (

    select
        (year(date_day) * 10000 + month(date_day) * 100 + day(date_day))::number(8, 0) as date_key,
        date_day,
        year(date_day)::number(4, 0) as calendar_year,
        quarter(date_day)::number(1, 0) as calendar_quarter,
        month(date_day)::number(2, 0) as calendar_month,
        date_trunc('month', date_day)::date as month_start,
        dayofweekiso(date_day)::number(1, 0) as iso_day_of_week,
        (dayofweekiso(date_day) >= 6)::boolean as is_weekend
    from days

)

select * from final
