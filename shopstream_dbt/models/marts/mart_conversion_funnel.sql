with

events as (

    select * from {{ ref('fact_events') }}
    where user_id is not null and event_ts is not null

),

customers as (

    select * from {{ ref('dim_customers') }}

),

timed as (

    select
        user_id,
        event_id,
        event_ts,
        case event_type
            when 'page_view' then '1'
            when 'product_view' then '2'
            when 'add_to_cart' then '3'
            when 'checkout_start' then '4'
            when 'purchase' then '5'
        end as step,
        lag(event_ts) over (partition by user_id order by event_ts asc, event_id asc) as previous_event_ts
    from events

),

numbered as (

    select
        *,
        sum(iff(event_ts >= dateadd(minute, 30, previous_event_ts), 1, 0)) over (
            partition by user_id
            order by event_ts asc, event_id asc
            rows between unbounded preceding and current row
        ) as session_number
    from timed

),

sessions as (

    select
        user_id,
        session_number,
        min(event_ts)::date as session_date,
        coalesce(listagg(step, '') within group (order by event_ts asc, event_id asc), '') as steps
    from numbered
    group by user_id, session_number

),

-- Closed funnel: the steps in this order, whatever lies between them.
measured as (

    select
        sessions.session_date,
        coalesce(customers.country, 'Unknown') as country,
        count(*) as sessions,
        count_if(sessions.steps like '%1%') as page_view_sessions,
        count_if(sessions.steps like '%1%2%') as product_view_sessions,
        count_if(sessions.steps like '%1%2%3%') as add_to_cart_sessions,
        count_if(sessions.steps like '%1%2%3%4%') as checkout_start_sessions,
        count_if(sessions.steps like '%1%2%3%4%5%') as purchase_sessions
    from sessions
    left join customers on sessions.user_id = customers.user_id
    group by sessions.session_date, coalesce(customers.country, 'Unknown')

),

final as (

    select
        session_date,
        country::varchar as country,
        sessions::number(38, 0) as sessions,
        page_view_sessions::number(38, 0) as page_view_sessions,
        product_view_sessions::number(38, 0) as product_view_sessions,
        add_to_cart_sessions::number(38, 0) as add_to_cart_sessions,
        checkout_start_sessions::number(38, 0) as checkout_start_sessions,
        purchase_sessions::number(38, 0) as purchase_sessions,
        {{ exact_ratio('purchase_sessions', 'sessions', 6) }}::number(18, 6) as conversion_rate
    from measured

)

select * from final
