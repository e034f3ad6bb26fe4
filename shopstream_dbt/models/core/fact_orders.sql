{{
    config(
        materialized='incremental',
        incremental_strategy='partition_overwrite',
        meta={'partition_tables': ['orders', 'order_items']},
        on_schema_change='append_new_columns'
    )
}}

{% set uncounted = quoted(var('uncounted_statuses')) %}

with

stale_partitions as (

    {{ stale_partitions() }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

order_items as (

    select * from {{ ref('stg_order_items') }}

),

final as (

    select
        order_items.order_item_id::number(38, 0) as order_item_id,
        order_items.order_id::number(38, 0) as order_id,
        orders.user_id::number(38, 0) as user_id,
        order_items.product_id::number(38, 0) as product_id,
        {{ date_key('orders.order_date') }} as date_key,
        orders.order_date,
        orders.ordered_at::timestamp_ntz(9) as ordered_at,
        order_items.quantity::number(38, 0) as quantity,
        order_items.unit_price::number(10, 2) as unit_price,
        order_items.line_total::number(10, 2) as line_revenue,
        orders.order_status::varchar as order_status,
        orders.source_status::varchar as source_status,
        orders.country::varchar as country,
        orders.payment_method::varchar as payment_method,
        iff(orders.order_status in ({{ uncounted }}), false, true)::boolean as is_counted,
        {{ partition_columns('stale_partitions') }}
    from stale_partitions
    inner join order_items on stale_partitions._partition_date = order_items._partition_date
    -- A line lies in the partition of its order: of the orders, too, only stale partitions are read.
    inner join orders
        on
            stale_partitions._partition_date = orders._partition_date
            and order_items.order_id = orders.order_id

)

-- A first build then lies in the order in which partitions are read and replaced; later days are added at the end.
select * from final
order by _partition_date
