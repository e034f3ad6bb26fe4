with

visits as (

    select
        {% for step in var('funnel_steps') -%}
            count({{ step }}_sessions) as {{ step }}_rows,
        {% endfor -%}
        count(*) as all_rows
    from {{ ref('mart_conversion_funnel') }}

)

{% for step, event_types in var('funnel_steps').items() %}
    select
        '{{ step }}' as missing_step,
        '{{ event_types | join(", ") }}' as event_types
    from visits
    where all_rows > 0 and {{ step }}_rows = 0
    {{ 'union all' if not loop.last }}
{% endfor %}
