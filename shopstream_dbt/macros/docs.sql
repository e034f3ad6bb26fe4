{#
    What a relation and its columns mean is part of the statement that creates it. dbt would send three statements more
    for a table and one for a view, each time that it is made anew.
#}
{% macro snowflake__get_table_columns_and_constraints() %}
    {%- set definitions = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    {# The other table that an incremental run makes is a temporary one. #}
    {%- set is_kept = not is_incremental() -%}
    (
    {%- for column in model['columns'].values() %}
        {{ definitions[loop.index0] }}
        {%- if is_kept and config.persist_column_docs() and column.description %} comment {{ as_comment(column.description) }}{% endif -%}
        {{ ',' if not loop.last or constraints }}
    {%- endfor %}
    {%- for constraint in constraints %}
        {{ constraint }}{{ ',' if not loop.last }}
    {%- endfor %}
    )
    {%- if is_kept %}{{ comment_property() }}{% endif %}
{% endmacro %}

{# dbt's own macro of this name lists the columns of a view; the comment on the view follows them. #}
{% macro get_persist_docs_column_list(model_columns, query_columns) %}
    (
    {%- for name in query_columns %}
        {{ get_column_comment_sql(name, model_columns) | trim }}{{ ',' if not loop.last }}
    {%- endfor %}
    )
    {{- comment_property() }}
{% endmacro %}

{% macro comment_property() -%}
    {%- if config.persist_relation_docs() and model.description %}
    comment = {{ as_comment(model.description) }}
    {%- endif -%}
{%- endmacro %}

{# As dbt writes comments: $$ would end the text. #}
{% macro as_comment(text) -%}
    $${{ text | replace('$', '[$]') }}$$
{%- endmacro %}

{# Of a relation that was there before: what differs. #}
{% macro snowflake__persist_docs(relation, model, for_relation, for_columns) %}
    {% if not is_created_with_docs() %}
        {% if for_relation and config.persist_relation_docs() and model.description %}
            {% do comment_on_relation(relation, model.description) %}
        {% endif %}
        {% if for_columns and config.persist_column_docs() and model.columns %}
            {% do comment_on_columns(relation, model.columns) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro is_created_with_docs() -%}
    {%- set kind = model.config.materialized -%}
    {%- if kind == 'view' -%}
        {%- do return(config.persist_column_docs()) -%}
    {%- endif -%}
    {%- do return(kind in ('table', 'incremental') and config.get('contract').enforced and not is_incremental()) -%}
{%- endmacro %}

{% macro comment_on_relation(relation, text) %}
    {% set like = "show tables like '" ~ relation.identifier ~ "' in schema " ~ relation.include(identifier=false) %}
    {% set same = [] %}
    {# LIKE takes the underscores of a name for any character. #}
    {% for row in run_query(like) if row['name'] | upper == relation.identifier | upper %}
        {% do same.append(is_said(row['comment'], text)) %}
    {% endfor %}
    {% if same != [true] %}
        {% do run_query(alter_relation_comment(relation, text)) %}
    {% endif %}
{% endmacro %}

{% macro comment_on_columns(relation, columns) %}
    {% set changes, names = [], [] %}
    {% for row in run_query('describe table ' ~ relation) %}
        {% do names.append(row['name']) %}
        {% set column = columns.get(row['name'] | lower, columns.get(row['name'], {})) %}
        {% if not is_said(row['comment'], column.get('description', '')) %}
            {% do changes.append(get_column_comment_sql(row['name'], columns) | trim) %}
        {% endif %}
    {% endfor %}
    {% do validate_doc_columns(relation, columns, names) %}
    {% if changes %}
        {% do run_query('alter table ' ~ relation ~ ' alter ' ~ changes | join(', ')) %}
    {% endif %}
{% endmacro %}

{% macro is_said(comment, text) -%}
    {%- do return((comment or '') | trim == text | replace('$', '[$]') | trim) -%}
{%- endmacro %}
