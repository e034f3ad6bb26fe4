{% for step, event_types in var('funnel_steps').items() %}
    select
        '{{ step }}' as missing_step,
        '{{ event_types | join(", ") }}' as event_types
    from {{ ref('data_status') }}
    where has_events and not has_{{ step }}
    {{ 'union all' if not loop.last }}
{% endfor %}
