"""Names of people and brands: pools made by Faker once, combined by numpy; Faker for every row would take minutes."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from faker import Faker

from shopstream_platform.simulator.chance import Texts

LOCALES = {
    "FRA": "fr_FR",
    "DEU": "de_DE",
    "ITA": "it_IT",
    "ESP": "es_ES",
    "USA": "en_US",
    "GBR": "en_GB",
    "BEL": "fr_FR",
    "AUT": "de_DE",
    "CAN": "en_US",
}
COUNTRIES = {
    "FRA": 0.34,
    "DEU": 0.15,
    "ITA": 0.12,
    "ESP": 0.10,
    "USA": 0.10,
    "GBR": 0.08,
    "BEL": 0.06,
    "AUT": 0.03,
    "CAN": 0.02,
}

# Reserved for examples (RFC 2606): no letter ever reaches a real person.
MAIL_DOMAINS = np.array(["example.com", "example.org", "example.net", "mail.example", "courrier.example"], dtype=object)
FIRST_NAMES, LAST_NAMES, COMPANIES = 150, 250, 20


@dataclass(frozen=True)
class Pool:
    """One locale's names, and the same in the letters of an e-mail address."""

    first: Texts
    last: Texts
    first_ascii: Texts
    last_ascii: Texts
    companies: Texts


@dataclass(frozen=True)
class People:
    """Names and e-mail addresses of many people, aligned."""

    first: Texts
    last: Texts
    email: Texts


@lru_cache
def pool(locale: str) -> Pool:
    """The locale's names, always the same."""
    faker = Faker(locale)
    faker.seed_instance(20_250_901)
    first = [faker.first_name() for _ in range(FIRST_NAMES)]
    last = [faker.last_name() for _ in range(LAST_NAMES)]
    companies = [faker.company() for _ in range(COMPANIES)]
    return Pool(
        *(np.array(names, dtype=object) for names in (first, last, _ascii(first), _ascii(last), companies)),
    )


def people(rng: np.random.Generator, countries: Texts, numbers: range, separator: str) -> People:
    """People of the given countries; `numbers` and `separator` make their addresses unique."""
    size = len(countries)
    first, last, local = (np.empty(size, dtype=object) for _ in range(3))
    for country, locale in LOCALES.items():
        here = np.flatnonzero(countries == country)
        names = pool(locale)
        f, n = rng.integers(0, FIRST_NAMES, len(here)), rng.integers(0, LAST_NAMES, len(here))
        first[here], last[here] = names.first[f], names.last[n]
        local[here] = names.first_ascii[f] + separator + names.last_ascii[n]
    domains = MAIL_DOMAINS[rng.choice(len(MAIL_DOMAINS), size, p=(0.5, 0.2, 0.15, 0.1, 0.05))]
    email = [f"{name}{number}@{domain}" for name, number, domain in zip(local, numbers, domains, strict=True)]
    return People(first, last, np.array(email, dtype=object))


def brands() -> Texts:
    """Company names of all locales, for the merchants' goods."""
    return np.concatenate([pool(locale).companies for locale in dict.fromkeys(LOCALES.values())])


def _ascii(names: list[str]) -> list[str]:
    plain = (unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in names)
    return ["".join(filter(str.isalnum, name)) for name in plain]
