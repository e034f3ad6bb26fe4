"""A simulated year of daily runs: what is left on disk and in memory after days 1, 30, 90, 180, 365.

    python -m benchmarks.year --days 365 --home /tmp/year

The day is moved, not the clock: each simulated day takes some seconds. So that what is kept for 30 days goes in time,
the retention is 30 times those seconds, and the sweep comes after every run. A run that was ended goes on with the day
after the last finished one; what it had kept by then is older than the retention, and goes at once.
"""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from time import monotonic
from unittest.mock import patch

import psutil

FIRST = date(2025, 9, 1)
LOOKED_AT = (1, 30, 60, 90, 120, 180, 240, 300, 365)
KEPT_DAYS = 30


class _Noon(datetime):
    """Now is noon of the simulated day."""

    simulated = FIRST

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.combine(cls.simulated, time.min, tz) + timedelta(hours=12)


@contextmanager
def _day(day: date) -> Iterator[None]:
    _Noon.simulated = day
    with (
        patch("shopstream_platform.contract.days.today", lambda calendar: day),
        patch("shopstream_platform.defs.checks.datetime", _Noon),
    ):
        yield


def _measure(home: Path) -> dict[str, float]:
    from sqlalchemy import create_engine, text

    from shopstream_platform.config.environment.variables import INSTANCE_URL
    from shopstream_platform.config.files import bytes_below
    from shopstream_platform.services import embedded

    found: dict[str, float] = {}
    for folder in ("object_store", "postgres", "warehouse", "dagster", "logs", "dashboards"):
        found[f"{folder} MiB"] = bytes_below(home / folder) / 2**20
    for status in embedded.status(home):
        process = psutil.Process(status.pid)
        found[f"{status.name} RSS MiB"] = (
            sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20
        )
        found[f"{status.name} handles"] = process.num_fds()
    with create_engine(os.environ[INSTANCE_URL]).connect() as connection:
        for table in ("runs", "event_logs", "asset_check_executions", "snapshots", "job_ticks"):
            found[table] = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        found["run history MiB"] = connection.execute(text("SELECT pg_database_size('dagster')")).scalar_one() / 2**20
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--scale", default="0.05")
    arguments = parser.parse_args()
    os.environ |= {
        "SHOPSTREAM_HOME": str(arguments.home),
        "SHOPSTREAM_SCALE": arguments.scale,
        "SHOPSTREAM_START_DATE": str(FIRST),
        "SHOPSTREAM_INCLUDE_TODAY": "false",
    }
    from shopstream_platform.config.modules import hide_pandas

    hide_pandas()
    from dagster import DagsterInstance

    from shopstream_platform.cli.refresh import bring_up_to_date
    from shopstream_platform.config.load import load_settings
    from shopstream_platform.defs.housekeeping import sweep
    from shopstream_platform.services import embedded

    log, finished = arguments.home.with_suffix(".jsonl"), arguments.home.with_suffix(".days")
    embedded.up(arguments.home)
    seconds = [float(line) for line in finished.read_text().split()] if finished.exists() else []
    for number in range(len(seconds) + 1, arguments.days + 1):
        began = monotonic()
        with _day(FIRST + timedelta(days=number)):
            bring_up_to_date(load_settings(), window_days=None, dry_run=False, accept_deletes=False)
            kept = KEPT_DAYS * (sum(seconds[-KEPT_DAYS:]) / len(seconds[-KEPT_DAYS:])) if seconds else 3600
            os.environ["SHOPSTREAM_RETENTION_DAYS"] = str(kept / 86400)
            with DagsterInstance.get() as instance:
                swept = sweep(load_settings(), instance)
        seconds.append(monotonic() - began)
        with finished.open("a") as file:
            file.write(f"{seconds[-1]:.1f}\n")
        if number in LOOKED_AT or number == arguments.days or number % 30 == 0:
            with log.open("a") as file:
                line = {"day": number, "seconds": seconds[-1], "swept": str(swept)} | _measure(arguments.home)
                file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
