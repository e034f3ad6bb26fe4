"""Nothing that data holds steers a terminal, whatever way it is printed."""

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.markup import escape
from rich.progress import Progress, TextColumn
from rich.text import Text

from shopstream_platform.cli.console import PlainConsole
from shopstream_platform.cli.doctor.examine import print_findings
from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.cli.tables import print_rows
from shopstream_platform.config.visible import visible, visible_cell

pytestmark = pytest.mark.security

FORBIDDEN = {
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u061c", "\u200e", "\u200f", "\u2028", "\u2029",
    *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), *map(chr, range(0xD800, 0xE000)),
} - {"\n"}  # fmt: skip
# What rich itself sends to a terminal.
OWN_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.\x7f\u2028b\tc\r\nd[red]e[/]\ud800"
TEXTS = st.text(st.characters() | st.sampled_from(sorted(FORBIDDEN)) | st.sampled_from("[]/\\\n"))


def by_message(console: PlainConsole, text: str) -> None:
    console.print(f"[red]error:[/] {escape(text)}", soft_wrap=True)


def by_wrapped_message(console: PlainConsole, text: str) -> None:
    console.print(escape(text))


def by_text(console: PlainConsole, text: str) -> None:
    console.print(Text(text))


def by_table(console: PlainConsole, text: str) -> None:
    print_rows(console, ["name", text], [(text, None), (1, text)])


def by_findings(console: PlainConsole, text: str) -> None:
    print_findings(console, [Finding("subject", "error", text)])


def by_progress(console: PlainConsole, text: str) -> None:
    with Progress(TextColumn("{task.description}", markup=False), console=console) as progress:
        progress.add_task(text)


WAYS = [by_message, by_wrapped_message, by_text, by_table, by_findings, by_progress]


def printed(way: Callable[[PlainConsole, str], None], text: str, *, terminal: bool) -> str:
    stream = io.StringIO()
    way(PlainConsole(file=stream, force_terminal=terminal, width=80), text)
    return stream.getvalue()


@pytest.mark.parametrize("way", WAYS)
@given(text=TEXTS)
@example(text=HOSTILE)
def test_no_control_of_the_data_reaches_a_pipe(way: Callable[[PlainConsole, str], None], text: str) -> None:
    assert not FORBIDDEN & set(printed(way, text, terminal=False))


@pytest.mark.parametrize("way", [by_message, by_table, by_findings])
def test_a_terminal_gets_no_codes_but_those_of_the_console(way: Callable[[PlainConsole, str], None]) -> None:
    plain, hostile = printed(way, "a", terminal=True), printed(way, HOSTILE, terminal=True)
    assert set(OWN_CODES.findall(hostile)) <= set(OWN_CODES.findall(plain))
    assert not FORBIDDEN & set(OWN_CODES.sub("", hostile))


def test_a_cell_stays_in_its_line() -> None:
    lines = printed(by_table, "x\ty\nz", terminal=False).splitlines()
    assert [line.split() for line in lines] == [["name", r"x\ty\nz"], [r"x\ty\nz", "NULL"], ["1", r"x\ty\nz"]]


def test_markup_of_the_data_is_text() -> None:
    assert "[red]e[/]" in printed(by_table, "[red]e[/]", terminal=False)
    assert "\x1b[31me" not in printed(by_table, "[red]e[/]", terminal=True)


@given(TEXTS)
def test_visible_changes_controls_alone(text: str) -> None:
    kept = [character for character in text if visible(character) == character]
    assert kept == [character for character in text if character not in FORBIDDEN - {"\t"}]
    assert not (FORBIDDEN | {"\n"}) & set(visible_cell(text))


def test_escapes_name_the_character() -> None:
    assert visible("\x1b \x9b \u202e \r") == r"\x1b \x9b \u202e \r"
    assert visible("é\n\t漢👩‍👧") == "é\n\t漢👩‍👧"
