{# Words as SQL literals: 'a', 'b'. An empty list is NULL: `x in (null)` and `x not in (null)` are both
   NULL, so ask by iff(x in (...), ..., ...), which takes NULL for false. #}
{% macro quoted(words) -%}
    {%- for word in words -%}
        '{{ word | string | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- else -%}
        null
    {%- endfor -%}
{%- endmacro %}
