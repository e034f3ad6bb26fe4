{# Whether the day of a row is over and loaded whole; a row without a day is of no day that could be running. #}
{% macro is_complete_day(day) -%}
    coalesce({{ day }} <= data_status.newest_complete_day, {{ day }} is null)::boolean
{%- endmacro %}
