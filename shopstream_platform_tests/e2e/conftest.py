"""One finished `shopstream demo` that the tests share: whoever changes its source brings the warehouse up to date."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shopstream_platform_tests.e2e.shop import STRAY, Ran, Shop


@dataclass(frozen=True)
class Demo:
    """A shop and how its first `shopstream demo` went."""

    shop: Shop
    ran: Ran


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """From nothing to the marts, once a session; in a shell with somebody's other work, which must change nothing."""
    shop = Shop.at(tmp_path_factory.mktemp("e2e"))
    try:
        yield Demo(shop, shop.having(**STRAY).shopstream("demo"))
    finally:
        down = shop.shopstream("down")
        assert down.code == 0, down.everything


@pytest.fixture(scope="session")
def shop(demo: Demo) -> Shop:
    """The shop whose demo is finished."""
    assert demo.ran.code == 0, demo.ran.everything
    return demo.shop
