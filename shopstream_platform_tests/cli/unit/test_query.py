"""Rows as people and as programs read them."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.cli.console import PlainConsole, console, errors, results, say_only
from shopstream_platform.cli.query import split, write_csv, write_json
from shopstream_platform.cli.tables import print_rows
from shopstream_platform.config.errors import ShopStreamError

WIDE = ["SALE_DATE", "COUNTRY", "TOTAL_REVENUE", "AVERAGE_BASKET", "GROSS_REVENUE"]
ROW = (date(2026, 11, 27), "FRA", Decimal("1415.34"), Decimal("353.84"), Decimal("1415.34"))


def printed(columns: list[str], rows: list[tuple], width: int) -> list[str]:
    stream = io.StringIO()
    print_rows(
        PlainConsole(file=stream, width=width, force_terminal=True, no_color=True, color_system=None), columns, rows
    )
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 60, 30])
def test_no_name_and_no_value_is_broken(width: int) -> None:
    lines = printed(WIDE, [ROW], width)
    words = {word for line in lines for word in line.split()}
    assert {*WIDE, "2026-11-27", "FRA", "1415.34", "353.84"} <= words
    assert all(len(line) <= width for line in lines)


def test_numbers_end_at_the_same_column() -> None:
    lines = printed(["a", "b"], [("x", 1), ("y", 1000), ("z", None)], 80)
    assert [line.rstrip() for line in lines[1:3]] == ["x     1", "y  1000"]
    assert lines[3].split() == ["z", "NULL"]


def test_a_pipe_gets_a_row_a_line() -> None:
    stream = io.StringIO()
    print_rows(PlainConsole(file=stream), [f"column_{number}" for number in range(60)], [tuple(range(60))])
    assert len(stream.getvalue().splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("select 1", ["select 1"]),
        ("select 1;\nselect ';' as x;", ["select 1", "select ';' as x"]),
        ("-- nothing\n;", []),
        (" \n", []),
        ("select $$a;b$$; /* c; */", ["select $$a;b$$"]),
        ("begin; select 1; commit", ["begin", "select 1", "commit"]),
        ("begin let x := 1; return x; end;", ["begin let x := 1; return x; end;"]),
        ("Declare\n x int; begin return x; end", ["Declare\n x int; begin return x; end"]),
    ],
)
def test_statements_are_separated_by_semicolons_outside_of_texts(text: str, statements: list[str]) -> None:
    assert split(text) == statements


def test_json_keeps_every_digit() -> None:
    values = [Decimal("12345678901234567890"), Decimal("0.10"), Decimal("1234567890123456.789"), None, b"\x00\xff"]
    moment = datetime(2026, 11, 29, 8, 5)
    stream = io.StringIO()
    write_json(stream, ["a", "b", "c", "d", "e", "f", "é"], [(*values, moment, True)])
    (row,) = json.loads(stream.getvalue())
    assert row == {
        "a": 12345678901234567890,
        "b": 0.1,
        "c": "1234567890123456.789",
        "d": None,
        "e": "00ff",
        "f": "2026-11-29T08:05:00",
        "é": True,
    }


def test_json_has_no_number_that_is_none_and_no_column_twice() -> None:
    stream = io.StringIO()
    write_json(stream, ["a", "b"], [(float("nan"), float("-inf"))])
    assert json.loads(stream.getvalue()) == [{"a": "nan", "b": "-inf"}]
    with pytest.raises(ShopStreamError, match="two columns are called ID: give them names of their own for --json"):
        write_json(stream, ["ID", "A", "ID"], [(1, 2, 3)])


def test_bytes_are_hexadecimal() -> None:
    stream = io.StringIO()
    write_csv(stream, ["a"], [(b"\x00\xff",)])
    assert stream.getvalue() == "a\n00ff\n"


def test_quiet_leaves_results_and_errors(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "quiet", False)
    say_only(quiet=True, verbose=False)
    console.print("on the way")
    results.print("what was asked for")
    errors.print("what is wrong")
    assert capsys.readouterr() == ("what was asked for\n", "what is wrong\n")


def test_json_without_rows_is_an_empty_array() -> None:
    stream = io.StringIO()
    write_json(stream, ["a"], [])
    assert json.loads(stream.getvalue()) == []


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), min_size=2, max_size=2)
    )
)
def test_csv_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    write_csv(stream, ["a", "b"], rows)
    stream.seek(0)
    assert list(csv.reader(stream)) == [["a", "b"], *rows]
