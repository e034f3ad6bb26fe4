"""The declaration of a source: a Python module, in the form that the formatter gives it."""

from collections.abc import Iterator

from shopstream_platform.intake.proposal import (
    ByOwnDay,
    ByParentsDay,
    LeftOut,
    Proposal,
    ProposedColumn,
    ProposedTable,
)
from shopstream_platform.intake.render.literals import (
    LINE,
    column_description,
    comment,
    python,
    python_lines,
    table_description,
)

_INDENT = 8


def declaration(proposal: Proposal, dsn_env: str, description: str) -> str:
    """`contract/sources/<name>.py`."""
    lines = [
        f'"""Source {proposal.source}: tables of a database, proposed by `shopstream source add`; edit them.',
        "",
        "A column that is not declared is not loaded. docs/sources.md says what each part means.",
        '"""',
        "",
        *_imports(proposal),
        "",
    ]
    for table in proposal.tables:
        lines += [*_table(table), ""]
    if proposal.left_out:
        lines += ["# Not loaded:", *_left_out(proposal.left_out, "# ")]
    lines += _source(proposal, dsn_env, description)
    return "\n".join(lines) + "\n"


def constant(table: ProposedTable) -> str:
    """The name of a table's variable."""
    return _constant(table.name)


def _constant(name: str) -> str:
    return "SOURCE_" if name == "source" else name.upper()


def _imports(proposal: Proposal) -> list[str]:
    tables = proposal.tables
    used = {
        "ByDay": any(isinstance(table.partition, ByOwnDay) for table in tables),
        "ByParent": any(isinstance(table.partition, ByParentsDay) for table in tables),
        "LakeFormat": any(table.as_ndjson for table in tables),
        "Table": True,
    }
    names = ", ".join(name for name, is_used in used.items() if is_used)
    return [
        "from shopstream_platform.contract.columns import column",
        f"from shopstream_platform.contract.declare import {names}",
        "from shopstream_platform.contract.source import Source",
    ]


def _table(table: ProposedTable) -> Iterator[str]:
    for note in table.notes:
        yield from comment(f"{note[0].upper()}{note[1:]}.")
    yield f"{constant(table)} = Table("
    yield f"    name={python(table.full_name)},"
    yield f"    source={python(table.source)},"
    yield f"    relation={python(table.relation.sql)},"
    yield from _keyword("description", table_description(table))
    yield from _columns(table)
    yield from comment(
        f"{'Cut into days: ' if table.partition else 'A full snapshot each time: '}{table.why}.", "    # "
    )
    match table.partition:
        case ByOwnDay(column):
            yield f"    partition=ByDay({python(column)}),"
        case ByParentsDay(parent, via):
            yield f"    partition=ByParent({_constant(parent.removeprefix(f'{table.source}__'))}, via={python(via)}),"
    if table.as_ndjson:
        yield "    lake_format=LakeFormat.NDJSON,"
    yield ")"


def _columns(table: ProposedTable) -> list[str]:
    inside = [line for column in table.columns for line in _column(column)]
    if table.left_out:
        inside += ["        # Not loaded:", *_left_out(table.left_out, "        # ")]
    return _tuple("columns", inside)


def _tuple(name: str, inside: list[str]) -> list[str]:
    """A tuple, each member on lines of its own; one alone, without a comment, stands on the line of its name."""
    one = f"    {name}=({inside[0].strip()}),"
    if len(inside) == 1 and len(one) <= LINE:
        return [one]
    return [f"    {name}=(", *inside, "    ),"]


def _keyword(name: str, text: str) -> list[str]:
    one = f"    {name}={python(text)},"
    if len(one) <= LINE:
        return [one]
    return [f"    {name}=(", *(f"        {piece}" for piece in python_lines(text, _INDENT)), "    ),"]


def _column(column: ProposedColumn) -> Iterator[str]:
    said = column_description(column)
    before = [python(column.name), python(column.found.type_name)]
    after = list(_options(column))
    if column.note:
        yield from comment(f"{column.note[0].upper()}{column.note[1:]}.", "        # ")
    one = f"        column({', '.join([*before, python(said), *after])}),"
    if len(one) <= LINE:
        yield one
        return
    arguments = [*before, *after]
    inside = f"            {', '.join([*before, python(said), *after])}"
    if len(inside) <= LINE:
        # The formatter puts all arguments on a line of their own where they fit there.
        yield "        column("
        yield inside
        yield "        ),"
        return
    yield "        column("
    yield from (f"            {argument}," for argument in arguments[:2])
    *pieces, last = python_lines(said, 12)
    yield from (f"            {piece}" for piece in pieces)
    yield f"            {last},"
    yield from (f"            {argument}," for argument in arguments[2:])
    yield "        ),"


def _options(column: ProposedColumn) -> Iterator[str]:
    found = column.found
    if column.key:
        yield "key=True"
    elif found.required:
        yield "nullable=False"
    if column.references:
        yield f"references={python(column.references)}"
    if column.pii:
        yield "pii=True"
    if column.digits:
        yield f"digits={column.digits}"
    if found.name != column.name:
        yield f"at_source={python(found.name)}"


def _left_out(left_out: tuple[LeftOut, ...], prefix: str) -> Iterator[str]:
    for one in left_out:
        yield from comment(f"{one.name}: {one.reason}", f"{prefix}  ")


def _source(proposal: Proposal, dsn_env: str, description: str) -> Iterator[str]:
    yield "SOURCE = Source("
    yield f"    name={python(proposal.source)},"
    yield f"    dsn_env={python(dsn_env)},"
    yield "    # Each behind those that it refers to."
    yield from _tuple("tables", [f"        {constant(table)}," for table in proposal.tables])
    yield from _keyword("description", description)
    yield ")"
