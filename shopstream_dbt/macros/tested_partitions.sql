{#
    dbt's own macro of this name gives a generic test the rows that it looks at: here, of a model whose rows have all
    passed the tests of today's code, only the partitions that were loaded since. What that cannot see, a key that is
    also in an older partition, or a row that it refers to and that has gone, is found once a week, when all models are built and tested whole.
#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where'), loaded_since_tested()] | select | list -%}
    {%- if conditions -%}
        {%- do return('(select * from ' ~ relation ~ ' where (' ~ conditions | join(') and (') ~ ')) as dbt_subquery') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}

{#
    A condition for the partitions loaded since the moment (UTC) that SHOPSTREAM_DBT_TESTED gives the model, if any.
    Of tests that only warn there is none: what they find in the source is there until the source is mended.
#}
{% macro loaded_since_tested() -%}
    {%- if not execute or config.get('severity', 'error') | lower != 'error' or not model.attached_node -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- set node = graph.nodes[model.attached_node] -%}
    {%- set tables = (node.config.get('meta') or {}).get('partition_tables') -%}
    {%- set tested = fromjson(env_var('SHOPSTREAM_DBT_TESTED', '') or '{}') -%}
    {%- set since = tested.get((node.schema ~ '.' ~ node.alias) | upper) -%}
    {%- if not tables or not since -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- do return(
        '_partition_date in (select partition_date from ' ~ source('raw', '_load_log') ~ " where table_name in ('"
        ~ tables | join("', '") ~ "') and loaded_at >= to_timestamp_ntz('" ~ since ~ "', 'YYYY-MM-DD HH24:MI:SS'))"
    ) -%}
{%- endmacro %}
