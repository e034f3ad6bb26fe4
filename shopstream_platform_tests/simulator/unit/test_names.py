import re
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import stream
from shopstream_platform.simulator.names import (
    COUNTRIES,
    LOCALES,
    brands,
    people,
    pool,
)
from shopstream_platform.simulator.rows import (
    integers,
    money,
    texts,
    timestamps,
)


def test_every_country_has_names_of_its_own_language() -> None:
    assert COUNTRIES.keys() == LOCALES.keys()
    assert abs(sum(COUNTRIES.values()) - 1) < 1e-9
    assert len(set(LOCALES.values())) >= 6


def test_addresses_are_unique_and_reach_nobody() -> None:
    countries = np.array(list(COUNTRIES) * 500, dtype=object)
    who = people(stream(1, "people", date(2025, 9, 1)), countries, range(1, len(countries) + 1), ".")
    assert len(set(who.email)) == len(countries)
    pattern = re.compile(r"[a-z0-9]+\.[a-z0-9]+@([a-z]+\.example|example\.(com|org|net))")
    assert all(pattern.fullmatch(address) for address in who.email)


def test_the_pools_repeat() -> None:
    names = pool("fr_FR").first.tolist()
    pool.cache_clear()
    assert pool("fr_FR").first.tolist() == names
    assert len(brands()) > 50


def test_copy_text() -> None:
    assert list(texts(["a\tb\nc\\d\r", "", None])) == [r"a\tb\nc\\d\r", "", r"\N"]
    assert list(integers(np.array([7, -1]))) == ["7", r"\N"]
    assert list(money(np.array([5, 100, 123456]))) == ["0.05", "1.00", "1234.56"]
    assert list(timestamps(np.array([0, -1]))) == ["1970-01-01T00:00:00", r"\N"]
    assert list(timestamps(np.array([1500]), "ms")) == ["1970-01-01T00:00:01.500"]
