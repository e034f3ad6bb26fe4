{% set order_lines = ref('fact_orders') ~ ' where is_counted' %}
{% set customers_lines = order_lines ~ ' and user_id is not null' %}
{% set dated_lines = customers_lines ~ ' and order_date is not null' %}
{% set products_lines = order_lines ~ ' and product_id in (select product_id from ' ~ ref('dim_products') ~ ')' %}
{% set window_lines = products_lines ~ ' and order_date is not null and datediff(day, order_date, '
    ~ '(select max(order_date) from ' ~ ref('fact_orders') ~ ')) < ' ~ var('sales_window_days') %}
{% set ordering_customers = ref('mart_customer_ltv') ~ ' where user_id in (select user_id from '
    ~ ref('dim_customers') ~ ')' %}
{% set comparisons = [
    ('sum(total_revenue)', ref('mart_sales_overview'), 'sum(line_revenue)', order_lines),
    ('sum(total_quantity)', ref('mart_sales_overview'), 'sum(quantity)', order_lines),
    ('sum(total_revenue)', ref('mart_sales_daily'), 'sum(line_revenue)', order_lines),
    ('sum(gross_revenue)', ref('mart_sales_daily'), 'sum(line_revenue)', ref('fact_orders')),
    ('sum(total_revenue + cancelled_revenue + refunded_revenue)', ref('mart_sales_daily'), 'sum(line_revenue)',
        ref('fact_orders')),
    ('sum(total_orders)', ref('mart_sales_daily'), 'count(distinct order_id)', order_lines),
    ('sum(lost_revenue)', ref('mart_lost_orders'), 'sum(line_revenue)', ref('fact_orders') ~ ' where not is_counted'),
    ('sum(total_revenue)', ref('mart_product_performance'), 'sum(line_revenue)', products_lines),
    ('sum(total_quantity)', ref('mart_product_performance'), 'sum(quantity)', products_lines),
    ('count(*)', ref('mart_product_performance'), 'count(*)', ref('dim_products')),
    ('sum(lifetime_value)', ref('mart_customer_ltv'), 'sum(line_revenue)', customers_lines),
    ('sum(frequency)', ref('mart_customer_ltv'), 'count(distinct order_id)', customers_lines),
    ('sum(revenue)', ref('mart_cohort_retention'), 'sum(line_revenue)', dated_lines),
    ('sum(units_sold_30_days)', ref('mart_inventory'), 'sum(quantity)', window_lines),
    ('count(*)', ref('mart_inventory'), 'count(*)', ref('dim_products')),
    ('sum(customers)', ref('mart_activation'), 'count(*)', ref('dim_customers')),
    ("sum(iff(first_order_wait = 'none', 0, customers))", ref('mart_activation'), 'count(*)', ordering_customers),
    ('sum(contacts)', ref('mart_crm_conversion'), 'count(*)', ref('stg_crm_contacts')),
    ('sum(converted_contacts)', ref('mart_crm_conversion'), 'count_if(is_converted)', ref('stg_crm_contacts')),
] %}

with

compared as (

    {% for measure, mart, fact, facts in comparisons %}
        select
            '{{ mart | replace('"', '') }}: {{ measure | replace("'", "''") }}' as measure,
            (select coalesce({{ measure }}, 0)::number(38, 2) from {{ mart }}) as actual,
            (select coalesce({{ fact }}, 0)::number(38, 2) from {{ facts }}) as expected
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select *
from compared
where actual <> expected
