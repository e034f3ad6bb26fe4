"""Old entries of the load log. One that a later load of its partition has superseded decides nothing any more."""

from datetime import timedelta

from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import says_missing


def drop_superseded(age: timedelta) -> str:
    """Delete entries of more than this age that are not the newest of their partition; by the warehouse's own time."""
    return (
        f"DELETE FROM {LOAD_LOG} USING (SELECT table_name AS loaded, partition_date AS day, MAX(load_id) AS newest "
        f"FROM {LOAD_LOG} GROUP BY table_name, partition_date) AS latest "
        "WHERE table_name = latest.loaded AND partition_date IS NOT DISTINCT FROM latest.day "
        f"AND load_id < latest.newest AND loaded_at < DATEADD(SECOND, -{int(age.total_seconds())}, SYSDATE())"
    )


def drop_superseded_loads(warehouse: Warehouse, age: timedelta) -> int:
    """How many entries went; none of a warehouse that nothing was loaded into."""
    try:
        return warehouse.execute(drop_superseded(age)).rowcount or 0
    except Exception as error:
        if says_missing(error):
            return 0
        raise
