"""`shopstream certify`: proof that the platform works in an account, or on embedded services."""

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli import provisioning
from shopstream_platform.cli.console import console, errors
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings

if TYPE_CHECKING:
    from shopstream_platform.certify.outcome import Outcome
    from shopstream_platform.certify.site import Site, Target

# What a machine without an account loads in some seconds.
EMBEDDED_ROWS = 10_000
SHOWN = 300


def certify(
    embedded: Annotated[bool, typer.Option("--embedded", help="Without an account, on embedded services.")] = False,
    credit_limit: Annotated[
        int, typer.Option("--credit-limit", min=2, help="Snowflake credits, then its warehouses are suspended.")
    ] = 3,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Run groups with this in their name alone; may be repeated.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows of the large load (default: 1,000,000).")] = None,
    report: Annotated[Path, typer.Option("--report", help="Folder for the report.")] = Path("certification"),
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything for inspection.")] = False,
    remove: Annotated[str | None, typer.Option("--remove", help="Remove what a run left, by its name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Prove the platform in a Snowflake account and an S3 bucket, in a namespace of its own that is removed again."""
    from shopstream_platform.certify.loads import MILLION
    from shopstream_platform.certify.namespace import Namespace
    from shopstream_platform.certify.site import Site

    space = Namespace.named(remove) if remove else Namespace.new()
    site = Site(space, None if embedded else _target(), rows or (EMBEDDED_ROWS if embedded else MILLION))
    if remove:
        _remove(site, yes=yes)
        return
    if embedded:
        # Nothing of the shell's account reaches this process either.
        os.environ.update(site.environment())
        load_settings()
    _announce(site, credit_limit)
    if not embedded and not yes and not typer.confirm("Make these, and remove them at the end?"):
        raise typer.Exit(1)
    _certify(site, credit_limit, only or [], report, keep=keep)


def _target() -> "Target":
    from shopstream_platform.certify.site import Target

    settings = load_settings()
    if settings.warehouse_is_embedded:
        raise ShopStreamError(
            "SNOWFLAKE_ACCOUNT is not set: set it with the login of somebody who may use ACCOUNTADMIN, and "
            "SHOPSTREAM_S3_BUCKET, or use --embedded to certify this machine without an account"
        )
    connection = settings.lake.connection()
    if connection is None:
        raise ShopStreamError("SHOPSTREAM_S3_BUCKET is not set: name a bucket, or one that is to be made")
    return Target(provisioning.administrator(settings), connection)


def _announce(site: "Site", credit_limit: int) -> None:
    space, names = site.space, site.space.names
    console.print(f"certification {space.name}")
    console.print(f"  on this machine: {escape(str(space.home))}, with a PostgreSQL of its own", soft_wrap=True)
    if site.target is None:
        console.print("  no account: embedded services stand for Snowflake and S3; what they cannot prove is not run")
        return
    at, lake = site.target.snowflake, site.target.s3
    console.print(
        f"  in Snowflake account {escape(at.account)}: database {names.database}, three warehouses, roles, a user, an "
        f"integration and two monitors, all named {space.prefix}...",
        soft_wrap=True,
    )
    at_lake = f"s3://{lake.bucket}/{space.lake_prefix}"
    console.print(f"  in AWS: {escape(at_lake)}, and a stack with two roles", soft_wrap=True)
    console.print(
        f"  credit limit: {credit_limit}; the warehouses are suspended when their monitors have counted so many. "
        "Cloud services and S3 requests are not in it"
    )


def _certify(site: "Site", credit_limit: int, only: list[str], folder: Path, *, keep: bool) -> None:
    from shopstream_platform.certify import report as reporting
    from shopstream_platform.certify.run import certify as run

    began, place = datetime.now(UTC), {}
    outcomes: list[Outcome] = []
    try:
        # Closed whatever happens here: its end is the removal.
        with closing(run(site, credit_limit, only, keep=keep)) as cases:
            for outcome in cases:
                outcomes.append(outcome)
                _tell(outcome)
                if not place and outcome.group == "provisioning" and outcome.status == "as documented":
                    place = reporting.of_the_account(site)
    except BaseException:
        errors.print(f"If anything was left: shopstream certify {_how(site)}--remove {site.space.name}", soft_wrap=True)
        raise
    for group in dict.fromkeys(outcome.group for outcome in outcomes if outcome.group.startswith("conformance")):
        console.print(f"{group}: {reporting.counted(one for one in outcomes if one.group == group)}")
    shown = reporting.anonymous(outcomes, site)
    made = reporting.Report(reporting.facts(site, began, shown) | place, shown)
    for path in reporting.write(made, folder):
        console.print(f"report: {escape(str(path))}", soft_wrap=True)
    if keep:
        console.print(f"Everything is kept; remove it by: shopstream certify {_how(site)}--remove {site.space.name}")
    console.print(made.closing_line)
    if not made.passed:
        raise typer.Exit(1)


def _tell(outcome: "Outcome") -> None:
    """Conformance has hundreds of cases: of those, only what is different."""
    if outcome.group.startswith("conformance") and outcome.status != "different":
        return
    text = f"{outcome.group}: {outcome.case}: {outcome}"
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]} ... (whole in the report)"
    colour = "[red]" if outcome.status == "different" else ""
    console.print(f"{colour}{escape(shown)}{'[/]' if colour else ''} ({outcome.seconds:.1f} s)", soft_wrap=True)


def _how(site: "Site") -> str:
    return "--embedded " if site.embedded else ""


def _remove(site: "Site", *, yes: bool) -> None:
    from shopstream_platform.certify.account import nothing_left, remove
    from shopstream_platform.certify.outcome import Different

    space = site.space
    if not yes and not typer.confirm(f"Remove all that is named {space.prefix}..., and {space.home}?"):
        raise typer.Exit(1)
    try:
        console.print(remove(site))
        console.print(f"nothing of {space.name} is left: {nothing_left(site)}")
    except Different as what:
        raise ShopStreamError(f"not everything of {space.name} is removed: {what}") from None
    finally:
        site.close()
