"""`shopstream docs`: dbt's site as one page, and how much of the project is documented and tested."""

import pytest

from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform_tests.e2e.shop import Shop


def test_everything_is_documented_and_tested(shop: Shop) -> None:
    ran = shop.shopstream("docs", "--coverage")
    assert ran.code == 0, ran.everything
    assert ran.out.count("(100.0 %)") == 4, ran.everything


@pytest.mark.slow
def test_the_site_has_every_model_and_no_data(shop: Shop) -> None:
    ran = shop.shopstream("docs", "--build-only")
    assert ran.code == 0, ran.everything
    page = shop.home / "docs" / "dbt" / "index.html"
    text = page.read_text("utf-8")
    assert all(f"stg_{table.name}" in text for table in SHOP_TABLES)
    assert "mart_cohort_retention" in text
    ((email,),) = shop.source_rows("SELECT email FROM users ORDER BY id LIMIT 1")
    assert email not in text
