{#
    CORE._BUILD_LOG: one row per build, numbered in the order in which builds began; finished_at is set once it has built
    and tested all that it was asked for.

    CORE._BUILD_TABLES: what every table held when it was built last, by number of rows and a hash of its declared columns,
    which `shopstream verify` compares with what is there; and made_from, the loads and the code that it was built from as
    the platform names them. NULL says that they are not known: its last build was interrupted, one of its tests failed,
    or somebody has called dbt by hand. invocation_id is the build that has begun to build it last, complete or not.
#}
{% macro build_log_relation(name='_BUILD_LOG') -%}
    {{ target.database }}.{{ generate_schema_name('CORE', none) }}.{{ name }}
{%- endmacro %}

{% macro remember_build() %}
    {% if execute and flags.WHICH in ('build', 'run', 'snapshot', 'seed') %}
        {% do set_query_tag() %}
        {% set log, tables = build_log_relation(), build_log_relation('_BUILD_TABLES') %}
        {% do create_build_log() %}
        {% do run_query(
            'insert into ' ~ log ~ ' (invocation_id, started_at, build_number)'
            ~ " select '" ~ invocation_id ~ "', sysdate(), (select coalesce(max(build_number), 0) + 1 from " ~ log ~ ')'
        ) %}
        {% set chosen = graph.nodes.values()
            | selectattr('resource_type', 'in', ['model', 'snapshot', 'seed'])
            | selectattr('unique_id', 'in', selected_resources) | list %}
        {% if chosen %}
            {% do run_query(
                'update ' ~ tables ~ " set made_from = null, invocation_id = '" ~ invocation_id ~ "' where "
                ~ in_build_tables(chosen)
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{# Both tables are created, and get the columns that they have not got yet: those of before builds were numbered, say. #}
{% macro create_build_log() %}
    {% set declared = {
        '_BUILD_LOG': {
            'invocation_id': 'varchar',
            'started_at': 'timestamp_ntz(9)',
            'finished_at': 'timestamp_ntz(9)',
            'build_number': 'number(38, 0)',
        },
        '_BUILD_TABLES': {
            'table_schema': 'varchar',
            'table_name': 'varchar',
            'materialized': 'varchar',
            'columns': 'varchar',
            'row_count': 'number(38, 0)',
            'content_hash': 'number(38, 0)',
            'made_from': 'varchar',
            'invocation_id': 'varchar',
        },
    } %}
    {% set schema = generate_schema_name('CORE', none) %}
    {% for name, columns in declared.items() %}
        {% set table = build_log_relation(name) %}
        {% set known = adapter.get_relation(database=target.database, schema=schema, identifier=name) %}
        {% if known %}
            {% set there = adapter.get_columns_in_relation(known) | map(attribute='name') | map('lower') | list %}
            {% for column, type in columns.items() if column not in there %}
                {% do run_query('alter table ' ~ table ~ ' add column if not exists ' ~ column ~ ' ' ~ type) %}
            {% endfor %}
        {% else %}
            {% set definitions = [] %}
            {% for column, type in columns.items() %}
                {% do definitions.append(column ~ ' ' ~ type) %}
            {% endfor %}
            {% do run_query('create table if not exists ' ~ table ~ ' (' ~ definitions | join(', ') ~ ')') %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{% macro log_complete_build(results) %}
    {% if execute and flags.WHICH in ('build', 'run', 'snapshot', 'seed') %}
        {% do set_query_tag() %}
        {% set log = build_log_relation() %}
        {% set built = results
            | selectattr('node.resource_type', 'in', ['model', 'snapshot', 'seed'])
            | selectattr('status', 'equalto', 'success') | map(attribute='node') | list %}
        {% set all_nodes = graph.nodes.values()
            | selectattr('resource_type', 'in', ['model', 'snapshot', 'seed'])
            | selectattr('config.enabled') | list %}
        {% set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {% if built %}
            {% set doubted = [] %}
            {% for result in failed %}
                {% do doubted.extend(result.node.depends_on.nodes) %}
            {% endfor %}
            {% do log_contents(built, doubted, built | length == all_nodes | length) %}
        {% endif %}
        {% if failed | length == 0 %}
            {% do run_query('update ' ~ log ~ " set finished_at = sysdate() where invocation_id = '" ~ invocation_id ~ "'") %}
        {% endif %}
    {% endif %}
{% endmacro %}

{#
    What was built, counted and hashed (views: counted) by one statement; a build of all models forgets those that are no
    more. What the models in doubted were made from is not noted: something that depends on them did not pass.
#}
{% macro log_contents(nodes, doubted, whole) %}
    {% set tables, contents = build_log_relation('_BUILD_TABLES'), [] %}
    {# Without the tests nothing is known. #}
    {% set made_from = fromjson(env_var('SHOPSTREAM_DBT_MADE_FROM', '') or '{}') if flags.WHICH == 'build' else {} %}
    {% for node in nodes %}
        {% set is_view = node.config.materialized == 'view' %}
        {% set columns = node.columns.keys() | sort | join(', ') %}
        {% set made = none if node.unique_id in doubted else made_from.get((node.schema ~ '.' ~ node.alias) | upper) %}
        {% do contents.append(
            "select '" ~ node.schema | upper ~ "', '" ~ node.alias | upper ~ "', '" ~ node.config.materialized ~ "', '"
            ~ columns ~ "', count(*), " ~ ('null' if is_view or not columns else 'hash_agg(' ~ columns ~ ')')
            ~ ', ' ~ ("'" ~ made ~ "'" if made else 'null') ~ ", '" ~ invocation_id ~ "'"
            ~ ' from ' ~ node.database ~ '.' ~ node.schema ~ '.' ~ node.alias
        ) %}
    {% endfor %}
    {% do run_query('delete from ' ~ tables ~ ('' if whole else ' where ' ~ in_build_tables(nodes))) %}
    {% do run_query(
        'insert into ' ~ tables ~ ' (table_schema, table_name, materialized, columns, row_count, content_hash, made_from,'
        ~ ' invocation_id) ' ~ contents | join(' union all ')
    ) %}
{% endmacro %}

{% macro in_build_tables(nodes) -%}
    table_schema || '.' || table_name in (
    {%- for node in nodes -%}
        '{{ (node.schema ~ '.' ~ node.alias) | upper }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}
