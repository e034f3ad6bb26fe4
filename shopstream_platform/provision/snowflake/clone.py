"""A zero-copy clone of the database for a branch, with its grants, and with a folder of its own in the lake.

The folder lies below raw/ of the lake that was cloned: the storage integration and both roles in AWS reach it already,
so that nothing of the trust changes.
https://docs.snowflake.com/en/user-guide/object-clone
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.raw import STAGE
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.state import AccountState
from shopstream_platform.stores.warehouse import Warehouse

FOLDER = "raw/clones/"


@dataclass(frozen=True)
class Clone:
    """One clone; `name` as a branch's is written, such as pr_42."""

    of: Account
    name: str

    @property
    def database(self) -> str:
        """Its database."""
        return f"{self.of.prefix}{self.name.upper()}"

    @property
    def lake_prefix(self) -> str:
        """Where its lake begins in the bucket."""
        return f"{self.of.lake_prefix}{FOLDER}{self.name.lower()}/"

    @property
    def mark(self) -> str:
        """The end of its database's comment. What lacks it is not a clone of this database, and is not touched."""
        return f"(ShopStream clone of {self.of.database})"

    @property
    def variables(self) -> dict[str, str]:
        """What to set, beside the settings of the database that was cloned, to work in the clone."""
        return {
            "SNOWFLAKE_DATABASE": self.database,
            "SHOPSTREAM_S3_PREFIX": self.lake_prefix.rstrip("/"),
        }


def named(account: Account, name: str) -> Clone:
    """The clone of a name; ShopStreamError for one that cannot be a database's and a folder's."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name) or f"{account.prefix}{name.upper()}" == account.database:
        raise ShopStreamError(
            f"{name!r} cannot be the name of a clone: letters, digits and _, such as pr_42, and not the database itself"
        )
    return Clone(account, name)


def create(warehouse: Warehouse, clone: Clone) -> list[str]:
    """Clone the database if it is not there, and give it grants and stage; what was done. Safe to run again.

    ShopStreamError, before anything is changed, if the database is there and is not a clone of this one.
    """
    there = _is_there(warehouse, clone)
    of = clone.of
    statements = [
        "USE ROLE SYSADMIN",
        f"CREATE DATABASE IF NOT EXISTS {clone.database} CLONE {of.database} COMMENT = 'For a branch {clone.mark}'",
        f"ALTER STAGE {clone.database}.{STAGE} SET URL = '{_stage_url(clone)}'",
        # A clone has the grants of what is in it, and none on itself. Its owner, who has made it, gives them.
        *(f"GRANT USAGE ON DATABASE {clone.database} TO ROLE {role}" for role in _readers(of)),
    ]
    for statement in statements:
        warehouse.execute(statement)
    made = "was there" if there else f"is a clone of {of.database}"
    return [f"database {clone.database} {made}", f"its lake is s3://{of.bucket}/{clone.lake_prefix}"]


def drop(warehouse: Warehouse, clone: Clone) -> bool:
    """Drop the clone's database; whether there was one. ShopStreamError if it is not a clone of this one."""
    if not _is_there(warehouse, clone):
        return False
    warehouse.execute(f"DROP DATABASE {clone.database}")
    return True


def clones(warehouse: Warehouse, account: Account) -> Iterator[tuple[str, str]]:
    """(database, when it was made) of every clone of the account's database."""
    mark = Clone(account, "any").mark
    warehouse.execute("USE ROLE SYSADMIN")
    for row in warehouse.records(f"SHOW DATABASES LIKE '{account.prefix}%'"):
        if str(row.get("comment") or "").endswith(mark):
            yield str(row["name"]), str(row.get("created_on") or "")


def _is_there(warehouse: Warehouse, clone: Clone) -> bool:
    warehouse.execute("USE ROLE SYSADMIN")
    found = AccountState(warehouse).find("DATABASE", clone.database)
    comment = str((found or {}).get("comment") or "")
    if found is not None and not comment.endswith(clone.mark):
        raise ShopStreamError(
            f"nothing was changed: database {clone.database} has the comment {comment!r}, so it is not a clone of "
            f"{clone.of.database}: choose another name"
        )
    return found is not None


def _readers(account: Account) -> tuple[str, ...]:
    names = account.names
    return (names.loader, names.transformer, names.reporter, *account.readers)


def _stage_url(clone: Clone) -> str:
    return clone.of.lake_url.removesuffix("raw/") + clone.lake_prefix.removeprefix(clone.of.lake_prefix) + "raw/"
