"""The day that is running: made up whole, held back, and let into the shop as its moments come.

What is to come lies in tables of the simulator's own, so that a shop goes on where it stood, whatever ended its
process. A day that was lived to its end has the rows of one that was simulated at once, but for the stock, which moves
sale by sale.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.shop import SCHEMA, Shop
from shopstream_platform.simulator.updates import RESTOCKED, move_orders_on

_DDL = f"""
CREATE TABLE IF NOT EXISTS {SCHEMA}.running (
    day DATE NOT NULL, lived_to TIMESTAMP NOT NULL, seed BIGINT NOT NULL, scale FLOAT8 NOT NULL
)
"""
_CONVERSIONS = f"{SCHEMA}.coming_conversions"
# What a day adds rows to, parents first, as keys require.
TABLES = ("users", "crm_contacts", "orders", "order_items", "events")
# Which of the coming rows are due. A visit may begin before the signup that it leads to; lines come with their orders.
_DUE = {
    "users": "created_at <= %(to)s",
    "crm_contacts": "created_at <= %(to)s",
    "orders": "created_at <= %(to)s",
    "order_items": "order_id IN (SELECT id FROM orders)",
    "events": "event_ts <= %(to)s AND (user_id IS NULL OR user_id IN (SELECT id FROM users))",
}


@dataclass(frozen=True)
class Running:
    """The day that is running, and the moment to which it has been lived."""

    day: date
    lived_to: datetime
    seed: int
    scale: float


def start_of_day(day: date) -> datetime:
    """The day's first moment."""
    return datetime.combine(day, time.min)


def end_of_day(day: date) -> datetime:
    """The moment at which the day is over."""
    return start_of_day(day + timedelta(days=1))


def running(cursor: Cursor) -> Running | None:
    """The day that is running; None if every day that was begun has been lived to its end."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{SCHEMA}.running"])
    if cursor.fetchone() != (True,):
        return None
    cursor.execute(f"SELECT day, lived_to, seed, scale FROM {SCHEMA}.running")
    found = cursor.fetchone()
    return Running(*found) if found else None


def hold_back(cursor: Cursor, day: date, first_ids: Mapping[str, int], *, seed: int, scale: float) -> None:
    """Take what was just made up of a day, the rows from `first_ids` on, out of the shop again: it is to come."""
    begin = start_of_day(day)
    cursor.execute(_DDL)
    cursor.execute(f"INSERT INTO {SCHEMA}.running VALUES (%s, %s, %s, %s)", [day, begin, seed, scale])
    cursor.execute(
        f"CREATE TABLE {_CONVERSIONS} AS SELECT id, converted_at FROM crm_contacts "
        "WHERE converted AND converted_at >= %s",
        [begin],
    )
    cursor.execute(
        "UPDATE crm_contacts SET converted = FALSE, converted_at = NULL "
        f"FROM {_CONVERSIONS} AS coming WHERE crm_contacts.id = coming.id"
    )
    for table in reversed(TABLES):
        cursor.execute(f"CREATE TABLE {_coming(table)} (LIKE {table})")
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table} WHERE id >= %s RETURNING *) "
            f"INSERT INTO {_coming(table)} SELECT * FROM gone",
            [first_ids[table]],
        )


def live_on(cursor: Cursor, shop: Shop, to: datetime) -> tuple[Counter[str], Counter[str]]:
    """Let in what comes up to the moment; rows inserted and rows updated, by table."""
    moment = {"to": to}
    inserted, updated = Counter[str](), Counter[str]()
    inserted["users"] = _let_in(cursor, "users", moment)
    inserted["crm_contacts"] = _let_in(cursor, "crm_contacts", moment)
    updated["crm_contacts"] = _convert(cursor, moment)
    updated["users"], updated["products"] = _log_in(cursor, moment), _sell(cursor, moment)
    for table in ("orders", "order_items", "events"):
        inserted[table] = _let_in(cursor, table, moment)
    updated["orders"] = move_orders_on(cursor, shop.seed, int(to.replace(tzinfo=UTC).timestamp()))
    cursor.execute(f"UPDATE {SCHEMA}.running SET lived_to = %(to)s", moment)
    return inserted, updated


def close(cursor: Cursor) -> None:
    """Nothing is to come any more: the day has been lived to its end."""
    cursor.execute(f"DELETE FROM {SCHEMA}.running")
    cursor.execute(f"DROP TABLE {', '.join([_CONVERSIONS, *map(_coming, TABLES)])}")


def _coming(table: str) -> str:
    return f"{SCHEMA}.coming_{table}"


def _let_in(cursor: Cursor, table: str, moment: Mapping[str, datetime]) -> int:
    cursor.execute(
        f"WITH due AS (DELETE FROM {_coming(table)} WHERE {_DUE[table]} RETURNING *) "
        f"INSERT INTO {table} SELECT * FROM due",
        moment,
    )
    return cursor.rowcount


def _convert(cursor: Cursor, moment: Mapping[str, datetime]) -> int:
    """Contacts who have opened an account by now."""
    cursor.execute(
        f"WITH due AS (DELETE FROM {_CONVERSIONS} WHERE converted_at <= %(to)s RETURNING *) "
        "UPDATE crm_contacts SET converted = TRUE, converted_at = due.converted_at "
        "FROM due WHERE crm_contacts.id = due.id",
        moment,
    )
    return cursor.rowcount


def _log_in(cursor: Cursor, moment: Mapping[str, datetime]) -> int:
    """Users who order or look around have logged in."""
    cursor.execute(
        "UPDATE users SET last_login = greatest(last_login, seen.at) FROM (SELECT user_id, max(at) AS at FROM ("
        f"SELECT user_id, created_at AS at FROM {_coming('orders')} WHERE {_DUE['orders']} UNION ALL "
        f"SELECT user_id, date_trunc('second', event_ts) FROM {_coming('events')} WHERE {_DUE['events']}"
        ") AS traces GROUP BY user_id) AS seen WHERE users.id = seen.user_id",
        moment,
    )
    return cursor.rowcount


def _sell(cursor: Cursor, moment: Mapping[str, datetime]) -> int:
    """What is sold leaves the stock; what runs out is delivered again."""
    cursor.execute(
        f"UPDATE products SET stock_quantity = {RESTOCKED}, updated_at = greatest(updated_at, new.at) FROM ("
        "SELECT lines.product_id AS id, sum(lines.quantity)::int AS sold, max(orders.created_at) AS at "
        f"FROM {_coming('order_items')} AS lines "
        f"INNER JOIN {_coming('orders')} AS orders ON orders.id = lines.order_id "
        f"WHERE orders.{_DUE['orders']} GROUP BY lines.product_id) AS new WHERE products.id = new.id",
        moment,
    )
    return cursor.rowcount
