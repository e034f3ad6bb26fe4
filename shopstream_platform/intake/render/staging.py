"""The dbt models of a source: a view per table that passes every column on, for people to build upon."""

from collections.abc import Iterator, Mapping

from shopstream_platform.intake.proposal import ProposedColumn, ProposedTable
from shopstream_platform.intake.render.examples import example
from shopstream_platform.intake.render.literals import column_description, table_description, yaml

PARTITION_DATE = "_partition_date"


def model_name(source: str, table: str) -> str:
    """The model of a table."""
    return f"stg_{source}__{table}"


def model(table: ProposedTable) -> str:
    """`stg_<source>__<table>.sql`."""
    names = _columns(table)
    # The linter's layout: one target alone stands behind its select.
    targets = f" {names[0]}" if len(names) == 1 else "\n" + ",\n".join(f"        {name}" for name in names)
    return f"""with

source as (

    select * from {{{{ source('{table.source}', '{table.name}') }}}}

),

renamed as (

    select{targets}
    from source

)

select * from renamed
"""


def properties(table: ProposedTable, tables: Mapping[str, ProposedTable]) -> str:
    """`stg_<source>__<table>.yml`; `tables` are all of the source by their full names."""
    name = model_name(table.source, table.name)
    lines = [
        "version: 2",
        "",
        "models:",
        f"  - name: {name}",
        f"    description: {yaml(table_description(table))}",
        *([f"    config: {{meta: {{partition_tables: [{table.full_name}]}}}}"] if table.partition else []),
        *_grain(table),
        "    columns:",
    ]
    for column in table.columns:
        lines += _column(table, column, tables)
    if table.partition:
        lines += [
            f"      - name: {PARTITION_DATE}",
            "        description: The daily partition that the row was loaded with.",
        ]
    lines += ["", "unit_tests:", *_unit_test(table, name)]
    return "\n".join(lines) + "\n"


def _columns(table: ProposedTable) -> list[str]:
    return [*(column.name for column in table.columns), *([PARTITION_DATE] if table.partition else [])]


def _grain(table: ProposedTable) -> Iterator[str]:
    if not table.key:
        yield "    # No key: a row may be there twice."
    if len(table.key) > 1 and _shows_people(table):
        yield f"    # No unique_grain of the key ({', '.join(table.key)}): a test's rows would show personal values."
    elif len(table.key) > 1:
        yield "    data_tests:"
        yield "      - unique_grain:"
        yield f"          arguments: {{columns: [{', '.join(map(yaml, table.key))}]}}"


def _column(table: ProposedTable, column: ProposedColumn, tables: Mapping[str, ProposedTable]) -> Iterator[str]:
    yield f"      - name: {yaml(column.name)}"
    yield f"        description: {yaml(column_description(column))}"
    if column.pii:
        yield "        config: {tags: [pii]}"
    if column.pii and table.key == (column.name,):
        yield "        # Not tested for being unique: a test's rows would show personal values."
    tests = list(_tests(table, column, tables))
    if tests:
        yield "        data_tests:"
        yield from tests


def _tests(table: ProposedTable, column: ProposedColumn, tables: Mapping[str, ProposedTable]) -> Iterator[str]:
    # Of a personal column, too: the rows that it finds have no value there.
    if column.key:
        yield "          - not_null"
    elif column.found.required:
        yield "          - not_null:"
        yield "              config: {severity: warn}"
    if table.key == (column.name,) and not column.pii:
        yield "          - unique"
    # A test that keeps its rows selects no personal column.
    if column.references and not column.pii:
        target = tables[column.references]
        to = f"ref('{model_name(target.source, target.name)}')"
        yield "          - relationships:"
        yield f'              arguments: {{to: "{to}", field: {yaml(target.key[0])}}}'
        yield "              config: {severity: warn, store_failures_as: view}"


def _shows_people(table: ProposedTable) -> bool:
    """Whether a test of the key would select personal values."""
    return any(column.pii for column in table.columns if column.key)


def _unit_test(table: ProposedTable, model: str) -> Iterator[str]:
    rows = [f"            {line}" for line in _example_row(table)]
    yield f"  - name: {table.full_name}_passes_every_column_on"
    yield f"    model: {model}"
    yield "    given:"
    yield f"      - input: source('{table.source}', '{table.name}')"
    yield "        format: sql"
    yield "        rows: |"
    yield from rows
    yield "    expect:"
    yield "      format: sql"
    yield "      rows: |"
    yield from (line.removeprefix("  ") for line in rows)


def _example_row(table: ProposedTable) -> Iterator[str]:
    yield "select"
    values = {column.name: example(column.mapping) for column in table.columns}
    if table.partition:
        values[PARTITION_DATE] = "'2026-01-01'::date"
    last = len(values) - 1
    for at, (name, value) in enumerate(values.items()):
        yield f"    {value} as {name}{'' if at == last else ','}"


def sources(source: str, tables: list[ProposedTable], description: str) -> str:
    """`_<source>__sources.yml`."""
    lines = [
        "version: 2",
        "",
        "sources:",
        f"  - name: {source}",
        f"    description: {yaml(description)}",
        '    database: "{{ target.database }}"',
        "    schema: RAW",
        "    config:",
        "      loaded_at_field: _loaded_at",
        "      freshness:",
        "        warn_after: {count: 36, period: hour}",
        "        error_after: {count: 72, period: hour}",
        "    tables:",
    ]
    for table in tables:
        lines += [
            f"      - name: {yaml(table.name)}",
            f"        identifier: {table.full_name}",
            f"        description: {yaml(table_description(table))}",
        ]
        if table.partition:
            lines.append("        config: {meta: {is_partitioned: true}}")
    return "\n".join(lines) + "\n"
