"""What the warehouse must have for an import; the warehouse is a list of rows here."""

from pathlib import Path
from typing import Any, cast

import pytest

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.pbip.check.reading import read_model
from shopstream_platform.serving.power_bi.build import PROJECT
from shopstream_platform.serving.power_bi.columns import warehouse_problems
from shopstream_platform.stores.warehouse import Warehouse

TYPES = {"int64": ("NUMBER", 0), "decimal": ("NUMBER", 2), "double": ("NUMBER", 6), "string": ("TEXT", None)}
TYPES |= {"dateTime": ("DATE", None), "boolean": ("BOOLEAN", None)}


class Columns:
    """A warehouse whose visits are as given, and all else as it should be."""

    def __init__(self, visits: dict[str, tuple[str, int | None]], kind: str = "BASE TABLE") -> None:
        self._model = read_model(PROJECT)[0]
        self._visits, self._kind = visits, kind
        self.asked: list[tuple[str, str]] = []

    def rows(self, sql: str, parameters: tuple[str, str]) -> list[tuple[Any, ...]]:
        self.asked.append(parameters)
        if parameters[1] == "MART_CONVERSION_FUNNEL":
            return [(name, *kind, self._kind) for name, kind in self._visits.items()]
        columns = [c for t in self._model.tables.values() if parameters[1] in t.query for c in t.columns.values()]
        return [(column.source, *TYPES[column.data_type], "BASE TABLE") for column in columns]


def visits() -> dict[str, tuple[str, int | None]]:
    columns = read_model(PROJECT)[0].tables["Visits"].columns.values()
    return {column.source: TYPES[column.data_type] for column in columns}


def found(columns: Columns, project: Path = PROJECT) -> list[str]:
    return warehouse_problems(project, cast(Warehouse, columns), DbtSettings(schema_prefix="ann_"))


def test_a_warehouse_that_has_it_all() -> None:
    columns = Columns(visits())
    assert found(columns) == []
    assert ("ANN_CORE", "DIM_DATE") in columns.asked
    assert len(columns.asked) == 10


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (Columns({}), "ANN_MARTS.MART_CONVERSION_FUNNEL is not in the warehouse, or the role may not read it"),
        (Columns(visits(), "VIEW"), "ANN_MARTS.MART_CONVERSION_FUNNEL is no table"),
        (Columns({n: t for n, t in visits().items() if n != "SESSIONS"}), "has no column SESSIONS"),
        (Columns(visits() | {"SESSIONS": ("TEXT", None)}), "SESSIONS is TEXT with scale None, which int64 cannot hold"),
        (Columns(visits() | {"SESSIONS": ("NUMBER", 2)}), "SESSIONS is NUMBER with scale 2, which int64 cannot hold"),
    ],
)
def test_what_an_import_would_not_find(columns: Columns, problem: str) -> None:
    (only,) = found(columns)
    assert problem in only
