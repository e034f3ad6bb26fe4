{# A status, in lower case and without blanks around it, as the project spells it; an empty one is NULL. #}
{% macro in_one_spelling(status) -%}
    case {{ status }}
        {%- for spelling, meaning in var('status_spellings').items() %}
        when {{ quoted([spelling]) }} then {{ quoted([meaning]) }}
        {%- endfor %}
        when '' then null
        else {{ status }}
    end
{%- endmacro %}
