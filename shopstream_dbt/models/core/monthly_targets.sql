with

targets as (

    select * from {{ ref('targets') }}

),

final as (

    select
        date_trunc('month', month)::date as month_start,
        metric::varchar as metric,
        target::number(38, 2) as target
    from targets

)

select * from final
