-- Of sources alone it would be no asset's check; they are known when it is run. depends_on: {{ ref('stg_orders') }}

with

current_loads as (

    select
        table_name,
        partition_date,
        row_count
    from {{ source('raw', '_load_log') }}
    qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1

),

logged as (

    select
        table_name,
        sum(row_count) as row_count
    from current_loads
    where partition_date is not null
    group by table_name

),

loaded as (

    {% for table in partitioned_sources() %}
        select
            '{{ table.identifier | lower }}' as table_name,
            count(*) as row_count
        from {{ source(table.source_name, table.name) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    loaded.table_name,
    loaded.row_count,
    logged.row_count as logged_row_count
from loaded
left join logged on loaded.table_name = logged.table_name
where loaded.row_count <> coalesce(logged.row_count, 0)
