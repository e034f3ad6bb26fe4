with

customers as (

    select * from {{ ref('mart_customer_ltv') }}

),

scores as (

    {% for score in ['recency_score', 'frequency_score', 'monetary_score'] %}
        select
            '{{ score }}' as score,
            {{ score }} as quintile,
            count(*) as customers
        from customers
        group by {{ score }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

segments as (

    select
        recency_score,
        frequency_score,
        monetary_score,
        min(segment) as one_segment,
        max(segment) as another_segment
    from customers
    group by recency_score, frequency_score, monetary_score

)

select
    score as what,
    'not 1 to 5' as why
from scores
where quintile not between 1 and 5
union all
select
    score as what,
    'uneven quintiles' as why
from scores
group by score
having max(customers) - min(customers) > 1
union all
select
    one_segment as what,
    'two segments for the same scores' as why
from segments
where one_segment <> another_segment
