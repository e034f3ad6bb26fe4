"""A shop with a feed, whose first ten days are in RAW."""

from collections.abc import Callable, Iterator

import pytest

from shopstream_platform_tests.fixtures.fed import FedShop
from shopstream_platform_tests.fixtures.pipeline import Pipeline, day


@pytest.fixture
def new_shop(new_pipeline: Callable[[], Pipeline]) -> Iterator[Callable[..., FedShop]]:
    """Shops with a row of every table on each of three days; their slots are dropped at the end."""
    opened: list[FedShop] = []

    def create(**arguments: object) -> FedShop:
        shop = FedShop(new_pipeline(), **arguments)  # pyright: ignore
        opened.append(shop)
        for number in range(3):
            shop.pipeline.insert_one_of_each(day(number), number)
        return shop

    yield create
    for shop in opened:
        shop.drop()
        shop.pipeline.source.close()


@pytest.fixture
def shop(new_shop: Callable[..., FedShop]) -> FedShop:
    """A shop that is in RAW as it is."""
    shop = new_shop()
    shop.drain()
    return shop
