"""How many rows the newest days have, against the same weekdays of the weeks before; from the load log alone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.stores.warehouse import Warehouse

NEWEST_DAYS, HISTORY_WEEKS, ENOUGH_WEEKS = 7, 12, 6
# In standard deviations of the weekday's own history.
LIMIT = 4.0
# Makes the median absolute deviation of normal values their standard deviation.
TO_SIGMA = 1.4826


# (table, day, rows, weeks of history, median rows, deviation) of the newest days. Medians, so that an odd week in the
# history does not hide the next one. 2 * sqrt(n + 3/8) gives counts of any size a standard deviation of about one by
# chance alone, so that few rows a day raise no alarm and an empty day does. The first partition holds earlier days too.
VOLUMES = f"""
with loads as (
    select
        table_name,
        partition_date,
        row_count,
        2 * sqrt(row_count + 0.375) as root,
        coalesce(is_complete, true) as is_complete
    from {LOAD_LOG}
    where partition_date is not null
    qualify row_number() over (partition by table_name, partition_date order by load_id desc) = 1
),
finished as (
    -- A running day has fewer rows than a whole one.
    select
        table_name,
        partition_date,
        row_count,
        root,
        min(partition_date) over (partition by table_name) as first_day,
        max(partition_date) over (partition by table_name) as last_day
    from loads
    where is_complete
),
pairs as (
    select
        newest.table_name,
        newest.partition_date,
        newest.row_count,
        newest.root,
        earlier.row_count as earlier_rows,
        earlier.root as earlier_root
    from finished as newest
    left join finished as earlier
        on
            newest.table_name = earlier.table_name
            and earlier.partition_date > newest.first_day
            and datediff(day, earlier.partition_date, newest.partition_date) between 7 and {7 * HISTORY_WEEKS}
            and mod(datediff(day, earlier.partition_date, newest.partition_date), 7) = 0
    where datediff(day, newest.partition_date, newest.last_day) < {NEWEST_DAYS}
),
usual as (
    select
        table_name,
        partition_date,
        row_count,
        root,
        count(earlier_root) as weeks,
        median(earlier_rows) as usual_rows,
        median(earlier_root) as usual_root
    from pairs
    group by table_name, partition_date, row_count, root
),
spread as (
    select
        usual.table_name,
        usual.partition_date,
        median(abs(pairs.earlier_root - usual.usual_root)) as mad
    from usual
    inner join pairs on usual.table_name = pairs.table_name and usual.partition_date = pairs.partition_date
    group by usual.table_name, usual.partition_date
)
select
    usual.table_name,
    usual.partition_date,
    usual.row_count,
    usual.weeks,
    usual.usual_rows,
    (usual.root - usual.usual_root) / greatest(1, {TO_SIGMA} * spread.mad) as deviation
from usual
inner join spread on usual.table_name = spread.table_name and usual.partition_date = spread.partition_date
order by usual.table_name, usual.partition_date
"""


@dataclass(frozen=True)
class Volume:
    """One day: its rows, the median of its weekday's history, and how far it is from it."""

    day: date
    rows: int
    weeks: int
    usual: float
    deviation: float


def is_unusual(volume: Volume) -> bool:
    """Whether the day is too far from its weekday's history to be chance."""
    return abs(volume.deviation) > LIMIT


def read_volumes(warehouse: Warehouse) -> dict[str, list[Volume]]:
    """Table -> its newest days, ascending."""
    found: dict[str, list[Volume]] = defaultdict(list)
    for table, day, rows, weeks, usual, deviation in warehouse.rows(VOLUMES):
        found[table].append(Volume(day, int(rows), int(weeks), float(usual or 0), float(deviation or 0)))
    return found
