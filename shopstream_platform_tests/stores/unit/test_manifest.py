"""Keys of the lake: its layout is what other people's jobs read."""

from datetime import date

import pytest

from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.contract.tables import BY_NAME, SHOP_TABLES, TABLES
from shopstream_platform.pipeline.extract.upload import header
from shopstream_platform.stores.manifest import folder, manifest_key, object_key, table_prefix

DAY = date(2026, 1, 5)
CSV_TABLES = [table.name for table in SHOP_TABLES if table.lake_format is LakeFormat.CSV]


@pytest.mark.parametrize("name", CSV_TABLES)
def test_tables_lie_below_postgres(name: str) -> None:
    expected = f"raw/postgres/{name}/2026-01-05/{name}_20260105.csv.gz"
    assert object_key(BY_NAME[name], DAY, part=0) == expected


def test_events_lie_on_their_own() -> None:
    assert object_key(BY_NAME["events"], DAY, part=0) == "raw/events/2026-01-05/events_20260105.json.gz"


def test_further_parts_are_numbered() -> None:
    assert object_key(BY_NAME["events"], DAY, part=12) == "raw/events/2026-01-05/events_20260105_0012.json.gz"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_all_of_a_partition_lies_in_its_folder(table: Table) -> None:
    assert folder(table, DAY) == f"{table_prefix(table)}2026-01-05/"
    assert manifest_key(table, DAY) == folder(table, DAY) + "_manifest.json"
    assert object_key(table, DAY, part=3).startswith(folder(table, DAY))


def test_no_tables_folder_is_within_anothers() -> None:
    prefixes = [table_prefix(table) for table in TABLES]
    assert not [(a, b) for a in prefixes for b in prefixes if a != b and a.startswith(b)]


def test_early_years_keep_their_four_digits() -> None:
    assert object_key(BY_NAME["events"], date(1, 1, 1), part=0).startswith("raw/events/0001-01-01/")


@pytest.mark.parametrize("name", CSV_TABLES)
def test_a_csv_begins_with_its_columns(name: str) -> None:
    assert header(BY_NAME[name]).decode() == ",".join(BY_NAME[name].column_names) + "\n"


def test_ndjson_has_no_header() -> None:
    assert header(BY_NAME["events"]) == b""
