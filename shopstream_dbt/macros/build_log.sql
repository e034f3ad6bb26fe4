{#
    CORE._BUILD_LOG: one row per build, numbered in the order in which builds began, with the version of RAW and of the
    code that it was made from; finished_at is set once the build was complete and successful. The marts are of the
    newest loads if the newest row is finished and both of its versions are current, but for the models that are made from
    the tables in left_out, which could not be loaded then: these are as an earlier build has left them.
    The version of RAW is a hash of the load log when the build began (load/sql.py has the same).

    CORE._BUILD_TABLES: what every table held when it was built last, by number of rows and a hash of its declared
    columns, which `shopstream verify` compares with what is there.
#}
{% macro build_log_relation(name='_BUILD_LOG') -%}
    {{ target.database }}.{{ generate_schema_name('CORE', none) }}.{{ name }}
{%- endmacro %}

{% macro raw_version() -%}
    (select hash_agg(table_name, load_id) from {{ source('raw', '_load_log') }})
{%- endmacro %}

{% macro remember_raw_version() %}
    {% if execute and flags.WHICH in ('build', 'run', 'snapshot') %}
        {% do set_query_tag() %}
        {% set log = build_log_relation() %}
        {% do run_query(
            'create table if not exists ' ~ log ~ ' (raw_version number(38, 0), code_version varchar,'
            ~ ' invocation_id varchar, started_at timestamp_ntz(9), finished_at timestamp_ntz(9),'
            ~ ' build_number number(38, 0), left_out varchar)'
        ) %}
        {# A log of before builds were numbered, and of before they said what they left out. #}
        {% do run_query('alter table ' ~ log ~ ' add column if not exists build_number number(38, 0)') %}
        {% do run_query('alter table ' ~ log ~ ' add column if not exists left_out varchar') %}
        {% do run_query(
            'create table if not exists ' ~ build_log_relation('_BUILD_TABLES') ~ ' (table_schema varchar,'
            ~ ' table_name varchar, materialized varchar, columns varchar, row_count number(38, 0),'
            ~ ' content_hash number(38, 0))'
        ) %}
        {% do run_query(
            'insert into ' ~ log ~ ' (raw_version, code_version, invocation_id, started_at, build_number)'
            ~ ' select ' ~ raw_version() ~ ", '" ~ env_var('SHOPSTREAM_DBT_CODE', '') ~ "', '" ~ invocation_id
            ~ "', sysdate(), (select coalesce(max(build_number), 0) + 1 from " ~ log ~ ')'
        ) %}
    {% endif %}
{% endmacro %}

{% macro log_complete_build(results) %}
    {% if execute and flags.WHICH in ('build', 'run', 'snapshot') %}
        {% do set_query_tag() %}
        {% set built = results
            | selectattr('node.resource_type', 'in', ['model', 'snapshot'])
            | selectattr('status', 'equalto', 'success') | map(attribute='node') | list %}
        {% set all_nodes = graph.nodes.values()
            | selectattr('resource_type', 'in', ['model', 'snapshot'])
            | selectattr('config.enabled') | list %}
        {% set whole = built | length == all_nodes | length and flags.WHICH == 'build' %}
        {% if built %}
            {% do log_contents(built, whole) %}
        {% endif %}
        {% set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
        {% if failed | length == 0 %}
            {% do finish_build(whole, env_var('SHOPSTREAM_DBT_LEFT_OUT', '') if flags.WHICH == 'build' else '') %}
        {% endif %}
    {% endif %}
{% endmacro %}

{#
    A build of all models, or of all but those made from the tables in left_out, is finished by itself. One of some models
    from what the complete one before it was made from leaves all models as that one left them.
#}
{% macro finish_build(whole, left_out) %}
    {% set log = build_log_relation() %}
    {% set mine = "invocation_id = '" ~ invocation_id ~ "'" %}
    {% set before = 'from ' ~ log ~ ' where finished_at is not null and build_number = ('
        ~ 'select max(build_number) - 1 from ' ~ log ~ ' where ' ~ mine ~ ')' %}
    {% if whole or left_out %}
        {% set left = "'" ~ ('' if whole else left_out) ~ "'" %}
    {% else %}
        {% set left = '(select max(left_out) ' ~ before ~ ')' %}
    {% endif %}
    {% do run_query(
        'update ' ~ log ~ ' set finished_at = sysdate(), left_out = ' ~ left ~ ' where ' ~ mine
        ~ ('' if whole or left_out else ' and (raw_version, code_version) in (select raw_version, code_version ' ~ before ~ ')')
    ) %}
{% endmacro %}

{# What was built, counted and hashed (views: counted) by one statement; a whole build forgets models that are no more. #}
{% macro log_contents(nodes, whole) %}
    {% set log, contents, names = build_log_relation('_BUILD_TABLES'), [], [] %}
    {% for node in nodes %}
        {% set is_view = node.config.materialized == 'view' %}
        {% set columns = node.columns.keys() | sort | join(', ') %}
        {% do names.append("'" ~ (node.schema ~ '.' ~ node.alias) | upper ~ "'") %}
        {% do contents.append(
            "select '" ~ node.schema | upper ~ "', '" ~ node.alias | upper ~ "', '" ~ node.config.materialized ~ "', '"
            ~ columns ~ "', count(*), " ~ ('null' if is_view or not columns else 'hash_agg(' ~ columns ~ ')')
            ~ ' from ' ~ node.database ~ '.' ~ node.schema ~ '.' ~ node.alias
        ) %}
    {% endfor %}
    {% set old = '' if whole else " where table_schema || '.' || table_name in (" ~ names | join(', ') ~ ')' %}
    {% do run_query('delete from ' ~ log ~ old) %}
    {% do run_query(
        'insert into ' ~ log ~ ' (table_schema, table_name, materialized, columns, row_count, content_hash) '
        ~ contents | join(' union all ')
    ) %}
{% endmacro %}
