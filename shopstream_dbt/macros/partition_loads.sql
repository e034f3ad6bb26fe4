{#
    Incremental models keep, beside every row, its partition and the load ids of the RAW tables that it was made from.
    A partition is stale when the load log names other ids, or when the code that makes it has changed.
#}

{# partition x current load id of each table; one statement reads log and RAW, so both are of one moment. #}
{% macro current_partition_loads(tables) %}
    select
        partition_date as _partition_date,
        {% for table in tables -%}
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
            and table_name in ('{{ tables | join("', '") }}')
        qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1
    ) as newest_loads
    group by partition_date
{% endmacro %}

{# The partitions to rebuild: all of them, or those that {{ this }} has not got from the current loads and code. #}
{% macro stale_partitions(tables, code) %}
    select current_loads.*
    from ({{ current_partition_loads(tables) }}) as current_loads
    {% if is_incremental() %}
        left join (
            select distinct
                _partition_date,
                {% for table in tables %}_{{ table }}_load_id, {% endfor %}
                _code_version
            from {{ this }}
        ) as built
            on
                current_loads._partition_date = built._partition_date
                {% for table in tables -%}
                    and current_loads._{{ table }}_load_id = built._{{ table }}_load_id
                {% endfor -%}
                and built._code_version = '{{ code }}'
        where built._partition_date is null
    {% endif %}
{% endmacro %}

{#
    A hash of the SQL of this model and of the staging models that it selects from, and of the SQL that their macros make
    of the project's variables.
#}
{% macro code_version_of(upstream, of_variables=[]) -%}
    {%- set parts = [model.raw_code] + of_variables -%}
    {%- if execute -%}
        {%- for name in upstream -%}
            {%- do parts.append(graph.nodes['model.' ~ project_name ~ '.' ~ name].raw_code) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ local_md5(parts | join('\n')) }}
{%- endmacro %}

{#
    Strategy partition_overwrite: replace every partition that the new rows are of, and remove those that became empty
    or that the load log does not know (RAW was emptied to begin anew), in one transaction. config(meta={'partition_tables': [...]}) names the RAW tables.
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
                    where table_name in ('{{ config.get('meta').partition_tables | join("', '") }}')
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
