"""Manifests of several declarations: each is loaded by its own."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shopstream_platform.contract.checksum import method
from shopstream_platform.contract.columns import column, identifier, integer, text
from shopstream_platform.contract.declare import Table
from shopstream_platform.contract.former import digits_of
from shopstream_platform.contract.oltp import type_at_source
from shopstream_platform.pipeline.load.layout import layouts, not_compared
from shopstream_platform.stores.manifest import LakeFile, Manifest

THEN = Table("t", "", (identifier("Number."), text("size", 20, "Size.")))
NOW = replace(THEN, columns=(THEN.columns[0], integer("size", "Size.")))


def manifest_of(table: Table, day: int) -> Manifest:
    return Manifest(
        table=table.name,
        day=date(2026, 1, day),
        snapshot=False,
        files=[LakeFile(key=f"raw/t/{day}.csv.gz", etag="e", bytes=1)],
        rows=1,
        checksum=5,
        fingerprint=5,
        method=method(table),
        server_version=170000,
        columns={column.name: type_at_source(column) for column in table.columns},
        digits=digits_of(table),
        extracted_at=datetime.now(UTC),
        run_id="r",
    )


@pytest.mark.parametrize("order", [(THEN, NOW), (NOW, THEN)], ids=["old first", "new first"])
def test_days_of_a_retyped_column_are_not_read_as_days_of_before(order: tuple[Table, Table]) -> None:
    groups = layouts(NOW, [manifest_of(table, day) for day, table in enumerate(order, start=1)])
    assert [[manifest.method for manifest in group] for _, group in groups] == [[method(table)] for table in order]
    filled = {group[0].method: list(layout.filled) for layout, group in groups}
    assert filled == {method(THEN): ["id"], method(NOW): ["id", "size"]}


WIDE = Table("t", "", (identifier("Number."), column("size", "numeric", digits=(38, 9))))


@pytest.mark.parametrize("knows_digits", [True, False], ids=["now", "a manifest of before"])
@pytest.mark.parametrize("type_", ["numeric", "numeric(50,10)"])
def test_a_numeric_that_got_its_digits_from_the_declaration_is_loaded_after_another_edit(
    type_: str, knows_digits: bool
) -> None:
    then = replace(WIDE, columns=(WIDE.columns[0], column("size", type_, digits=(38, 9))))
    now = replace(then, columns=(*then.columns, text("note", 9, "Note.")))
    manifest = manifest_of(then, 1)
    if not knows_digits:
        manifest = manifest.model_copy(update={"digits": {}})
    ((layout, _),) = layouts(now, [manifest])
    assert list(layout.filled) == ["id", "size"]
    assert layout.measured is not None
    assert [(c.name, c.scale) for c in layout.measured.columns] == [("id", None), ("size", 9)]
    assert method(layout.measured) == method(then)


def test_other_digits_are_another_reading() -> None:
    now = replace(WIDE, columns=(WIDE.columns[0], column("size", "numeric", digits=(38, 4))))
    ((layout, _),) = layouts(now, [manifest_of(WIDE, 1)])
    assert (list(layout.filled), layout.measured) == (["id"], None)


def test_what_is_not_compared_is_said() -> None:
    manifests = [manifest_of(THEN, 1), manifest_of(THEN, 2), manifest_of(NOW, 3)]
    counted = "2 partitions: rows counted, checksum not comparable"
    assert not_compared(NOW, manifests) == f"{counted} (column size is declared as another type now)"
    dropped = replace(THEN, columns=THEN.columns[:1])
    assert not_compared(dropped, manifests[:2]) == f"{counted} (column size is no longer declared)"
    assert not_compared(THEN, manifests[:2]) == ""
