{#
    SHOPSTREAM_MASK_PII=true: set the masking policy on the columns tagged pii again, since CREATE OR REPLACE drops it.
    `shopstream provision snowflake` creates the policy. Nothing is sent otherwise.
#}
{% macro mask_pii() %}
    {% if execute and env_var('SHOPSTREAM_MASK_PII', 'false') | lower in ('true', '1') %}
        {% for column in model.columns.values() if 'pii' in column.config.tags %}
            {% do run_query(
                'alter table ' ~ this ~ ' modify column ' ~ column.name ~ ' set masking policy '
                ~ target.database ~ '.RAW.MASK_PII force'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
