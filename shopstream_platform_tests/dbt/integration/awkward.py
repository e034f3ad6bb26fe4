"""A source with all that the schema allows and no shop should do."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform_tests.fixtures.pipeline import (
    CRM_CONTACTS,
    EVENTS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    USERS,
    Pipeline,
)

NASTY = [
    'say "yes", O\'Neill',
    "two\nlines\r\n",
    "tab\there",
    "",
    "  ",
    "Ünïcödé 名前 🛒",
    "C:\\temp\\",
    "NULL",
    "\\N",
    None,
]
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")

Line = tuple[int, int, str]


def fill_awkwardly(pipeline: Pipeline) -> date:
    """Fill the empty source; its first day."""
    for statement in postgres_ddl(SHOP_TABLES):
        pipeline.sql(statement)
    first = date.today() - timedelta(days=10)
    noon = datetime.combine(first, datetime.min.time()) + timedelta(hours=12)
    fill_users(pipeline)
    fill_products(pipeline)
    fill_orders(pipeline, noon)
    fill_later_orders(pipeline, noon + timedelta(days=3))
    fill_events(pipeline, noon)
    fill_contacts(pipeline, noon)
    return first


def fill_users(pipeline: Pipeline) -> None:
    """Blanks, empty and missing codes; 7 and 8 share an address but for its case; 9 has an empty one; 11 is older."""
    for number, country in enumerate(["FRA", None, " it", "", "USA", "DEU"], start=1):
        plan = None if number == 2 else " Premium "
        pipeline.insert(USERS, email=f"{number}@example.org", country=country, plan_type=plan, created_at=None)
    for email in ("Twin@Example.org", "twin@example.org ", "", "ÉLODIE@example.org"):
        pipeline.insert(USERS, email=email, first_name=NASTY[0], last_name=NASTY[5], country="esp")
    pipeline.insert(USERS, email="old@example.org", created_at=datetime(1999, 12, 31, 23, 59, 59))


def fill_products(pipeline: Pipeline) -> None:
    """Every text that ever broke a CSV file; stock of all signs."""
    for number, category in enumerate(["Books", None, "", " Toys ", "Books", "Books", "Never sold"], start=1):
        pipeline.insert(PRODUCTS, merchant_id=number, name=f"p{number}", category=category, price=1)
    for number, text in enumerate(NASTY, start=8):
        stock = [0, 100, -3, None][number % 4]
        pipeline.insert(
            PRODUCTS,
            merchant_id=1,
            name=text or "",
            category=text,
            description=text,
            price="9.99",
            stock_quantity=stock,
        )


def order(pipeline: Pipeline, user: int, lines: Sequence[Line], **values: Any) -> None:
    """An order and its lines (product, quantity, total)."""
    number = pipeline.insert(ORDERS, user_id=user, **({"total_amount": 1, "status": "paid"} | values))
    for product, quantity, total in lines:
        pipeline.insert(
            ORDER_ITEMS, order_id=number, product_id=product, quantity=quantity, unit_price=total, line_total=total
        )


def fill_orders(pipeline: Pipeline, noon: datetime) -> None:
    """Statuses, countries and moments of all kinds."""

    def add(user: int, lines: Sequence[Line], **values: Any) -> None:
        order(pipeline, user, lines, **values)

    add(1, [(1, 1, "80.00"), (1, 2, "0.00")], country="FRA", created_at=noon)
    add(1, [(2, 1, "0.01"), (3, 1, "9.99")], country=None, created_at=noon + timedelta(days=1))
    add(1, [(1, 3, "10.00")], country="FRA", created_at=noon, status=" Cancelled ")
    add(1, [(1, 3, "10.00"), (4, 1, "5.00")], country="FRA", created_at=noon, status="REFUNDED")
    add(2, [(4, 1, "80.00")], country=None, created_at=None, status=None)
    add(2, [(5, 1, "5.00")], country="", created_at=noon, status="")
    add(3, [(5, 1, "5.00"), (6, 1, "10.00")], country=None, created_at=noon - timedelta(days=4000))
    add(3, [(1, 1, "33.33"), (2, 1, "33.33"), (3, 1, "33.34")], country="fr ", created_at=noon, status="no such")
    add(4, [(2, 1, "10.00")], country=None, created_at=noon + timedelta(hours=11, minutes=59, seconds=59))
    add(5, [(1, 1, "99.00")], country="USA", created_at=noon, status="cancelled\t")
    add(4, [(3, 1, "20.00")], country="FRA", created_at=noon, status="Canceled ")
    add(4, [(3, 2, "30.00")], country="FRA", created_at=noon, status="RETURNED")
    add(5, [(2, -1, "-4.00")], country="USA", created_at=noon, status="cancelled")
    add(6, [], country="DEU", created_at=noon + timedelta(days=3))
    add(6, [(1, 1, "1.00")], country="DEU", created_at=noon + timedelta(days=2), status="cancelled")
    add(6, [(1, 1, "1.00")], country="ESP", created_at=None, status="refunded")


def fill_later_orders(pipeline: Pipeline, last: datetime) -> None:
    """Both sides of the 30 and the 90 days, goods that came back, and a last day on which all was cancelled."""
    for product, days in ((8, 29), (9, 30), (10, 89), (11, 90), (12, 28)):
        order(pipeline, 7, [(product, 2, "7.00")], country=None, created_at=last - timedelta(days=days))
    order(pipeline, 8, [(13, 3, "500.00"), (12, -2, "-7.00"), (14, -1, "-1.00")], created_at=last - timedelta(days=1))
    order(pipeline, 9, [(13, 30, "0.10"), (15, 7, "0.20")], created_at=last - timedelta(days=62))
    order(pipeline, 10, [(15, 7, "0.20")], created_at=last - timedelta(days=1))
    order(pipeline, 10, [(1, 1, "1.00")], created_at=last, status="cancelled")


def fill_events(pipeline: Pipeline, noon: datetime) -> None:
    """Per user one way through the shop (minute, kind); None is an event without a time."""
    ways: dict[int | None, list[tuple[float | None, str]]] = {
        1: [(minute, kind) for minute, kind in enumerate(STEPS)],
        2: [(0, "page_view"), (30, "product_view"), (59.9999, "add_to_cart"), (89.9998, "search")],
        3: [(0, "purchase"), (1, "page_view"), (2, "add_to_cart"), (3, "product_view"), (3, "add_to_cart")],
        4: [(0, kind) for kind in STEPS],
        5: [(0, kind) for kind in reversed(STEPS)],
        6: [(0, " PAGE_VIEW "), (20, "scroll"), (49, "Product_View"), (None, "add_to_cart"), (50, "checkout_start")],
        7: [(719, "page_view"), (721, "product_view"), (725, "add_to_cart"), (755, "checkout_start")],
        8: [(-4000 * 1440, "page_view"), (0, "")],
        None: [(minute, kind) for minute, kind in enumerate(STEPS)],
    }
    for user, way in ways.items():
        for minute, kind in way:
            when = None if minute is None else noon + timedelta(minutes=minute)
            pipeline.insert(EVENTS, user_id=user, event_type=kind, event_ts=when, metadata='{"page": "/\\"é\\n"}')


def fill_contacts(pipeline: Pipeline, noon: datetime) -> None:
    """Addresses in all cases within and across campaigns; conversions without a moment and the reverse."""

    def add(email: str, source: str | None, campaign: str | None, days: float | None, converted: bool | None) -> None:
        moment = None if days is None else noon + timedelta(days=days)
        pipeline.insert(
            CRM_CONTACTS,
            **{"email": email, "source": source, "campaign_id": campaign, "created_at": noon},
            **{"converted": converted, "converted_at": moment},
        )

    add("1@example.org", "ads", "one", 3, True)
    add("1@EXAMPLE.org", "ads", "one", 4.6, True)
    add(" 1@example.ORG", " ADS ", "two", None, True)
    add("TWIN@example.org", "ads", "one", None, False)
    add("2@example.org", "ads", "one", 1, False)
    add("3@example.org", "ads", "two", -2, True)
    add("nobody@example.org", "ads", "two", None, None)
    add("", None, None, 0, True)
    add(" ", "", " ", 0.4, True)
    add("élodie@example.org", 'Émile "ads",\n', "O'Neill 名前", 0.5, True)
    for number, text in enumerate(NASTY):
        add(f"{number + 4}@example.org", text, text, number, True)
