{#
    Called before each model, test and snapshot, on the session that builds it. The query history then says what each
    statement was sent for, and neither an account's nor a user's formats change what a text means as a time. The
    platform's own sessions set the same (stores/warehouse.py).
#}
{% macro snowflake__set_query_tag() %}
    {% set layer = model.fqn[1] if model.resource_type == 'model' else model.resource_type %}
    {% set tag = {
        'app': 'shopstream',
        'layer': layer,
        'model': model.name,
        'run': env_var('SHOPSTREAM_RUN_ID', 'by hand'),
    } %}
    {% do run_query(
        "alter session set query_tag = '" ~ tojson(tag) | replace('\\', '\\\\') | replace("'", "''")
        ~ "' timezone = 'UTC' date_input_format = 'AUTO' time_input_format = 'AUTO' timestamp_input_format = 'AUTO'"
        ~ " date_output_format = 'YYYY-MM-DD' timestamp_ntz_output_format = 'YYYY-MM-DD HH24:MI:SS.FF3'"
        ~ " timestamp_type_mapping = 'TIMESTAMP_NTZ'"
    ) %}
{% endmacro %}

{# What is built next sets its own. #}
{% macro snowflake__unset_query_tag(original_query_tag) %}{% endmacro %}
