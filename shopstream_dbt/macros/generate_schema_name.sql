{# Exact schema names: STAGING, CORE, MARTS, not <target schema>_STAGING. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim | upper }}
{%- endmacro %}
