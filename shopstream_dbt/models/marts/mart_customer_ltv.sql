{% set high, middle = var('rfm_scores')['high'], var('rfm_scores')['middle'] %}

with

order_lines as (

    select * from {{ ref('fact_orders') }}
    where is_counted and user_id is not null

),

customers as (

    select * from {{ ref('dim_customers') }}

),

last_day as (

    select last_order_date from {{ ref('data_status') }}

),

per_customer as (

    select
        user_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        max(ordered_at) as last_ordered_at,
        count(distinct order_id) as frequency,
        coalesce(sum(line_revenue), 0) as monetary
    from order_lines
    group by user_id

),

scored as (

    select
        *,
        ntile(5) over (order by last_ordered_at asc nulls first, user_id asc) as recency_score,
        ntile(5) over (order by frequency asc, user_id asc) as frequency_score,
        ntile(5) over (order by monetary asc, user_id asc) as monetary_score
    from per_customer

),

final as (

    select
        scored.user_id,
        coalesce(customers.country, 'Unknown')::varchar as country,
        coalesce(customers.plan_type, 'unknown')::varchar as plan_type,
        customers.signup_date,
        scored.first_order_date,
        scored.last_order_date,
        datediff(day, scored.last_order_date, last_day.last_order_date)::number(38, 0) as recency_days,
        scored.frequency::number(38, 0) as frequency,
        scored.monetary::number(38, 2) as lifetime_value,
        {{ exact_ratio('scored.monetary', 'scored.frequency', 2) }} as average_order_value,
        scored.recency_score::number(1, 0) as recency_score,
        scored.frequency_score::number(1, 0) as frequency_score,
        scored.monetary_score::number(1, 0) as monetary_score,
        case
            when
                scored.recency_score >= {{ high }}
                and scored.frequency_score >= {{ high }}
                and scored.monetary_score >= {{ high }}
                then 'Champions'
            when scored.recency_score >= {{ middle }} and scored.frequency_score >= {{ middle }} then 'Loyal'
            when scored.recency_score >= {{ high }} then 'New'
            when scored.recency_score >= {{ middle }} then 'Promising'
            when scored.frequency_score >= {{ middle }} then 'At risk'
            else 'Lost'
        end::varchar as segment,
        (scored.frequency >= 2)::boolean as is_repeat_customer
    from scored
    left join customers on scored.user_id = customers.user_id
    cross join last_day

)

select * from final
