"""Rows without text: both engines and an independent calculation give the same number, and every change is seen."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from shopstream_platform.contract import checksum, residues
from shopstream_platform.contract.checksum import Way, way_of
from shopstream_platform.contract.columns import column
from shopstream_platform.contract.declare import LakeFormat, Table
from shopstream_platform.contract.raw import LOAD_LOG, lock_name, raw_ddl, raw_name
from shopstream_platform.pipeline.extract import sql
from shopstream_platform.pipeline.extract.schema import as_found, source_columns
from shopstream_platform.pipeline.load.contents import Contents, read_contents
from shopstream_platform.pipeline.refresh.drift import Why, find_drift, read_loads
from shopstream_platform.stores.manifest import write_manifest
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import SNAPSHOT_DAY, Pipeline, days

some = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SORTS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "small": ("smallint", st.integers(-(2**15), 2**15 - 1)),
    "whole": ("integer", st.integers(-(2**31), 2**31 - 1)),
    "big": ("bigint", st.integers(-(2**63), 2**63 - 1)),
    "money": ("numeric(10,2)", st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2)),
    "no_scale": ("numeric(18,0)", st.integers(-(10**18) + 1, 10**18 - 1)),
    "all_scale": ("numeric(18,18)", st.decimals(-1, 1, places=18).filter(lambda value: abs(value) < 1)),
    "flag": ("boolean", st.booleans()),
    "day": ("date", st.dates()),
    "hour": ("time without time zone", st.times()),
    "moment": ("timestamp without time zone", st.datetimes()),
    "instant": ("timestamp with time zone", st.datetimes(timezones=st.just(UTC))),
}
NUMBERS = Table(
    name="zoo__numbers",
    description="Whatever is a whole number.",
    columns=(
        column("id", "integer", key=True),
        *(column(name, type_, at_source=name) for name, (type_, _) in SORTS.items()),
    ),
    source="zoo",
    relation="public.zoo_numbers",
    lake_format=LakeFormat.CSV,
)
Row = dict[str, Any]
ROWS = st.lists(
    st.fixed_dictionaries({name: st.one_of(st.none(), values) for name, (_, values) in SORTS.items()}),
    min_size=2,
    max_size=6,
)
NOTHING: Row = dict.fromkeys(SORTS)
LOWEST: Row = {
    **{"small": -(2**15), "whole": -(2**31), "big": -(2**63), "money": Decimal("-99999999.99")},
    **{"no_scale": -(10**18) + 1, "all_scale": Decimal("-0.999999999999999999"), "flag": False, "day": date.min},
    **{"hour": time.min, "moment": datetime.min, "instant": datetime.min.replace(tzinfo=UTC)},
}
HIGHEST: Row = {
    **{"small": 2**15 - 1, "whole": 2**31 - 1, "big": 2**63 - 1, "money": Decimal("99999999.99")},
    **{"no_scale": 10**18 - 1, "all_scale": Decimal("0.999999999999999999"), "flag": True, "day": date.max},
    **{"hour": time.max, "moment": datetime.max, "instant": datetime.max.replace(tzinfo=UTC)},
}


@pytest.fixture
def zoo(pipeline: Pipeline) -> Iterator[Pipeline]:
    columns = ", ".join(f"{c.name} {c.postgres_type}" for c in NUMBERS.columns)
    pipeline.sql(f"DROP TABLE IF EXISTS {NUMBERS.relation}; CREATE TABLE {NUMBERS.relation} ({columns})")
    for statement in raw_ddl((NUMBERS,)):
        pipeline.warehouse.execute(statement)
    yield pipeline
    pipeline.sql(f"DROP TABLE {NUMBERS.relation}")
    for name in (raw_name(NUMBERS), lock_name(NUMBERS)):
        pipeline.warehouse.execute(f"DROP TABLE {name}")
    pipeline.warehouse.execute(f"DELETE FROM {LOAD_LOG} WHERE table_name = '{NUMBERS.name}'")


def fill(zoo: Pipeline, rows: list[Row]) -> None:
    zoo.sql(f"TRUNCATE {NUMBERS.relation}")
    names = ("id", *SORTS)
    for number, row in enumerate(rows):
        marks = ", ".join(["%s"] * len(names))
        zoo.sql(
            f"INSERT INTO {NUMBERS.relation} ({', '.join(names)}) VALUES ({marks})",
            [number, *(row[name] for name in SORTS)],
        )


def whole(name: str, value: Any) -> int | None:
    """A value as its whole number, by Python alone."""
    epoch, microsecond = datetime(1970, 1, 1), timedelta(microseconds=1)
    match value:
        case None:
            return None
        case datetime():
            return (value.replace(tzinfo=None) - epoch) // microsecond
        case date():
            return (value - epoch.date()).days
        case time():
            return (datetime.combine(epoch, value) - epoch) // microsecond
        case Decimal():
            return int(value.scaleb(int(SORTS[name][0].partition(",")[2].rstrip(")"))))
        case _:
            return int(value)


def number_of(values: list[int | None]) -> int:
    """The row's number as the module's own words describe it."""
    filled = [residues.NULL if value is None else value for value in values]
    a, b = (
        sum(value * residues.factor(prime, place) for place, value in enumerate(filled, start=1)) % prime
        for prime in residues.SUMS
    )
    c = (a * a + b) % residues.SQUARES[0]
    return (c * c + a) % residues.SQUARES[1] * 2**31 + c


def expected(rows: list[Row]) -> int:
    return sum(number_of([number, *(whole(name, row[name]) for name in SORTS)]) for number, row in enumerate(rows))


def at_source(zoo: Pipeline) -> tuple[int, int, int]:
    """(rows, checksum, fingerprint)."""
    table = as_found(NUMBERS, source_columns(zoo.source, NUMBERS))
    ((_, *found),) = zoo.sql(sql.measures(table, None))
    rows, check, print_ = map(int, found)
    return rows, check, print_


@some
@given(ROWS)
@example([NOTHING, NOTHING])
@example([LOWEST, HIGHEST, NOTHING, LOWEST])
def test_both_engines_give_the_number_that_python_gives(zoo: Pipeline, rows: list[Row]) -> None:
    assert way_of(NUMBERS) is Way.NUMBERS
    fill(zoo, rows)
    wanted = expected(rows)
    assert at_source(zoo) == (len(rows), wanted, wanted)
    ((as_one,),) = zoo.sql(f"SELECT sum({sql.fingerprint(NUMBERS)}) FROM {NUMBERS.relation} t")
    assert int(as_one) == wanted
    zoo.move(NUMBERS)
    assert zoo.manifest(NUMBERS, SNAPSHOT_DAY).checksum == wanted
    assert read_contents(zoo.warehouse, NUMBERS, None) == {None: Contents(len(rows), wanted, None)}


@some
@given(ROWS, st.data())
def test_two_rows_that_swap_a_value_are_seen(zoo: Pipeline, rows: list[Row], data: st.DataObject) -> None:
    one, other = data.draw(st.sampled_from(list(combinations(range(len(rows)), 2))))
    name = data.draw(st.sampled_from(list(SORTS)))
    assume(rows[one][name] != rows[other][name])
    fill(zoo, rows)
    before = at_source(zoo)
    zoo.sql(
        f"UPDATE {NUMBERS.relation} AS t SET {name} = o.{name} FROM {NUMBERS.relation} AS o "
        "WHERE (t.id, o.id) IN ((%s, %s), (%s, %s))",
        [one, other, other, one],
    )
    after = at_source(zoo)
    assert after[0] == before[0]
    assert after[1] != before[1]


@pytest.mark.parametrize("name", ["small", "whole", "money", "day"])
@pytest.mark.parametrize("pattern", ["0110", "01101001", "0110100110010110"])
def test_swaps_that_keep_sums_and_squares_are_seen(zoo: Pipeline, name: str, pattern: str) -> None:
    """Of these, rows in a row and their mirror have the same sums, sums of squares, and so on."""
    values = {"small": (0, 1), "whole": (0, 7), "money": ("1.00", "2.00"), "day": ("2026-01-01", "2026-01-02")}[name]
    fill(zoo, [NOTHING | {name: values[int(bit)]} for bit in pattern])
    before = at_source(zoo)
    fill(zoo, [NOTHING | {name: values[1 - int(bit)]} for bit in pattern])
    assert at_source(zoo)[1] != before[1]


@pytest.mark.parametrize(("one", "other"), list(combinations(["small", "whole", "big", "no_scale", "flag"], 2)))
def test_two_columns_that_swap_their_values_are_seen(zoo: Pipeline, one: str, other: str) -> None:
    fill(zoo, [NOTHING | {one: 1, other: 0} if "flag" not in (one, other) else NOTHING | {one: 1, other: False}])
    before = at_source(zoo)
    fill(zoo, [NOTHING | {one: 0, other: 1} if "flag" not in (one, other) else NOTHING | {one: 0, other: True}])
    assert at_source(zoo)[1] != before[1]


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("money", "NaN", [None, "99999999.99", "0"]),
        ("day", "infinity", [None, "-infinity", "9999-12-31"]),
        ("day", "0044-03-15 BC", [None, "infinity"]),
        ("moment", "infinity", [None, "9999-12-31 23:59:59.999999"]),
        ("moment", "294276-12-31", [None, "9999-12-31"]),
        ("instant", "-infinity", [None, "0001-01-01 00:00+00"]),
        ("hour", "24:00", [None, "00:00"]),
    ],
)
def test_what_cannot_be_loaded_is_a_change_too(zoo: Pipeline, name: str, value: str, others: list[str | None]) -> None:
    fill(zoo, [NOTHING | {name: value}])
    found = at_source(zoo)[2]
    seen = []
    for other in others:
        fill(zoo, [NOTHING | {name: other}])
        seen.append(at_source(zoo)[2])
    if (name, value) == ("day", "infinity"):
        # Neither was ever loaded, so that nothing is compared with them.
        assert seen.pop(1) == found
    assert found not in seen


def test_a_whole_number_that_the_source_keeps_in_more_bytes_is_summed_up_too(zoo: Pipeline) -> None:
    fill(zoo, [NOTHING | {"whole": 5}])
    before = at_source(zoo)
    zoo.sql(f"ALTER TABLE {NUMBERS.relation} ALTER COLUMN whole TYPE bigint")
    assert at_source(zoo) == before
    zoo.move(NUMBERS)
    rows = [NOTHING | {"whole": -(2**63)}, NOTHING | {"whole": 2**63 - 1}]
    fill(zoo, rows)
    zoo.move(NUMBERS)
    assert read_contents(zoo.warehouse, NUMBERS, None) == {None: Contents(2, expected(rows), None)}
    with snapshot(zoo.dsn) as conn:
        assert not find_drift(conn, read_loads(zoo.warehouse), days(0), (NUMBERS,))


def test_what_an_earlier_version_has_loaded_is_proven_by_its_sums_and_has_the_new_ones_then(zoo: Pipeline) -> None:
    # As a text the local warehouse writes a number of digits behind the point alone without its 0.
    rows = [LOWEST | {"all_scale": None}, HIGHEST | {"all_scale": None}, NOTHING]
    fill(zoo, rows)
    ((check, print_),) = zoo.sql(
        f"SELECT sum({checksum.at_source(NUMBERS, Way.TEXTS)}), sum({sql.fingerprint(NUMBERS, Way.TEXTS)}) "
        f"FROM {NUMBERS.relation} t"
    )
    zoo.extract(NUMBERS)
    now = zoo.manifest(NUMBERS, SNAPSHOT_DAY)
    then = {"checksum": int(check), "fingerprint": int(print_), "method": checksum.method(NUMBERS, Way.TEXTS)}
    write_manifest(zoo.lake, NUMBERS, now.model_copy(update=then))
    # What the lake held is loaded, and compared by the sums of then.
    assert zoo.load(NUMBERS).not_compared == ""
    with snapshot(zoo.dsn) as conn:
        drift = find_drift(conn, read_loads(zoo.warehouse), days(0), (NUMBERS,))
    assert drift.snapshots == {NUMBERS.name: Why.METHOD}
    extraction = zoo.extract(NUMBERS)
    assert extraction.kept is not None
    (kept,) = extraction.manifests
    assert (kept.files, kept.checksum, kept.fingerprint, kept.method) == (
        now.files,
        expected(rows),
        expected(rows),
        checksum.method(NUMBERS),
    )
    assert zoo.load(NUMBERS).in_place == 1
    with snapshot(zoo.dsn) as conn:
        assert not find_drift(conn, read_loads(zoo.warehouse), days(0), (NUMBERS,))


def test_what_an_earlier_version_has_loaded_and_has_changed_since_is_extracted(zoo: Pipeline) -> None:
    fill(zoo, [LOWEST])
    zoo.extract(NUMBERS)
    now = zoo.manifest(NUMBERS, SNAPSHOT_DAY)
    then = {"fingerprint": now.fingerprint + 1, "method": checksum.method(NUMBERS, Way.TEXTS)}
    write_manifest(zoo.lake, NUMBERS, now.model_copy(update=then))
    assert zoo.extract(NUMBERS).kept is None
    assert zoo.manifest(NUMBERS, SNAPSHOT_DAY).method == checksum.method(NUMBERS)
