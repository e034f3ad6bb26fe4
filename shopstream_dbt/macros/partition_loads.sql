{#
    Incremental models keep, beside every row, its partition and the load ids of the RAW tables that it was made from.
    A partition is stale when the load log names other ids, or when the code that makes it has changed.
    config(meta={'partition_tables': [...]}) of the model names these tables, once: all macros here read it.
#}

{# The partitioned tables of RAW, as the sources mark them; while the project is parsed, none. #}
{% macro partitioned_sources() -%}
    {%- do return(
        graph.get('sources', {}).values() | selectattr('config.meta.is_partitioned', 'defined')
        | selectattr('config.meta.is_partitioned') | list
    ) -%}
{%- endmacro %}

{# Their names in the load log: `orders` of the shop, `pagila__rental` of another source. #}
{% macro partitioned_names() -%}
    {%- do return(partitioned_sources() | map(attribute='identifier') | map('lower') | list) -%}
{%- endmacro %}

{# The tables that this model is made from by partition. Known when it is run: while the project is parsed, none. #}
{% macro partition_tables() -%}
    {%- if not execute -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- set tables, known = (config.get('meta') or {}).get('partition_tables'), partitioned_names() -%}
    {%- set hint = ": list them in its config(meta={'partition_tables': [...]}), from " ~ known | join(', ') ~ '.' -%}
    {%- if not tables or tables is string -%}
        {%- do exceptions.raise_compiler_error(model.name ~ ' does not say which RAW tables its partitions are made from' ~ hint) -%}
    {%- endif -%}
    {%- for table in tables if table not in known -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ " names '" ~ table ~ "' among its partition tables, which is not a partitioned table of RAW" ~ hint
        ) -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{%- endmacro %}

{# partition x current load id of each table; one statement reads log and RAW, so both are of one moment. #}
{% macro current_partition_loads() %}
    select
        partition_date as _partition_date,
        {% for table in partition_tables() -%}
            max(iff(table_name = '{{ table }}', load_id, null)) as _{{ table }}_load_id{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            table_name,
            partition_date,
            load_id
        from {{ source('raw', '_load_log') }}
        where
            partition_date is not null
            and table_name in ('{{ partition_tables() | join("', '") }}')
        qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1
    ) as newest_loads
    group by partition_date
{% endmacro %}

{# The partitions to rebuild: all of them, or those that {{ this }} has not got from the current loads and code. #}
{% macro stale_partitions() %}
    select current_loads.*
    from ({{ current_partition_loads() }}) as current_loads
    {% if is_incremental() %}
        left join (
            select distinct
                _partition_date,
                {% for table in partition_tables() %}_{{ table }}_load_id, {% endfor %}
                _code_version
            from {{ this }}
        ) as built
            on
                current_loads._partition_date = built._partition_date
                {% for table in partition_tables() -%}
                    and current_loads._{{ table }}_load_id = built._{{ table }}_load_id
                {% endfor -%}
                and built._code_version = '{{ code_version() }}'
        where built._partition_date is null
    {% endif %}
{% endmacro %}

{# The columns by which the next build knows what a row was made from; {{ stale }} is the CTE of stale partitions. #}
{% macro partition_columns(stale) %}
    {{ stale }}._partition_date,
    {% for table in partition_tables() -%}
        {{ stale }}._{{ table }}_load_id::varchar as _{{ table }}_load_id,
    {% endfor -%}
    '{{ code_version() }}'::varchar as _code_version
{%- endmacro %}

{#
    Strategy partition_overwrite: replace every partition that the new rows are of, and remove those that became empty
    or that the load log does not know (RAW was emptied to begin anew), in one transaction.
#}
{% macro get_incremental_partition_overwrite_sql(arg_dict) %}
    {% set target, temp = arg_dict['target_relation'], arg_dict['temp_relation'] %}
    {% set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}
    {% set dml %}
        delete from {{ target }}
        where
            _partition_date in (select _partition_date from {{ temp }})
            or _partition_date not in (
                select partition_date
                from (
                    select
                        partition_date,
                        row_count
                    from {{ source('raw', '_load_log') }}
                    where table_name in ('{{ partition_tables() | join("', '") }}')
                    qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1
                ) as newest_loads
                where partition_date is not null
                group by partition_date
                having min(row_count) > 0
            );

        insert into {{ target }} ({{ columns }})
        select {{ columns }}
        from {{ temp }}
    {% endset %}
    {% do return(snowflake_dml_explicit_transaction(dml)) %}
{% endmacro %}
