"""A tiny shop of the chaos program's own: its home, its commands as processes, and changes at its source."""

import os
import random
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shopstream_platform.services import embedded
from shopstream_platform.stores.warehouse import session_arguments
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Shop

DAYS = 8
SCALE = "0.02"
# On a busy machine; a command that takes longer hangs.
TIMEOUT_SECONDS = 240


@dataclass
class Command:
    """A `shopstream` command that runs, with what it prints in a file."""

    process: "subprocess.Popen[bytes]"
    arguments: tuple[str, ...]
    output: Path
    began: float = field(default_factory=time.monotonic)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait(self, seconds: float = TIMEOUT_SECONDS) -> "Ended":
        """Its end; one that hangs is killed, and says so."""
        hung = False
        try:
            self.process.wait(max(1.0, self.began + seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            hung = True
        finally:
            # Also where this program is interrupted: nothing must go on with the home behind its back.
            self.process.kill()
            self.process.wait()
        ended = Ended(self.arguments, self.process.returncode, self.said, time.monotonic() - self.began, hung)
        self.output.unlink()
        return ended


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    said: str
    seconds: float
    hung: bool = False

    @property
    def errors(self) -> list[str]:
        """Its sentences about what went wrong."""
        return [line for line in self.said.splitlines() if line.startswith(("error: ", "interrupted"))]


class ChaosShop(Shop):
    """A shop whose connections are looked up anew each time: its services come back on other ports."""

    @classmethod
    def tiny(cls, home: Path) -> "ChaosShop":
        """Of some days, whose newest does not end while the program runs."""
        zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
        today = datetime.now(ZoneInfo(zone)).date()
        return cls(home, today - timedelta(days=DAYS), zone, {"SHOPSTREAM_SCALE": SCALE, "NO_COLOR": "1"})

    @property
    def yesterday(self) -> date:
        return self.start + timedelta(days=DAYS - 1)

    @property
    def connections(self) -> dict[str, dict[str, Any]]:  # type: ignore[override]
        warehouse = session_arguments(embedded.ensure_warehouse(self.home))
        warehouse |= warehouse.pop("additional_snowflake_connection_args")
        return {"postgres": {"dsn": embedded.ensure_postgres(self.home).dsn}, "snowflake": warehouse}

    def start_command(self, *arguments: str, **settings: str) -> Command:
        """Begin a command as a user does, in a session of its own."""
        # Not on the home's disk, which may be full.
        descriptor, output = tempfile.mkstemp(prefix="shopstream-chaos-", suffix=".log")
        with os.fdopen(descriptor, "wb") as file:
            process = subprocess.Popen(
                [PROGRAMS / "shopstream", *arguments],
                cwd=ROOT,
                env={**self.environment(), **settings},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Command(process, arguments, Path(output))

    def command(self, *arguments: str) -> Ended:
        """A command to its end."""
        return self.start_command(*arguments).wait()

    def change(self, rng: random.Random) -> str:
        """Change some rows of random days in random tables at the source; what was changed."""
        changes = rng.sample(sorted(CHANGES), rng.randint(1, 3))
        with self.source() as connection, connection.cursor() as cursor:
            for name in changes:
                day = self.start + timedelta(days=rng.randrange(DAYS))
                cursor.execute(CHANGES[name], {"day": day, "next": day + timedelta(days=1), "n": rng.randrange(10**6)})
        return ", ".join(changes)


_OF_DAY = "%(day)s AND created_at < %(next)s"
# Statements that change something whatever the shop holds; deletions are few, so that no limit stops a refresh.
CHANGES = {
    "contact": "UPDATE crm_contacts SET campaign_id = 'c' || %(n)s WHERE id IN (SELECT min(id) FROM crm_contacts)",
    "event": "INSERT INTO events (event_type, event_ts, metadata) "
    "VALUES ('page_view', %(day)s::timestamp + interval '7 hours', jsonb_build_object('page', 'p' || %(n)s))",
    "event gone": "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE event_ts >= %(day)s "
    "AND event_ts < %(next)s ORDER BY id DESC LIMIT 1)",
    "line": "UPDATE order_items SET quantity = 1 + %(n)s %% 9, line_total = unit_price * (1 + %(n)s %% 9) "
    f"WHERE order_id IN (SELECT id FROM orders WHERE created_at >= {_OF_DAY})",
    "new order": "INSERT INTO orders (user_id, created_at, total_amount, status, country) "
    "SELECT min(id), %(day)s::timestamp + interval '9 hours', %(n)s / 100.0, 'paid', 'FRA' FROM users",
    "order": f"UPDATE orders SET payment_method = 'm' || %(n)s %% 1000 WHERE created_at >= {_OF_DAY}",
    "product": "UPDATE products SET stock_quantity = %(n)s WHERE id % 3 = 0".replace("% 3", "%% 3"),
    "user": "UPDATE users SET first_name = 'n' || %(n)s WHERE id IN (SELECT max(id) FROM users)",
}
