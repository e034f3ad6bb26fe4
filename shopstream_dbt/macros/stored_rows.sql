{#
    dbt's own materialization of a test, but that a view of rows is replaced without being dropped: somebody who reads AUDIT
    meanwhile finds the view of before.
#}
{%- materialization test, adapter='snowflake' -%}

    {% do set_query_tag() %}
    {% set header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none %}
    {% set rows, relations = get_limit_subquery_sql(sql, config.get('limit')), [] %}

    {% if should_store_failures() %}
        {% set identifier, kind = model['alias'], config.get('store_failures_as') or 'table' %}
        {% set kept = api.Relation.create(identifier=identifier, schema=schema, database=database, type=kind) %}
        {% set before = adapter.get_relation(database=database, schema=schema, identifier=identifier) %}
        {% if before and before.type != kept.type %}
            {% do adapter.drop_relation(before) %}
        {% endif %}
        {% call statement() %}
            {{ header or '' }}
            {{ get_create_sql(kept, rows) }}
        {% endcall %}
        {% do relations.append(kept) %}
        {% set rows, header = 'select * from ' ~ kept, none %}
    {% endif %}

    {% call statement('main', fetch_result=True) %}
        {{ header or '' }}
        {{ get_test_sql(rows, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {% endcall %}

    {{ return({'relations': relations}) }}

{%- endmaterialization -%}
