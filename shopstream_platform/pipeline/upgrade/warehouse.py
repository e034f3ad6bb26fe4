"""The version of what the platform keeps in RAW, and the migrations from one to the next.

RAW._VERSION has one row. A warehouse without it is of version 1, from before there were versions.
"""

from collections.abc import Callable

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.earlier import METHODS
from shopstream_platform.contract.raw import LOAD_LOG, VERSION_TABLE, version_ddl
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import says_forbidden

# How the message of a run begins that has brought the warehouse to this version.
UPGRADED = "the warehouse"
Migration = Callable[[Warehouse], str]


def to_version_2(warehouse: Warehouse) -> str:
    """The load log names declarations by the hash of now, so that nothing is loaded again because of it."""
    cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in METHODS.items())
    known = ", ".join(f"'{old}'" for old in METHODS)
    statement = f"UPDATE {LOAD_LOG} SET method = CASE method {cases} ELSE method END WHERE method IN ({known})"
    rows = warehouse.execute(statement).rowcount
    if not rows:
        return ""
    return f"{rows:,} rows of the load log were given the declarations' new hashes; nothing is loaded again for it"


# Version -> what leads to it from the one before. Each may run again, wherever it was stopped.
MIGRATIONS: dict[int, Migration] = {2: to_version_2}
VERSION = max(MIGRATIONS)


def open_warehouse(warehouse: Warehouse) -> list[str]:
    """Bring a warehouse of an earlier version to this one; what was done, as sentences.

    ShopStreamError, before anything is written, for one of a newer version. Two that do it at once wait for each
    other, since the first changes the row of the version.
    """
    version = version_of(warehouse)
    if version is None:
        _create(warehouse)
        version = 1
    done = [_migrate(warehouse, number) for number in range(version + 1, VERSION + 1)]
    # Of a new one there is nothing to tell.
    return [sentence for sentence in done if sentence]


def version_of(warehouse: Warehouse) -> int | None:
    """The version; None of before there were versions. ShopStreamError if it is newer than this program's."""
    found = warehouse.rows_if_there(f"SELECT MAX(version) FROM {VERSION_TABLE}")
    version = int(found[0][0]) if found and found[0][0] is not None else None
    if version is not None and version > VERSION:
        raise ShopStreamError(
            f"the warehouse was written by a newer ShopStream ({VERSION_TABLE} says {version}, this one knows "
            f"{VERSION}): install the newer one, or use another database (SNOWFLAKE_DATABASE)"
        )
    return version


def _create(warehouse: Warehouse) -> None:
    try:
        for statement in version_ddl():
            warehouse.execute(statement)
    except Exception as error:
        if not says_forbidden(error):
            raise
        raise ShopStreamError(
            f"{VERSION_TABLE} does not exist, and the role of this session may not make it: "
            "`shopstream provision snowflake` does"
        ) from None


def _migrate(warehouse: Warehouse, number: int) -> str:
    with warehouse.transaction():
        warehouse.execute(f"UPDATE {VERSION_TABLE} SET version = {number}")
        did = MIGRATIONS[number](warehouse)
    return f"{UPGRADED} is of version {number} now: {did}" if did else ""
