"""A guess by name: what is nearly always personal is marked, and words of every shop are not."""

import pytest

from shopstream_platform.intake.personal import is_personal


@pytest.mark.parametrize(
    "column",
    [
        *("email", "e_mail", "contact_email", "phone", "mobile_phone", "fax", "first_name", "lastname", "full_name"),
        *("address", "address_2", "street", "zip", "postal_code", "birth_date", "date_of_birth", "gender", "iban"),
        *("passport_no", "ssn", "credit_card_number", "ip_address", "password", "username", "customer_name"),
    ],
)
def test_what_is_about_a_person_is_marked(column: str) -> None:
    assert is_personal("t", column)


@pytest.mark.parametrize(
    "column",
    [
        *("id", "name", "title", "status", "country", "city", "price", "created_at", "email_count", "is_active"),
        *("address_id", "phone_model", "product_name", "category_name", "zip_file", "shipping", "description"),
    ],
)
def test_what_is_about_a_thing_is_not(column: str) -> None:
    assert not is_personal("product", column)


def test_a_name_is_personal_in_a_table_of_people() -> None:
    assert is_personal("customers", "name")
    assert is_personal("author", "name")
    assert is_personal("customer_list", "name")
    assert not is_personal("user_groups", "name")
    assert not is_personal("categories", "name")
