{#
    numerator / denominator with `scale` digits, halves away from zero; NULL if the denominator is 0, which must not be
    negative. Snowflake rounds a quotient of numbers to a few digits of its own choice before a cast rounds it again,
    and the local warehouse divides in floating point: 564.93 / 2 would be 282.46 there. Whole quotients are exact in
    both, so the remainder is taken off first.
#}
{% macro exact_ratio(numerator, denominator, scale) -%}
    {%- set unit = 10 ** scale -%}
    {%- set doubled = "abs(" ~ numerator ~ ") * " ~ (2 * unit) ~ " + " ~ denominator -%}
    (
        sign({{ numerator }})
        * (({{ doubled }}) - mod({{ doubled }}, nullif({{ denominator }} * 2, 0)))
        / nullif({{ denominator }} * 2, 0)
        / {{ unit }}
    )::number(38, {{ scale }})
{%- endmacro %}
