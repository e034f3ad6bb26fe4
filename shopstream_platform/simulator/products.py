"""What the shop sells."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from shopstream_platform.simulator.chance import (
    Crowd,
    Ints,
    Texts,
    choose,
    heavy_tail,
    stream,
    trait,
)
from shopstream_platform.simulator.names import brands
from shopstream_platform.simulator.seasons import SECONDS_A_DAY, start_of

PRODUCTS_PER_SCALE, MERCHANTS_PER_SCALE = 200, 25
CATEGORIES = {
    "Electronics": 0.20,
    "Fashion": 0.22,
    "Home": 0.16,
    "Beauty": 0.13,
    "Books": 0.12,
    "Sports": 0.10,
    "Toys": 0.07,
}
# Median price in EUR, and the goods.
GOODS: dict[str, tuple[float, tuple[str, ...]]] = {
    "Electronics": (149.0, ("Headphones", "Laptop Stand", "Smartphone", "Écouteurs", "Camera", "Charger", "Monitor")),
    "Fashion": (39.0, ("T-Shirt", "Jacket", "Sneakers", "Robe d'été", "Scarf", "Jeans", "Sac à main")),
    "Home": (55.0, ("Lamp", "Cushion", "Lampe de chevet", "Saucepan", "Chair", "Teppich", "Wall Clock")),
    "Beauty": (24.0, ("Face Cream", "Shampoo", "Parfum", "Lipstick", "Crème brûlée Scrub", "Soap")),
    "Books": (16.0, ("Novel", "Cookbook", "Bande dessinée", "Travel Guide", "Children's Book", "Atlas")),
    "Sports": (48.0, ("Yoga Mat", "Running Shoes", "Vélo d'appartement", "Football", "Tent", "Water Bottle")),
    "Toys": (27.0, ("Puzzle", "Board Game", "Plüschbär", "Building Blocks", "Doll's House", "Kite")),
}
STYLES = ("Classic", "Pro", "Mini", "Eco", "Deluxe", "Été", "Nordic", "Vintage", "Smart", "Ultra")
DESCRIPTIONS = (
    "Made to last, easy to love.",
    "Qualité supérieure, livré en 48 h.",
    'The "must-have" of the season; it\'s that simple.',
    "Für drinnen und draußen geeignet.",
    "Perfetto per ogni giorno, anche la domenica.",
    "¡Ideal para regalar! Envío incluido.",
    "New in 🎁 — customers give it ⭐⭐⭐⭐⭐",
    'Size 12" x 8", weight < 1 kg & 100% recyclable',
    "First line.\nSecond line, with a comma; and\ta tab.",
    r"Driver folder: C:\temp\new (only if you need it)",
    "Ends with blanks  ",
    "",
)
AWKWARD_FROM = 6  # from here on the descriptions are rare


@dataclass(frozen=True)
class Shelf:
    """Products as orders see them; ascending by the moment since which they are sold."""

    ids: Ints
    since: Ints
    categories: Texts
    price: Ints  # cents
    price_before: Ints  # cents, until `repriced`
    repriced: Ints  # seconds
    appeal: np.ndarray

    @property
    def crowd(self) -> Crowd:
        """For picking by appeal."""
        return Crowd(self.since, self.appeal)

    def price_at(self, products: Ints, at: Ints) -> Ints:
        """Cents that each product (an index) costs at each moment."""
        return np.where(at < self.repriced[products], self.price_before[products], self.price[products])


@dataclass(frozen=True)
class Goods:
    """The rest of what the table `products` holds, aligned with the shelf."""

    merchants: Ints
    names: Texts
    descriptions: Texts
    stock: Ints


def appeal(seed: int, ids: Ints) -> np.ndarray:
    """How often a product is bought relative to others: few bestsellers, a long tail, some never."""
    liked = heavy_tail(trait(seed, "appeal", ids), exponent=0.9, largest=60.0)
    return np.where(trait(seed, "unloved", ids) < 0.04, 0.0, liked)


def make_products(seed: int, scale: float, first: date, last: date) -> tuple[Shelf, Goods]:
    """The whole assortment: four fifths from the first day on, the rest joins over the history."""
    rng = stream(seed, "products", first)
    size = max(round(PRODUCTS_PER_SCALE * scale), len(CATEGORIES))
    ids = np.arange(1, size + 1)
    start, seconds = start_of(first), ((last - first).days + 1) * SECONDS_A_DAY
    since = (
        np.sort(np.where(rng.random(size) < 0.8, rng.integers(0, 300, size), rng.integers(0, seconds, size))) + start
    )
    categories = choose(rng, CATEGORIES, size)
    price = _prices(rng, categories)
    repriced = np.where(rng.random(size) < 0.3, rng.integers(since, start + seconds), since)
    before = np.where(repriced > since, _pretty(price * rng.uniform(0.8, 1.2, size)), price)
    shelf = Shelf(ids, since, categories, price, before, repriced, appeal(seed, ids))
    merchants = rng.integers(1, max(round(MERCHANTS_PER_SCALE * scale), 3) + 1, size)
    dead = rng.random(size) < 0.06
    stock = np.where(dead, rng.integers(200, 900, size), rng.negative_binomial(2, 0.02, size))
    return shelf, Goods(merchants, _names(rng, categories, merchants), _descriptions(rng, size), stock)


def _prices(rng: np.random.Generator, categories: Texts) -> Ints:
    medians = np.array([GOODS[category][0] for category in categories])
    return _pretty(medians * 100 * rng.lognormal(0.0, 0.55, len(categories)))


def _pretty(cents: np.ndarray) -> Ints:
    """Prices that end in .99 or .50, as shops like them."""
    whole = np.maximum(np.round(cents / 100), 2).astype(np.int64) * 100
    return np.where(whole % 300 == 0, whole - 50, whole - 1)


def _names(rng: np.random.Generator, categories: Texts, merchants: Ints) -> Texts:
    makers = brands()
    styles = np.array(STYLES, dtype=object)[rng.integers(0, len(STYLES), len(categories))]
    goods = np.array([rng.choice(GOODS[category][1]) for category in categories], dtype=object)
    return makers[merchants % len(makers)] + " " + styles + " " + goods


def _descriptions(rng: np.random.Generator, size: int) -> Texts:
    """Mostly plain text, a sprinkle of awkward but legal text, a few missing (None)."""
    weights = np.where(np.arange(len(DESCRIPTIONS)) < AWKWARD_FROM, 1.0, 0.2)
    texts = np.array(DESCRIPTIONS, dtype=object)[rng.choice(len(DESCRIPTIONS), size, p=weights / weights.sum())]
    texts[rng.random(size) < 0.03] = None
    return texts
