{#
    CORE._BUILD_LOG: one row per complete, successful build, with the version of RAW and of the code that it was made
    from. `shopstream refresh` compares it with the load log: equal means that there is nothing to build.
    The version of RAW is the number of load-log rows when the build began; the log is append-only.
#}
{% macro build_log_relation() -%}
    {{ target.database }}.{{ generate_schema_name('CORE', none) }}._BUILD_LOG
{%- endmacro %}

{% macro raw_version() -%}
    (select count(*) from {{ source('raw', '_load_log') }})
{%- endmacro %}

{% macro remember_raw_version() %}
    {% if execute and flags.WHICH in ('build', 'run') %}
        {% do run_query(
            'create table if not exists ' ~ build_log_relation() ~ ' (raw_version number(38, 0), code_version varchar,'
            ~ ' invocation_id varchar, started_at timestamp_ntz(9), finished_at timestamp_ntz(9))'
        ) %}
        {% do run_query(
            'insert into ' ~ build_log_relation() ~ ' (raw_version, code_version, invocation_id, started_at)'
            ~ " select " ~ raw_version() ~ ", '" ~ env_var('SHOPSTREAM_DBT_CODE', '') ~ "', '" ~ invocation_id
            ~ "', sysdate()"
        ) %}
    {% endif %}
{% endmacro %}

{% macro log_complete_build(results) %}
    {% if execute and flags.WHICH == 'build' %}
        {% set built = results | selectattr('node.resource_type', 'in', ['model', 'snapshot']) | list %}
        {% set all_nodes = graph.nodes.values()
            | selectattr('resource_type', 'in', ['model', 'snapshot'])
            | selectattr('config.enabled') | list %}
        {% set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {% if built | length == all_nodes | length and failed | length == 0 %}
            {% do run_query(
                'update ' ~ build_log_relation() ~ " set finished_at = sysdate() where invocation_id = '" ~ invocation_id
                ~ "'"
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
