with

observed_days as (

    select order_date as date_day from {{ ref('stg_orders') }}
    union all
    select event_date as date_day from {{ ref('stg_events') }}
    union all
    select created_at::date as date_day from {{ ref('stg_users') }}

),

observed_years as (

    select
        min(year(date_day)) as first_year,
        max(year(date_day)) as last_year
    from observed_days

),

-- A generator takes a constant: dates have at most 9999 years, and a year 366 days.
year_numbers as (

    select row_number() over (order by seq4()) as calendar_year
    from table(generator(rowcount => 9999))

),

day_numbers as (

    select row_number() over (order by seq4()) - 1 as day_number
    from table(generator(rowcount => 366))

),

calendar_years as (

    select year_numbers.calendar_year
    from year_numbers
    inner join observed_years
        on year_numbers.calendar_year between observed_years.first_year and observed_years.last_year

),

days as (

    select dateadd(day, day_numbers.day_number, date_from_parts(calendar_years.calendar_year, 1, 1))::date as date_day
    from calendar_years
    cross join day_numbers
    -- Day 366 of a common year is of the next, which may be the year 10000.
    where day_numbers.day_number < dayofyear(date_from_parts(calendar_years.calendar_year, 12, 31))

),

data_status as (

    select
        newest_complete_day,
        first_whole_month,
        last_whole_month
    from {{ ref('data_status') }}

),

bounded as (

    select
        days.date_day,
        data_status.newest_complete_day,
        data_status.first_whole_month,
        data_status.last_whole_month
    from days
    cross join data_status

),

final as (

    select
        {{ date_key('date_day') }} as date_key,
        date_day,
        year(date_day)::number(4, 0) as calendar_year,
        quarter(date_day)::number(1, 0) as calendar_quarter,
        month(date_day)::number(2, 0) as calendar_month,
        date_trunc('month', date_day)::date as month_start,
        dayofweekiso(date_day)::number(1, 0) as iso_day_of_week,
        (dayofweekiso(date_day) >= 6)::boolean as is_weekend,
        coalesce(date_day <= newest_complete_day, false)::boolean as is_complete_day,
        coalesce(
            date_trunc('month', date_day) between first_whole_month and last_whole_month, false
        )::boolean as is_complete_month
    from bounded

)

select * from final
