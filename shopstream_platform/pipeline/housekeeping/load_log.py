"""Old entries of the load log. One that a later load of its partition has superseded decides nothing any more."""

from datetime import timedelta

from shopstream_platform.contract.raw import LOAD_LOG
from shopstream_platform.stores.warehouse import Warehouse


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
    # What a statement that changes rows answers is their number.
    found = warehouse.rows_if_there(drop_superseded(age))
    return int(found[0][0]) if found else 0
