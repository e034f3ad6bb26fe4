"""`shopstream clone`: the database for a branch, without copying it."""

from typing import TYPE_CHECKING, Annotated

import typer

from shopstream_platform.cli import provisioning
from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings

if TYPE_CHECKING:
    from shopstream_platform.config.settings import Settings
    from shopstream_platform.provision.snowflake.clone import Clone


def clone(
    name: Annotated[str | None, typer.Argument(help="Name of the branch, such as pr_42.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Drop the clone, and its folder in the lake.")] = False,
    every: Annotated[bool, typer.Option("--list", help="List the clones.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Clone the Snowflake database for a branch, with its grants and a lake of its own; requires SYSADMIN."""
    from shopstream_platform.provision.snowflake import clone as cloning
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    if settings.warehouse_is_embedded:
        raise ShopStreamError(
            "the embedded warehouse is one database: a clone of it is another SHOPSTREAM_HOME. `shopstream clone` is "
            "for a Snowflake account (SNOWFLAKE_ACCOUNT)"
        )
    account = provisioning.account(settings, provisioning.Choices(), provisioning.known_partition(settings))
    if every or name is None:
        with open_session(provisioning.administrator(settings)) as warehouse:
            found = list(cloning.clones(warehouse, account))
        for database, created in found:
            console.print(f"{database}  {created}", soft_wrap=True)
        console.print(f"{len(found)} clones of {account.database}")
        return
    wanted = cloning.named(account, name)
    if drop:
        _drop(settings, wanted, yes=yes)
        return
    with open_session(provisioning.administrator(settings)) as warehouse:
        for line in cloning.create(warehouse, wanted):
            console.print(line, soft_wrap=True)
    console.print("\nSet these beside the other settings to work in it; `shopstream clone --drop` removes it:")
    for variable, value in wanted.variables.items():
        console.print(f"  {variable}={value}", soft_wrap=True)


def _drop(settings: "Settings", wanted: "Clone", *, yes: bool) -> None:
    from shopstream_platform.provision.snowflake import clone as cloning
    from shopstream_platform.stores.lake import Lake
    from shopstream_platform.stores.warehouse import open_session

    if not yes and not typer.confirm(f"Drop {wanted.database} and s3://{wanted.of.bucket}/{wanted.lake_prefix}?"):
        raise typer.Exit(1)
    with open_session(provisioning.administrator(settings)) as warehouse:
        was_there = cloning.drop(warehouse, wanted)
    console.print(f"database {wanted.database} " + ("is dropped" if was_there else "was not there"))
    connection = settings.lake.connection()
    if connection is not None:
        lake, folder = Lake(connection), wanted.lake_prefix.removeprefix(connection.prefix)
        keys = list(lake.etags(folder))
        lake.delete(keys)
        console.print(
            f"{len(keys)} objects of {lake.uri(folder)} are deleted; old versions expire by the bucket's rule"
        )
