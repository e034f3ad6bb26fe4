{#
    Whether a query has the columns of its model's contract, by one statement: dbt asks for the types of the query's columns
    and, by another one, for those of the contract's. Both are what the warehouse calls them.
#}
{% macro snowflake__get_assert_columns_equivalent(sql) %}
    {% set declared = model['columns'] %}
    {% if not declared %}
        {{ exceptions.raise_contract_error([], []) }}
    {% endif %}
    {% set both %}
        {{ config.get('sql_header') or '' }}
        select *
        from (
            {{ sql }}
        ) as of_query
        cross join (
            {{ get_empty_schema_sql(declared) }}
        ) as of_contract
        where false
        limit 0
    {% endset %}
    {% set types = format_columns(adapter.get_column_schema_from_query(both)) %}
    {% set first = types | length - declared | length %}
    {% set of_query, of_contract = types[:first], types[first:] %}
    {% if of_query | map(attribute='formatted') | sort != of_contract | map(attribute='formatted') | sort %}
        {% do exceptions.raise_contract_error(of_contract, of_query) %}
    {% endif %}
{% endmacro %}
