{#
    Exact schema names: STAGING, CORE, MARTS, not <target schema>_STAGING. SHOPSTREAM_SCHEMA_PREFIX gives a developer or
    a CI job schemas of their own beside them (ALICE_MARTS); RAW is shared.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (env_var('SHOPSTREAM_SCHEMA_PREFIX', '') ~ (custom_schema_name or target.schema) | trim) | upper }}
{%- endmacro %}
