"""Users, and the marketing contacts of whom some become users."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import (
    Crowd,
    Floats,
    Ints,
    Texts,
    choose,
    heavy_tail,
    stream,
    trait,
)
from shopstream_platform.simulator.names import COUNTRIES, People, people
from shopstream_platform.simulator.seasons import (
    OPENING_SECONDS,
    SECONDS_A_DAY,
    moments,
    start_of,
)

PLANS = ("freemium", "premium", "enterprise")
PLAN_LIMITS = (0.61, 0.81)  # about 70 % and 94 % of all users lie below
CHANNELS: tuple[str, ...] = ("google_ads", "facebook", "instagram", "newsletter", "referral", "trade_show", "organic")
# How often a channel brings contacts who never open an account, and contacts who do.
UNCONVERTED: dict[str, float] = dict(zip(CHANNELS, (0.26, 0.24, 0.14, 0.12, 0.06, 0.08, 0.10), strict=True))
CONVERTED: dict[str, float] = dict(zip(CHANNELS, (0.24, 0.12, 0.08, 0.22, 0.20, 0.04, 0.10), strict=True))
CAMPAIGNS = ("welcome", "brand", "retargeting", "black_friday", "summer_sale", "lookalike")
CONVERSION_DAYS = 45

# The share of users who came over from the beta, in the shop's first minutes: somebody has to order first.
BETA_SHARE = 0.05


@dataclass(frozen=True)
class Customers:
    """Users as orders see them; ascending by the moment since which they are there."""

    ids: Ints
    since: Ints
    countries: Texts
    loyalty: Floats

    @property
    def crowd(self) -> Crowd:
        """For picking by loyalty."""
        return Crowd(self.since, self.loyalty)


@dataclass(frozen=True)
class Contacts:
    """Marketing contacts; `converted_at` is -1 for those who have no account yet."""

    people: People
    channels: Texts
    campaigns: Texts
    created: Ints
    converted_at: Ints


def loyalty(seed: int, ids: Ints) -> Floats:
    """How often a user orders relative to others: many once, a few all the time."""
    return heavy_tail(trait(seed, "loyalty", ids), exponent=1.1, largest=70.0)


def plans(seed: int, ids: Ints) -> Texts:
    """Subscriptions: the loyal pay more often."""
    leaning = 0.6 * trait(seed, "plan", ids) + 0.4 * trait(seed, "loyalty", ids)
    return np.array(PLANS, dtype=object)[np.searchsorted(PLAN_LIMITS, leaning)]


def make_users(seed: int, days: Sequence[date], counts: Ints, beta: int) -> tuple[Customers, People]:
    """`beta` users in the first minutes, and `counts[i]` on `days[i]`."""
    rng = stream(seed, "users", days[0])
    opening = start_of(days[0]) + np.sort(rng.integers(0, OPENING_SECONDS, beta))
    since = np.sort(np.concatenate([opening, moments(rng, days, counts)]))
    ids = np.arange(1, len(since) + 1)
    countries = choose(rng, COUNTRIES, len(ids))
    who = people(rng, countries, range(1, len(ids) + 1), ".")
    return Customers(ids, since, countries, loyalty(seed, ids)), who


def make_contacts(
    seed: int, days: Sequence[date], unconverted: Ints, users: Customers, who: People, converted: int
) -> Contacts:
    """`unconverted[i]` new contacts on `days[i]` and `converted` that have become users, ascending by creation."""
    rng = stream(seed, "contacts", days[0])
    became = np.sort(rng.choice(len(users.ids), min(converted, len(users.ids)), replace=False))
    since = users.since[became]
    earlier = (rng.exponential(8.0, len(became)).clip(0.01, CONVERSION_DAYS) * SECONDS_A_DAY).astype(np.int64)
    created = np.concatenate([np.maximum(since - earlier, start_of(days[0])), moments(rng, days, unconverted)])
    fresh = _strangers(rng, int(unconverted.sum()), first_number=1)
    channels = np.concatenate([choose(rng, CONVERTED, len(became)), choose(rng, UNCONVERTED, len(fresh.email))])
    order = np.argsort(created, kind="stable")
    both = [
        np.concatenate([known[became], new])[order]
        for known, new in ((who.first, fresh.first), (who.last, fresh.last), (who.email, fresh.email))
    ]
    at = np.concatenate([since, np.full(len(fresh.email), -1)])
    campaigns = campaigns_of(rng, channels, created)
    return Contacts(People(*both), channels[order], campaigns[order], created[order], at[order])


def make_new_contacts(seed: int, day: date, count: int, first_number: int) -> Contacts:
    """One day's new contacts."""
    rng = stream(seed, "contacts", day)
    created = moments(rng, [day], np.array([count]))
    channels = choose(rng, UNCONVERTED, count)
    who = _strangers(rng, count, first_number)
    return Contacts(who, channels, campaigns_of(rng, channels, created), created, np.full(count, -1))


def campaigns_of(rng: np.random.Generator, channels: Texts, created: Ints) -> Texts:
    """Campaigns such as google_ads-2025q4-black_friday; None for contacts who came by themselves."""
    months = created.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    topics = rng.integers(0, len(CAMPAIGNS), len(channels))
    names = [
        None if channel == "organic" else f"{channel}-{1970 + month // 12}q{month % 12 // 3 + 1}-{CAMPAIGNS[topic]}"
        for channel, month, topic in zip(channels, months.tolist(), topics.tolist(), strict=True)
    ]
    return np.array(names, dtype=object)


def _strangers(rng: np.random.Generator, count: int, first_number: int) -> People:
    # Users' addresses have a dot where these have an underscore, so the two never meet.
    return people(rng, choose(rng, COUNTRIES, count), range(first_number, first_number + count), "_")
