"""Shops that hold next to nothing, or nothing but one odd thing."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    USERS,
    Pipeline,
    day,
)

LAST = 40
OPENED = datetime(2025, 8, 1)
Line = tuple[int, int, str]


def noon(number: int) -> datetime:
    """The middle of the number-th day."""
    return datetime.combine(day(number), datetime.min.time()) + timedelta(hours=12)


def people(pipeline: Pipeline, count: int = 3, opened: datetime = OPENED) -> None:
    """Customers 1, 2, 3."""
    for number in range(1, count + 1):
        pipeline.insert(USERS, email=f"{number}@example.org", country="FRA", created_at=opened, last_login=opened)


def goods(pipeline: Pipeline, count: int = 3, category: str = "Books") -> None:
    """Products 1, 2, 3 at 10.00, five of each in stock."""
    for number in range(1, count + 1):
        pipeline.insert(
            PRODUCTS, merchant_id=1, name=f"p{number}", category=category, price=10, stock_quantity=5, created_at=OPENED
        )


def order(
    pipeline: Pipeline,
    at: datetime | None,
    lines: Sequence[Line],
    *,
    user: int = 1,
    status: str = "paid",
    country: str = "FRA",
) -> None:
    """An order whose lines (product, quantity, price) add up to its total."""
    total = sum(quantity * Decimal(price) for _, quantity, price in lines)
    number = pipeline.insert(
        ORDERS, user_id=user, created_at=at, total_amount=total, status=status, country=country, payment_method="card"
    )
    for product, quantity, price in lines:
        pipeline.insert(
            ORDER_ITEMS,
            **{"order_id": number, "product_id": product, "quantity": quantity},
            **{"unit_price": price, "line_total": quantity * Decimal(price)},
        )


def event(pipeline: Pipeline, kind: str, at: datetime, user: int = 1) -> None:
    """An event of a customer."""
    pipeline.insert(EVENTS, user_id=user, event_type=kind, event_ts=at, metadata='{"page": "/"}')


def empty(pipeline: Pipeline) -> None:
    """Six empty tables."""


def goods_alone(pipeline: Pipeline) -> None:
    """Products, and nobody who buys them."""
    goods(pipeline)


def all_cancelled(pipeline: Pipeline) -> None:
    """Orders in plenty, and none of them counts."""
    people(pipeline)
    goods(pipeline)
    for number in range(LAST + 1):
        order(pipeline, noon(number), [(1, 1, "10.00")], status="cancelled")


def without_dates(pipeline: Pipeline) -> None:
    """Two orders that nobody knows the day of."""
    people(pipeline)
    goods(pipeline)
    order(pipeline, None, [(1, 1, "10.00")])
    order(pipeline, None, [(2, 1, "20.00")], user=2)


def one_day(pipeline: Pipeline) -> None:
    """All orders on the newest day."""
    people(pipeline)
    goods(pipeline)
    order(pipeline, noon(LAST), [(1, 1, "10.00"), (2, 2, "5.00")])


def credit_notes(pipeline: Pipeline) -> None:
    """More comes back than is sold."""
    people(pipeline)
    goods(pipeline)
    order(pipeline, noon(LAST - 1), [(1, 1, "10.00")])
    order(pipeline, noon(LAST), [(2, -2, "20.00")])
    pipeline.insert(
        CRM_CONTACTS, email="1@example.org", source="mail", created_at=noon(0), converted=True, converted_at=noon(1)
    )


def wide(pipeline: Pipeline) -> None:
    """Fifty countries and a thousand categories."""
    people(pipeline)
    for number in range(1, 1001):
        pipeline.insert(PRODUCTS, merchant_id=1, name="x", category=f"c{number}", price=1, created_at=OPENED)
    for number in range(50):
        country = "".join(chr(ord("A") + letter) for letter in (number // 26, number % 26, 0))
        order(pipeline, noon(LAST - number % 5), [(number + 1, 1, "1.00")], country=country)


def odd_years(pipeline: Pipeline) -> None:
    """The years 1 and 9999 beside two days of September and one of October."""
    people(pipeline)
    people_of_the_future = datetime(9999, 12, 31, 23, 59, 59)
    pipeline.insert(USERS, email="late@example.org", country="FRA", created_at=people_of_the_future)
    goods(pipeline)
    order(pipeline, datetime(1, 1, 1), [(1, 1, "1.00")])
    for number in (20, 25, LAST):
        order(pipeline, noon(number), [(1, 1, "10.00")])
    order(pipeline, datetime(9999, 12, 31), [(1, 1, "100.00")])


def spellings(pipeline: Pipeline) -> None:
    """Statuses as people write them, and one that nobody knows."""
    people(pipeline)
    goods(pipeline)
    for number, status in enumerate(("paid", "canceled", " Returned", "FAILED", "on hold", "on hold")):
        order(pipeline, noon(LAST - 1), [(1, number + 1, "10.00")], status=status)
    order(pipeline, noon(LAST), [(2, -1, "7.00")], status="cancelled")


def ended(pipeline: Pipeline) -> None:
    """Nobody has ordered since the end of September but one day."""
    people(pipeline)
    goods(pipeline)
    for number in range(29):
        order(pipeline, noon(number), [(1, 1, "10.00")])


def reports_way(pipeline: Pipeline) -> None:
    """As a script with random rows fills a shop: orders before signups, steps left out, strangers as contacts."""
    people(pipeline, opened=noon(30))
    goods(pipeline)
    order(pipeline, noon(10), [(1, 1, "10.00")])
    order(pipeline, noon(LAST), [(1, 1, "10.00")], user=2)
    event(pipeline, "page_view", noon(35))
    event(pipeline, "purchase", noon(35) + timedelta(minutes=5))
    event(pipeline, "purchase", noon(36), user=2)
    pipeline.insert(
        CRM_CONTACTS,
        email="stranger@example.org",
        source="ads",
        created_at=noon(1),
        converted=True,
        converted_at=noon(2),
    )


def purchases_alone(pipeline: Pipeline) -> None:
    """Every session is a purchase."""
    people(pipeline)
    goods(pipeline)
    order(pipeline, noon(LAST), [(1, 1, "10.00")])
    for user in (1, 2, 3):
        event(pipeline, "purchase", noon(LAST), user=user)


def day_number(number: int) -> int:
    """The number-th day as pages count days."""
    return (day(number) - date(1970, 1, 1)).days
