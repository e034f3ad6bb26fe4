"""A table that is suddenly empty, or has lost most of its rows, waits until somebody says that this is meant."""

from collections import Counter
from collections.abc import Mapping

from shopstream_platform.pipeline.refresh.drift import Drift, Loads, Seen


def withhold(drift: Drift, limit: float, loaded: Mapping[str, int] | None = None) -> None:
    """Refuse the tables of which a larger share than `limit` (0 to 1) of the compared rows or partitions is gone.

    `loaded` (table -> rows) takes the place of the compared rows, and of partitions, where these say too little.
    """
    for table, compared in drift.seen.items():
        seen = compared if loaded is None else _of_all(compared, loaded[table])
        if table not in drift.refused and (gone := what_is_gone(seen, limit)):
            drift.refuse(
                table,
                f"{table}: {gone} at the source, more than SHOPSTREAM_DELETION_LIMIT={limit:g} allows without asking, "
                "so nothing was deleted from RAW: check the source, the role and the database; if the deletion "
                "is intended, run `shopstream refresh --accept-deletes`",
            )


def loaded_rows(loads: Loads) -> dict[str, int]:
    """Table -> rows of its current loads; 0 of any other. Tables that are no longer declared have loads too."""
    rows: Counter[str] = Counter()
    for (table, _), load in loads.items():
        rows[table] += load.rows
    return rows


def _of_all(seen: Seen, loaded: int) -> Seen:
    gone = seen.loaded_rows - seen.found_rows
    return Seen(loaded_rows=loaded, found_rows=loaded - gone)


def what_is_gone(seen: Seen, limit: float) -> str | None:
    """What has vanished, if it is more than the limit; partitions count where several of them had rows."""
    gone = seen.loaded_rows - seen.found_rows
    if gone > limit * seen.loaded_rows:
        return f"{gone:,} of {seen.loaded_rows:,} loaded rows are gone"
    if seen.loaded_parts > 1 and seen.emptied_parts > limit * seen.loaded_parts:
        return f"{seen.emptied_parts:,} of {seen.loaded_parts:,} days with rows have none left"
    return None
