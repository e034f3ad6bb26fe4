"""A table that is suddenly empty, or has lost most of its rows, waits until somebody says that this is meant."""

from shopstream_platform.operations.drift import Drift, Seen


def withhold(drift: Drift, limit: float) -> None:
    """Refuse the tables of which a larger share than `limit` (0 to 1) of the compared rows or partitions is gone."""
    for table, seen in drift.seen.items():
        if table not in drift.refused and (gone := what_is_gone(seen, limit)):
            drift.refuse(
                table,
                f"{table}: {gone} at the source, more than SHOPSTREAM_DELETION_LIMIT={limit:g} allows without asking, "
                "so nothing was deleted from RAW: look at the source, the role and the database; if the rows are "
                "meant to go, run `shopstream refresh --accept-deletes`",
            )


def what_is_gone(seen: Seen, limit: float) -> str | None:
    """What has vanished, if it is more than the limit; partitions count where several of them had rows."""
    gone = seen.loaded_rows - seen.found_rows
    if gone > limit * seen.loaded_rows:
        return f"{gone:,} of {seen.loaded_rows:,} loaded rows are gone"
    if seen.loaded_parts > 1 and seen.emptied_parts > limit * seen.loaded_parts:
        return f"{seen.emptied_parts:,} of {seen.loaded_parts:,} days with rows have none left"
    return None
