"""What `shopstream source` and `shopstream migrate` print: nothing is lost by a long name, and numbers are right."""

import io

from shopstream_platform.cli import migrate
from shopstream_platform.cli.console import PlainConsole
from shopstream_platform.cli.source.checking import Checked, print_checked
from shopstream_platform.cli.source.show import print_proposal
from shopstream_platform.contract.raw_changes import Change, What
from shopstream_platform.intake.compare import Difference
from shopstream_platform.intake.found import Relation
from shopstream_platform.intake.propose import propose
from shopstream_platform_tests.intake.found import ALL_DAILY, NOTHING_MEASURED, column, inspection, relation, required

LONG = "n" * 63


def shown(*relations: Relation) -> str:
    console = PlainConsole(file=io.StringIO(), width=80)
    print_proposal(console, propose("src", inspection(*relations), NOTHING_MEASURED, ALL_DAILY))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_long_name_leaves_all_columns_of_the_table() -> None:
    lines = shown(relation(f"public.{LONG}", required("id"), column("b"), key=(1,))).splitlines()
    assert lines[0].split() == ["table", "kind", "rows", "size", "key", "days", "columns"]
    table = lines[: lines.index("")]
    assert "".join(line.split()[0] for line in table[1:]) == f"public.{LONG}"
    assert {"id", "snapshot", "of"} <= set(" ".join(table).split())


def test_snapshots_are_counted_as_tables_and_renamed_columns_are_listed() -> None:
    text = shown(
        relation("public.a", required("id"), column("order"), key=(1,)), relation("public.B", required("id"), key=(1,))
    )
    assert "Full snapshots each time, not cut into days: 2\n" in text
    assert "Called otherwise here: 2\n  public.a.order: order_\n  public.B: src__b\n" in text


def checked(*differences: Difference, tables: int = 2) -> str:
    console = PlainConsole(file=io.StringIO(), width=80)
    print_checked(console, [Checked("src", tables, differences=list(differences))])
    return console.file.getvalue().splitlines()[0]  # type: ignore[attr-defined]


def test_one_is_one() -> None:
    stopping, undeclared = Difference("gone", "a", "b", stops=True), Difference("undeclared", "c", "d", stops=False)
    assert checked(stopping, undeclared, tables=1) == (
        "src: 1 table declared, 1 difference stops a table; 1 undeclared relation or column"
    )
    assert checked(*[stopping] * 2, *[undeclared] * 2) == (
        "src: 2 tables declared, 2 differences stop tables; 2 undeclared relations and columns"
    )
    assert checked() == "src: 2 tables declared, all can be loaded; 0 undeclared relations and columns"


def test_a_name_of_what_is_dropped_is_never_shortened(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    console = PlainConsole(file=io.StringIO(), width=80)
    monkeypatch.setattr(migrate, "console", console)
    table = f"SRC__{LONG}".upper()
    migrate._print([Change(What.DROP_TABLE, table, "", "is not declared: it is no longer loaded")], drop_old=True)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    cells = [line.split("\u2502")[1].strip() for line in text.splitlines() if line.startswith("\u2502")]
    assert "".join(cells) == table
    assert "\u2026" not in text
