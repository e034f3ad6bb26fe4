"""Which day RAW holds though it was not over when it was loaded; from the load log alone."""

from datetime import date

from shopstream_platform.contract.raw import LOAD_LOG, NEWEST
from shopstream_platform.stores.warehouse import Warehouse


def running_day(warehouse: Warehouse) -> date | None:
    """The first such day of any table; None if all that is there is of days that were over."""
    return warehouse.value(
        f"SELECT MIN(partition_date) FROM (SELECT partition_date, is_complete FROM {LOAD_LOG} "
        f"WHERE partition_date IS NOT NULL {NEWEST}) AS newest_loads WHERE NOT COALESCE(is_complete, TRUE)"
    )
