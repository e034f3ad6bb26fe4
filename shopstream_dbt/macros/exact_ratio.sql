{#
    numerator / denominator with `scale` digits, halves away from zero; NULL if the denominator is 0, which must not be
    negative. Snowflake rounds a quotient of numbers to a few digits of its own choice before a cast rounds it again,
    and the local warehouse divides in floating point: 564.93 / 2 would be 282.46 there. Whole quotients are exact in
    both, so the remainder is taken off first, and divided by itself: huge amounts times 10 ** scale would not fit.
#}
{% macro exact_ratio(numerator, denominator, scale) -%}
    {%- set unit = 10 ** scale -%}
    {%- set rest = "mod(abs(" ~ numerator ~ "), nullif(" ~ denominator ~ ", 0))" -%}
    {%- set doubled = rest ~ " * " ~ (2 * unit) ~ " + " ~ denominator -%}
    (
        sign({{ numerator }}) * (
            ((abs({{ numerator }}) - {{ rest }}) / nullif({{ denominator }}, 0))::number(38, {{ scale }})
            + (
                (({{ doubled }}) - mod({{ doubled }}, nullif({{ denominator }} * 2, 0)))
                / nullif({{ denominator }} * 2, 0)
                / {{ unit }}
            )::number(38, {{ scale }})
        )
    )::number(38, {{ scale }})
{%- endmacro %}
