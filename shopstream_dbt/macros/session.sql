{#
    What is built as a table, and the log of builds, sets its session first. The query history then says what each
    statement was sent for, and neither an account's nor a user's formats change what a text means as a time. The
    platform's own sessions set the same (stores/warehouse.py).

    Views and tests set nothing: they would be a quarter of all statements. They have the tag of no model, and the query
    comment names them; a project test sees to it that no text of theirs depends on a format, which a view's must not
    anyway, whoever reads it.
#}
{% macro snowflake__set_query_tag() %}
    {% if sets_its_session() %}
        {% set layer = model.fqn[1] if model.resource_type == 'model' else model.resource_type %}
        {% do run_query(
            'alter session set ' ~ query_tag_setting({'layer': layer, 'model': model.name})
            ~ " timezone = 'UTC' date_input_format = 'AUTO' time_input_format = 'AUTO' timestamp_input_format = 'AUTO'"
            ~ " date_output_format = 'YYYY-MM-DD' timestamp_ntz_output_format = 'YYYY-MM-DD HH24:MI:SS.FF3'"
            ~ " timestamp_type_mapping = 'TIMESTAMP_NTZ'"
        ) %}
    {% endif %}
{% endmacro %}

{# The session's next statements may be of a test. #}
{% macro snowflake__unset_query_tag(original_query_tag) %}
    {% if sets_its_session() %}
        {% do run_query('alter session set ' ~ query_tag_setting({'layer': 'dbt'})) %}
    {% endif %}
{% endmacro %}

{% macro sets_its_session() -%}
    {%- do return(
        model.resource_type != 'test'
        and not (model.resource_type == 'model' and model.config.materialized == 'view')
    ) -%}
{%- endmacro %}

{% macro query_tag_setting(about) -%}
    {%- set tag = {'app': 'shopstream'} -%}
    {%- do tag.update(about) -%}
    {%- do tag.update({'run': env_var('SHOPSTREAM_RUN_ID', 'by hand')}) -%}
    query_tag = '{{ tojson(tag) | replace('\\', '\\\\') | replace("'", "''") }}'
{%- endmacro %}
