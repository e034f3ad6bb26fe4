"""What both manifests say of a model's columns."""

from shopstream_platform.diff.shape import Grain, Relation, grain_of_both, is_comparable
from shopstream_platform_tests.diff.manifests import manifest


def test_what_one_version_calls_personal_is_personal() -> None:
    base, head = manifest("mart"), manifest("mart")
    columns = base["nodes"]["model.shop.mart"]["columns"]
    columns["email"] = {"name": "email", "config": {"tags": ["pii"]}}
    head["nodes"]["model.shop.mart"]["columns"]["name"] = {"name": "name", "tags": ["pii"]}
    assert grain_of_both(base, head, "mart") == Grain(("ID",), frozenset({"EMAIL", "NAME"}))


def test_values_are_compared_within_a_family() -> None:
    before = Relation(
        "b", {"A": "NUMBER(38,0)", "B": "NUMBER(38,0)", "C": "DATE", "D": "TEXT", "E": "TEXT", "F": "TEXT"}
    )
    after = Relation("h", {"A": "FLOAT", "B": "TEXT", "C": "TIMESTAMP_NTZ", "D": "TEXT", "F": "NUMBER(1,0)"})
    assert [name for name in before.columns if is_comparable(before, after, name)] == ["A", "D"]
    assert (after.is_number("A"), after.is_number("B")) == (True, False)
