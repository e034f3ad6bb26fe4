"""`shopstream tour`: one order through all layers, cancelled on the way."""

import re

import pytest

from shopstream_platform_tests.e2e.shop import Shop

pytestmark = pytest.mark.slow


def test_an_order_is_followed_and_cancelled(shop: Shop) -> None:
    ran = shop.shopstream("tour", "--yes")
    assert ran.code == 0, ran.everything
    (order,) = set(re.findall(r"^Order (\d+) of ", ran.out, re.MULTILINE))
    before, after = ran.out.split("The same order after it:")
    for part, status, counts in ((before, r"(paid|shipped|delivered)", "True"), (after, "cancelled", "False")):
        # At the source, in RAW and in the fact.
        assert len(re.findall(rf"^ *{order} .*{status}\b.*$", part, re.MULTILINE)) == 3, part
        assert re.search(rf"^ *{order} +{status} +{counts}", part, re.MULTILINE), part
        assert re.search(r"^s3://\S+/_manifest.json +\d+ *$", part, re.MULTILINE), part
    assert shop.source_rows(f"SELECT status FROM orders WHERE id = {order}") == [("cancelled",)]
    assert shop.shopstream("verify").code == 0


def test_somebody_elses_source_is_left_alone(shop: Shop) -> None:
    ran = shop.having(SHOPSTREAM_SOURCE="external").shopstream("tour", "--yes")
    assert ran.code == 1
    assert "the source is only read" in ran.err
