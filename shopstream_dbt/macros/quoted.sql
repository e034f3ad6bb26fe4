{# Words as SQL literals: 'a', 'b'. An empty list is NULL, which nothing is in. #}
{% macro quoted(words) -%}
    {%- for word in words -%}
        '{{ word | string | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- else -%}
        null
    {%- endfor -%}
{%- endmacro %}
