"""Rows of the shop in the UI: text, whatever somebody wrote into them."""

import dagster as dg
import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.defs.assets.common import LONGEST_CELL, text_table
from shopstream_platform.serving.kit.data import Marts

pytestmark = pytest.mark.security

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](http://evil.example/pixel.png)",
    "a | b",
    "=cmd|' /C calc'!A0",
]
SPELT_OUT = [("moc.lasrever\u202e", "moc.lasrever\\u202e"), ("\x1b[2J", "\\x1b[2J"), ("two\nlines", "two\\nlines")]


@pytest.mark.parametrize(("written", "shown"), [*zip(HOSTILE, HOSTILE, strict=True), *SPELT_OUT])
def test_a_preview_is_a_table_of_text(written: str, shown: str) -> None:
    table = text_table(["name"], [(written,)])
    # Dagster's UI renders markdown metadata as HTML, and the cells of a table as text.
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data for record in table.records] == [{"name": shown}]


def test_long_values_are_cut_and_others_are_written_as_text() -> None:
    (record,) = text_table(["a", "b", "c"], [("x" * 1000, None, 12)]).records
    assert record.data == {"a": "x" * LONGEST_CELL, "b": "None", "c": "12"}


@pytest.mark.parametrize(("written", "shown"), SPELT_OUT)
def test_pages_read_no_control_characters(written: str, shown: str) -> None:
    class Warehouse:
        def rows(self, sql: str) -> list[tuple[object, ...]]:
            assert sql == "SELECT 1 FROM MARTS.x"
            return [(written, 1, None)]

    marts = Marts(Warehouse(), DbtSettings())  # pyright: ignore[reportArgumentType]
    assert marts.rows("SELECT 1 FROM {marts}.x") == [(shown, 1, None)]
