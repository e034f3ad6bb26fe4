"""Repeatable chance: streams of random numbers by purpose, and traits that an id has for life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

_MASK = 2**64 - 1


def stream(seed: int, purpose: str, day: date) -> np.random.Generator:
    """Random numbers for one purpose on one day; equal arguments give equal numbers."""
    return np.random.default_rng([seed & _MASK, crc32(purpose.encode()), day.toordinal()])


def trait(seed: int, name: str, ids: Ints) -> Floats:
    """A number in [0, 1) that every id keeps for life, such as how loyal user 17 is; needs no storage."""
    salt = np.uint64((seed * 0x9E3779B97F4A7C15 + crc32(name.encode())) & _MASK)
    # The finalizer of splitmix64; its products are meant to overflow.
    x = ids.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + salt
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2.0**53


def heavy_tail(uniform: Floats, exponent: float, largest: float) -> Floats:
    """Pareto weights from 1 to `largest`: the smaller the exponent, the fewer hold the most."""
    return np.minimum((1.0 - uniform) ** (-1.0 / exponent), largest)


def choose(rng: np.random.Generator, weights: Mapping[str, float], size: int) -> Texts:
    """Values drawn by their relative weights."""
    shares = np.array(list(weights.values()))
    return np.array(list(weights), dtype=object)[rng.choice(len(weights), size, p=shares / shares.sum())]


@dataclass(frozen=True)
class Crowd:
    """Things that appear one after the other (users, products), picked by weight among those already there."""

    since: Ints  # ascending, seconds
    weights: Floats

    def pick(self, rng: np.random.Generator, at: Ints) -> Ints:
        """For each moment the index of a member that is there; the first member if none is."""
        cumulative = np.cumsum(self.weights)
        present = np.searchsorted(self.since, at, side="left")
        reach = np.where(present > 0, cumulative[np.maximum(present - 1, 0)], 0.0)
        picked = np.searchsorted(cumulative, rng.random(len(at)) * reach, side="right")
        return np.minimum(picked, np.maximum(present - 1, 0))

    def pick_recent(self, rng: np.random.Generator, at: Ints, seconds: int) -> Ints:
        """For each moment the index of a member that came at most `seconds` before; the newest one if none did."""
        present = np.searchsorted(self.since, at, side="left")
        first = np.minimum(np.searchsorted(self.since, at - seconds, side="left"), np.maximum(present - 1, 0))
        return first + (rng.random(len(at)) * np.maximum(present - first, 1)).astype(np.int64)
