{#
    A hash of what makes the rows of this model: its SQL, that of all models before it, of the project's macros that
    they call, and the project's variables that any of these read. Of other packages, dbt's own too, nothing.
#}
{% macro code_version() -%}
    {%- set parts, models, macros = [], [model.unique_id], [] -%}
    {%- if execute -%}
        {# Both lists grow while they are read. #}
        {%- for name in models -%}
            {%- set node = graph.nodes[name] -%}
            {%- do parts.append(node.raw_code) -%}
            {%- do models.extend(new_names(node.depends_on.nodes, 'model', models)) -%}
            {%- do macros.extend(new_names(node.depends_on.macros, 'macro', macros)) -%}
        {%- endfor -%}
        {%- for name in macros -%}
            {%- set macro = context[name.split('.')[-1]].macro -%}
            {%- do parts.append(macro.macro_sql) -%}
            {%- do macros.extend(new_names(macro.depends_on.macros, 'macro', macros)) -%}
        {%- endfor -%}
        {%- for name in modules.re.findall('\\bvar\\([\'"](\\w+)', parts | join('\n')) | unique | sort -%}
            {%- do parts.append(name ~ '=' ~ tojson(var(name))) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- local_md5(parts | join('\n')) -}}
{%- endmacro %}

{# Those of this project that are not known yet. #}
{% macro new_names(names, kind, known) -%}
    {%- set new = [] -%}
    {%- for name in names if name.startswith(kind ~ '.' ~ project_name ~ '.') and name not in known + new -%}
        {%- do new.append(name) -%}
    {%- endfor -%}
    {%- do return(new) -%}
{%- endmacro %}
