{# The key of a day in dim_date: YYYYMMDD, NULL for no day. #}
{% macro date_key(day) -%}
    (year({{ day }}) * 10000 + month({{ day }}) * 100 + day({{ day }}))::number(8, 0)
{%- endmacro %}
