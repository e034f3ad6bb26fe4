"""Days that a simulated shop is to live before it is compared."""

from datetime import date, timedelta

from shopstream_platform.config.groups import Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import days_between, newest_partition, today
from shopstream_platform.services import resolve
from shopstream_platform.stores.postgres import snapshot


def days_to_simulate(settings: Settings) -> list[date]:
    """Days up to the newest partition that the simulated shop does not have yet; none of an external source.

    A running day that was begun is there: only `shopstream live`, or the partition itself, goes on with it. When it has
    ended, its rest is missing.
    """
    if settings.oltp.source is Source.EXTERNAL:
        return []
    # 0.5 s with Faker and numpy, which an external source does not need.
    from shopstream_platform.simulator.simulator import newest_day, running_day

    with snapshot(resolve.postgres(settings).dsn) as conn:
        newest, begun = newest_day(conn), running_day(conn)
    first = settings.calendar.start_date if newest is None else newest + timedelta(days=1)
    last = newest_partition(settings.calendar)
    if begun and begun.day == today(settings.calendar) <= last:
        last = begun.day - timedelta(days=1)
    return days_between(first, last) if first <= last else []
