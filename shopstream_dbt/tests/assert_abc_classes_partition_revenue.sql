{% set up_to_a, up_to_b = var('abc_percent')['A'], var('abc_percent')['B'] %}

with

products as (

    select * from {{ ref('mart_product_performance') }}

),

measured as (

    select
        sum(total_revenue) as total,
        sum(iff(abc_class = 'A', total_revenue, 0)) as revenue_a,
        sum(iff(abc_class in ('A', 'B'), total_revenue, 0)) as revenue_ab,
        min(iff(abc_class = 'A', total_revenue, null)) as last_of_a,
        min(iff(abc_class = 'B', total_revenue, null)) as last_of_b,
        min(iff(abc_class = 'A', revenue_rank, null)) as first_rank_a,
        max(iff(abc_class = 'A', revenue_rank, null)) as last_rank_a,
        min(iff(abc_class = 'B', revenue_rank, null)) as first_rank_b,
        max(iff(abc_class = 'B', revenue_rank, null)) as last_rank_b,
        min(iff(abc_class = 'C', revenue_rank, null)) as first_rank_c
    from products

)

select *
from measured
where
    (total <= 0 and (first_rank_a is not null or first_rank_b is not null))
    or (
        total > 0
        and (
            first_rank_a is null
            or first_rank_a <> 1
            or (revenue_a - last_of_a) * 100 >= total * {{ up_to_a }}
            or (
                first_rank_b is not null
                and (first_rank_b <> last_rank_a + 1 or revenue_a * 100 < total * {{ up_to_a }})
            )
            or (first_rank_b is not null and (revenue_ab - last_of_b) * 100 >= total * {{ up_to_b }})
            or (
                first_rank_c is not null
                and (first_rank_c <> coalesce(last_rank_b, last_rank_a) + 1 or revenue_ab * 100 < total * {{ up_to_b }})
            )
        )
    )
