"""Whatever a source calls its tables and columns, the warehouse's names are valid, unique and readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.contract.names import RESERVED, is_plain
from shopstream_platform.intake.names import column_names, plain, table_names

# PostgreSQL takes any characters but NUL, 63 bytes of them.
ANY_NAME = st.one_of(
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=63),
    st.sampled_from([*sorted(RESERVED), "Order", "ORDER", "order_", "a", "A", "a_2", "a 2", "_", "__", "é", "É", "1"]),
)


@given(st.lists(ANY_NAME, min_size=1, max_size=12))
def test_any_columns_have_valid_and_unique_names(names: list[str]) -> None:
    given_names = column_names(names)
    assert len(given_names) == len(names) == len(set(given_names))
    assert all(map(is_plain, given_names))


@given(st.lists(st.tuples(ANY_NAME, ANY_NAME), min_size=1, max_size=12, unique=True))
def test_any_tables_have_valid_and_unique_names(relations: list[tuple[str, str]]) -> None:
    names = table_names(relations)
    assert len(names) == len(relations) == len(set(names))
    assert all(is_plain(f"source__{name}") and "__" not in name for name in names)


@pytest.mark.parametrize(
    ("at_source", "expected"),
    [
        ("customer", "customer"),
        ("CustomerId", "customer_id"),
        ("customerID", "customer_id"),
        ("ISBN", "isbn"),
        ("HTTPStatus", "http_status"),
        ("shelf mark", "shelf_mark"),
        ("Größe", "grosse"),
        ("Straße", "strasse"),
        ("naïve--name!", "naive_name"),
        ("_private", "private"),
        ("2nd", "column_name_2nd"),
        ("名前", "column_name"),
        ("a__b", "a_b"),
    ],
)
def test_names_are_the_sources_in_lower_case_letters(at_source: str, expected: str) -> None:
    assert plain(at_source, "column_name") == expected


def test_a_word_of_snowflakes_gets_an_underscore_as_a_column_only() -> None:
    assert column_names(["order", "Order", "select", "status"]) == ["order_", "order_2", "select_", "status"]
    assert table_names([("public", "order"), ("public", "minus")]) == ["order", "minus"]


def test_a_name_that_a_later_column_has_by_itself_is_left_to_it() -> None:
    assert column_names(["Two Words", "two_words", "two_words_2"]) == ["two_words", "two_words_3", "two_words_2"]


def test_tables_of_one_name_are_called_by_their_schema_too() -> None:
    relations = [("shop", "person"), ("Library", "person"), ("shop", "book"), ("shop", "Person")]
    assert table_names(relations) == ["shop_person", "library_person", "book", "shop_person_2"]
