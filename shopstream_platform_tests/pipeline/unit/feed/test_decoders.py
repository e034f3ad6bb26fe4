"""Messages of the two plugins, byte for byte, and what they touch."""

import struct
from datetime import date

import pytest

from shopstream_platform.contract.declare import ByDay, ByParent, Column, Kind, Table
from shopstream_platform.pipeline.feed.commits import Commit, lsn, position
from shopstream_platform.pipeline.feed.pgoutput import EPOCH, Decoder, Rows
from shopstream_platform.pipeline.feed.served import Served
from shopstream_platform.pipeline.feed.test_decoding import TextDecoder
from shopstream_platform.pipeline.feed.touched import Touched, day_of

START = date(2025, 9, 1)


def column(name: str, kind: Kind = Kind.INTEGER, *, key: bool = False, references: str | None = None) -> Column:
    type_ = {Kind.INTEGER: "integer", Kind.TEXT: "text", Kind.TIMESTAMP: "timestamp"}[kind]
    return Column(name, kind, type_, "VARCHAR", "", nullable=not key, primary_key=key, references=references)


PARENT = Table(
    "a__trips",
    "",
    (column("id", key=True), column("begun", Kind.TIMESTAMP)),
    partition=ByDay("begun"),
    source="a",
)
CHILD = Table(
    "a__stops",
    "",
    (column("id", key=True), column("trip", references="a__trips")),
    partition=ByParent(PARENT, "trip"),
    source="a",
)
PAIRS = Table("a__pairs", "", (column("one", Kind.TEXT, key=True), column("two", key=True)), source="a")
SERVED = {
    "a__trips": Served(PARENT, 11, "public", "trips", ("id",), day="begun"),
    "a__stops": Served(CHILD, 12, "public", "stops", ("id",), via="trip", guarded=True),
    "a__pairs": Served(PAIRS, 13, "Other Schema", "pairs", ("one", "two")),
}


def fresh(limit: int = 100) -> dict[str, Touched]:
    return {name: Touched(limit) for name in SERVED}


def text(value: str | None) -> bytes:
    return b"n" if value is None else b"t" + struct.pack(">I", len(value.encode())) + value.encode()


def row(*values: str | None) -> bytes:
    return struct.pack(">H", len(values)) + b"".join(map(text, values))


def relation(oid: int, *columns: str) -> bytes:
    described = b"".join(b"\1" + name.encode() + b"\0" + struct.pack(">Ii", 23, -1) for name in columns)
    return b"R" + struct.pack(">I", oid) + b"public\0name\0" + b"d" + struct.pack(">H", len(columns)) + described


def insert(oid: int, *values: str | None) -> bytes:
    return b"I" + struct.pack(">I", oid) + b"N" + row(*values)


def update(oid: int, *values: str | None, old: bytes = b"") -> bytes:
    return b"U" + struct.pack(">I", oid) + old + b"N" + row(*values)


def delete(oid: int, *values: str | None) -> bytes:
    return b"D" + struct.pack(">I", oid) + b"K" + row(*values)


def decoded(*messages: bytes, limit: int = 100) -> Decoder:
    decoder = Decoder(SERVED, fresh(limit))
    for message in (relation(11, "begun", "id"), relation(12, "id", "trip"), relation(13, "two", "one"), *messages):
        decoder.take(message)
    return decoder


def test_an_insert_names_its_key_and_its_day() -> None:
    touched = decoded(insert(11, "2025-09-03 10:00:00", "5")).touched["a__trips"]
    assert (touched.inserted, touched.changed, touched.days, touched.changes) == (
        {"5"},
        set(),
        {"2025-09-03 10:00:00"},
        1,
    )


def test_an_update_may_have_had_another_key() -> None:
    plain = decoded(update(11, None, "5")).touched["a__trips"]
    assert (plain.changed, plain.days) == ({"5"}, {None})
    moved = decoded(update(11, "2025-09-03", "6", old=b"K" + row(None, "5"))).touched["a__trips"]
    assert moved.changed == {"5", "6"}


def test_a_deletion_names_the_key_alone() -> None:
    touched = decoded(delete(11, None, "5")).touched["a__trips"]
    assert (touched.changed, touched.days) == ({"5"}, set())


def test_a_row_of_a_child_names_its_parent() -> None:
    touched = decoded(insert(12, "1", "5"), update(12, "1", "7")).touched["a__stops"]
    assert (touched.parents, touched.inserted, touched.changed) == ({"5", "7"}, {"1"}, {"1"})


def test_a_key_of_several_columns_is_in_the_order_of_the_declaration() -> None:
    touched = decoded(insert(13, "2", "ä'b"), delete(13, "3", "")).touched["a__pairs"]
    assert (touched.inserted, touched.changed) == ({("ä'b", "2")}, {("", "3")})


def test_truncate_names_every_table_of_the_statement() -> None:
    decoder = decoded(insert(12, "1", "5"), b"T" + struct.pack(">IB2I", 2, 0, 11, 12))
    assert [decoder.touched[name].whole for name in SERVED] == [True, True, False]
    assert decoder.touched["a__stops"].inserted == set()


def test_more_keys_than_the_limit_are_forgotten_and_the_table_is_whole() -> None:
    inserts = [insert(12, str(number), "5") for number in range(4)]
    assert not decoded(*inserts[:3], limit=3).touched["a__stops"].whole
    touched = decoded(*inserts, limit=3).touched["a__stops"]
    assert (touched.whole, touched.truncated, touched.inserted, touched.changes) == (True, False, set(), 4)


def test_a_table_of_the_publication_that_nobody_declares_is_passed_over() -> None:
    decoder = decoded(relation(99, "id"), insert(99, "1"), b"T" + struct.pack(">IBI", 1, 0, 99))
    assert sum(touched.changes for touched in decoder.touched.values()) == 0


def test_where_a_column_was_not_published_everything_may_have_changed() -> None:
    (lost,) = [one for one in decoded(relation(11, "id")).touched.values() if one.changes]
    assert lost.whole


def test_a_commit_is_told_with_its_end_and_its_time() -> None:
    begin = b"B" + struct.pack(">QqI", 1, 2, 777)
    commit = b"C\0" + struct.pack(">QQq", 100, 200, 1_500_000)
    assert decoded(begin, commit).commits == [Commit(777, 200, EPOCH + 1.5)]


def test_rows_of_copy_are_unwrapped() -> None:
    taken: list[bytes] = []
    rows = Rows(taken.append)
    wrapped = [struct.pack(">hI", 1, len(data)) + data for data in (b"one", b"two")]
    header = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    for piece in (header + wrapped[0], wrapped[1], b"\xff\xff"):
        rows.write(piece)
    assert taken == [b"one", b"two"]


def read(*lines: str, limit: int = 100, roots: dict[tuple[str, str], str] | None = None) -> TextDecoder:
    decoder = TextDecoder(SERVED, fresh(limit), roots or {})
    for line in lines:
        decoder.take("0/10", line)
    return decoder


def test_the_text_of_rows() -> None:
    decoder = read(
        "BEGIN 777",
        "table public.trips: INSERT: id[integer]:5 begun[timestamp without time zone]:"
        "'2025-09-03 10:00:00' x[text]:null",
        "table public.trips: UPDATE: old-key: id[integer]:5 new-tuple: id[integer]:6 begun[timestamp without time "
        "zone]:null x[text]:'it''s id[integer]:9'",
        "table public.trips: DELETE: id[integer]:-7",
        "table public.stops: UPDATE: id[integer]:1 trip[integer]:8 tags[text[]]:'{a,b}'",
        'table "Other Schema".pairs: INSERT: "one"[text]:\'a b\nc\' two[integer]:2',
        "table public.unknown: INSERT: id[integer]:1",
        "COMMIT 777 (at 2000-01-01 00:00:01.5+00)",
    )
    trips, stops, pairs = (decoder.touched[name] for name in SERVED)
    assert (trips.inserted, trips.changed) == ({"5"}, {"5", "6", "-7"})
    assert trips.days == {"2025-09-03 10:00:00", None}
    assert (stops.changed, stops.parents) == ({"1"}, {"8"})
    assert pairs.inserted == {("a b\nc", "2")}
    assert decoder.commits == [Commit(777, 16, EPOCH + 1.5)]


def test_the_text_of_truncate() -> None:
    decoder = read("table public.trips, public.stops: TRUNCATE: (no-flags)")
    assert [decoder.touched[name].whole for name in SERVED] == [True, True, False]


def test_a_partition_is_a_part_of_its_table() -> None:
    decoder = read("table public.trips_2025: DELETE: id[integer]:5", roots={("public", "trips_2025"): "a__trips"})
    assert decoder.touched["a__trips"].changed == {"5"}


def test_a_row_without_a_key_makes_the_table_whole() -> None:
    assert read("table public.trips: DELETE: (no-tuple-data)").touched["a__trips"].whole


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-09-03 10:00:00", date(2025, 9, 3)),
        ("2025-09-03 10:00:00+00", date(2025, 9, 3)),
        ("2025-09-03", date(2025, 9, 3)),
        ("2019-01-01 00:00:00", START),
        ("0044-03-15 00:00:00 BC", START),
        ("-infinity", START),
        (None, START),
        ("infinity", date.max),
        ("10000-01-01 00:00:00", date.max),
    ],
)
def test_the_day_of_a_timestamp(written: str | None, day: date) -> None:
    assert day_of(written, START) == day


@pytest.mark.parametrize("written", ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"])
def test_positions_are_written_as_they_are_read(written: str) -> None:
    assert lsn(position(written)) == written
