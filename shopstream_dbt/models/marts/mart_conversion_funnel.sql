{% set steps = var('funnel_steps') %}
{% set patterns = [] %}
{% for step in steps %}
    {% do patterns.append("iff(seen_steps.has_" ~ step ~ ", '" ~ loop.index ~ "%', '')") %}
{% endfor %}

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
        case
            {% for step, event_types in steps.items() -%}
                when event_type in ({{ quoted(event_types) }}) then '{{ loop.index }}'
            {% endfor %}
        end as step,
        lag(event_ts) over (partition by user_id order by event_ts asc, event_id asc) as previous_event_ts
    from events

),

numbered as (

    select
        *,
        sum(iff(event_ts >= dateadd(minute, {{ var('session_gap_minutes') }}, previous_event_ts), 1, 0)) over (
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

-- Which steps occur at all.
seen_steps as (

    select
        {% for step in steps -%}
            coalesce(max(iff(step = '{{ loop.index }}', 1, 0)), 0) = 1 as has_{{ step }},
        {% endfor -%}
        count(*) as events
    from timed

),

data_status as (

    select newest_complete_day from {{ ref('data_status') }}

),

-- Closed funnel of the steps that occur at all: in this order, whatever lies between them.
reached as (

    select
        sessions.session_date,
        coalesce(customers.country, 'Unknown') as country,
        {{ is_complete_day('sessions.session_date') }} as is_complete_day,
        {% for step in steps -%}
            iff(
                seen_steps.has_{{ step }},
                sessions.steps like ('%' || {{ patterns[:loop.index] | join(' || ') }}),
                null
            ) as has_reached_{{ step }},
        {% endfor -%}
        -- A purchase alone is no conversion: it is known of visits that could have ended otherwise.
        (
            seen_steps.has_purchase
            and (
                {% for step in steps if step != 'purchase' -%}
                    {{ 'or ' if not loop.first }}seen_steps.has_{{ step }}
                {% endfor -%}
            )
        ) as has_conversion
    from sessions
    cross join seen_steps
    cross join data_status
    left join customers on sessions.user_id = customers.user_id

),

measured as (

    select
        session_date,
        country,
        has_conversion,
        is_complete_day,
        {% for step in steps -%}
            sum(iff(has_reached_{{ step }} is null, null, iff(has_reached_{{ step }}, 1, 0))) as {{ step }}_sessions,
        {% endfor -%}
        count(*) as sessions
    from reached
    group by session_date, country, has_conversion, is_complete_day

),

final as (

    select
        session_date,
        country::varchar as country,
        sessions::number(38, 0) as sessions,
        {% for step in steps -%}
            {{ step }}_sessions::number(38, 0) as {{ step }}_sessions,
        {% endfor -%}
        iff(
            has_conversion, {{ exact_ratio('purchase_sessions', 'sessions', 6) }}, null
        )::number(18, 6) as conversion_rate,
        has_conversion::boolean as has_conversion,
        is_complete_day
    from measured

)

select * from final
