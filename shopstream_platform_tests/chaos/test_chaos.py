"""Some rounds of the chaos program; many more run every night."""

from collections.abc import Iterator

import pytest

from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos import oracle, rounds
from shopstream_platform_tests.chaos.faults import FAULTS
from shopstream_platform_tests.chaos.shop import ChaosShop

SEED, ROUNDS = 1, 10
# What a CI job can have without a disk of its own.
CI_FAULTS = [name for name in rounds.names() if "disk" not in name]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosShop]:
    """A tiny shop of which nothing was made yet."""
    shop = ChaosShop.tiny(tmp_path_factory.mktemp("empty") / "home")
    yield shop
    assert oracle.left_after_down(shop) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_first_refresh_that_is_killed_and_services_that_are_started_by_many(empty: ChaosShop) -> None:
    """The same rounds, cheaper: the shop is made while they are played, and then there is nothing to do."""
    for number, fault in enumerate(("SIGKILL refresh", "eight up", "warehouse state gone")):
        played = rounds.play(empty, SEED, number, [fault], change=False)
        assert played.problems == [], played.as_dict()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosShop]:
    """A finished tiny shop."""
    shop = ChaosShop.tiny(tmp_path_factory.mktemp("chaos") / "home")
    rounds.afresh(shop)
    yield shop
    assert oracle.left_after_down(shop) == []
    embedded.down(shop.home)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_shop_comes_through(number: int, shop: ChaosShop) -> None:
    played = rounds.play(shop, SEED, number, CI_FAULTS)
    if played.problems:
        rounds.afresh(shop)
    assert played.problems == [], played.as_dict()


def test_the_seed_alone_chooses_the_faults() -> None:
    decks = [[rounds.fault_of(seed, number, rounds.names()).name for number in range(20)] for seed in (1, 1, 2)]
    assert decks[0] == decks[1] != decks[2]
    assert len(set(decks[0])) == 20


def test_every_round_of_a_deck_is_another_fault() -> None:
    names = rounds.names()
    assert {rounds.fault_of(7, number, names).name for number in range(len(names))} == set(names)
    assert set(names) <= set(FAULTS)
