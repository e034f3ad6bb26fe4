"""A page is of the build of its own marts, and is made again when something that it is made from has changed."""

from datetime import datetime
from typing import Any, cast

import pytest

from shopstream_platform.config.groups import DbtSettings, PageSettings
from shopstream_platform.serving.render import record
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.stores.build_log import Build
from shopstream_platform.stores.warehouse import Warehouse

AT = datetime(2026, 11, 17, 2, 30)
DBT = DbtSettings()


class Log:
    """A warehouse whose log of builds has these tables, by the number of their build."""

    def __init__(self, tables: dict[str, int]) -> None:
        self.tables = tables

    def rows_if_there(self, sql: str) -> list[tuple[Any, ...]]:
        assert "CORE._BUILD_TABLES" in sql
        return [(table, number, f"build-{number}", AT) for table, number in self.tables.items()]


def relations(page: str) -> set[str]:
    return {path.replace("/", ".").upper() for path in PAGES[page].reads}


def builds(tables: dict[str, int]) -> dict[str, str | None]:
    found = record.builds_of_pages(cast("Warehouse", Log(tables)), DBT)
    return {name: build.invocation if build else None for name, build in found.items()}


EVERYTHING = dict.fromkeys({relation for page in PAGES for relation in relations(page)}, 1)


def test_a_page_is_of_the_newest_build_of_its_own_marts() -> None:
    assert builds(EVERYTHING) == dict.fromkeys(PAGES, "build-1")
    assert builds(EVERYTHING | {"MARTS.MART_CRM_CONVERSION": 2, "STAGING.STG_EVENTS": 3}) == {
        **dict.fromkeys(PAGES, "build-1"),
        "acquisition": "build-2",
    }


def test_a_page_of_which_a_mart_has_no_build_is_of_none() -> None:
    known = {table: number for table, number in EVERYTHING.items() if table != "MARTS.MART_INVENTORY"}
    assert builds(known) == {**dict.fromkeys(PAGES, "build-1"), "index": None, "product_performance": None}


def made(build: str | None = "build-1", **settings: Any) -> record.Made:
    return record.current(PageSettings(**settings), Build(build, AT) if build else None)


NOW = dict.fromkeys(PAGES, made())
FOUND = {name: now.as_dict() for name, now in NOW.items()}


def test_pages_that_are_as_they_would_become_are_not_made_again() -> None:
    assert record.stale_pages(FOUND, NOW) == {}
    assert record.stale_pages({name: made(None).as_dict() for name in PAGES}, dict.fromkeys(PAGES, made(None))) == {}


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (made("build-2"), record.BUILT),
        (made(None), record.BUILT),
        (made(locale="fr"), record.SETTINGS),
        (made(show_pii=True), record.SETTINGS),
        (record.Made(**(made().as_dict() | {"code": "other"})), record.CODE),
    ],
)
def test_a_page_of_which_something_has_changed_is_made_again_and_no_other(now: record.Made, reason: str) -> None:
    assert record.stale_pages(FOUND, {**NOW, "acquisition": now}) == {"acquisition": reason}


def test_a_page_that_is_missing_is_made_and_all_of_them_if_none_was() -> None:
    rest = {name: one for name, one in FOUND.items() if name != "acquisition"}
    assert record.stale_pages(rest, NOW) == {"acquisition": record.MISSING}
    assert record.stale_pages({}, NOW) == dict.fromkeys(PAGES, record.NEVER)
