"""`shopstream provision ...`: AWS and Snowflake as code, each command safe to run again."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopstream_platform.cli.console import console
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    import boto3

    from shopstream_platform.provision.aws.template import LakeStack
    from shopstream_platform.provision.snowflake.account import Account

app = typer.Typer(help="Set up real AWS and Snowflake accounts. Safe to run again.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be run, run nothing.")]
Principal = Annotated[
    str | None, typer.Option("--extract-principal", help="ARN that may assume the role for extraction.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="Private key of the service user, made if missing; default: below SHOPSTREAM_HOME."
    ),
]
Credits = Annotated[int, typer.Option("--credit-quota", min=1, help="Credits a month, then warehouses are suspended.")]
AllowedIps = Annotated[
    list[str] | None, typer.Option("--allow-ip", help="The service user logs in from here only; may be repeated.")
]


@app.command("aws")
def provision_aws(principal: Principal = None, dry_run: DryRun = False) -> None:
    """The bucket, the role that extracts into it, the role for Snowflake: one CloudFormation stack."""
    from shopstream_platform.provision.aws import stack, template

    settings = load_settings()
    if dry_run:
        typer.echo(template.template_text())
        return
    session = _session(settings)
    deployed = stack.deploy(session, stack.describe(session, _bucket(settings), principal))
    console.print(f"stack {deployed.stack.name} {deployed.action}")
    for name in deployed.repaired:
        console.print(f"{name} was not as in the template, and is again")
    console.print(f"role for extraction: {deployed.stack.extract_role}")


@app.command("snowflake")
def provision_snowflake(
    key_file: KeyFile = None,
    credit_quota: Credits = 20,
    allow_ip: AllowedIps = None,
    role_arn: Annotated[
        str | None, typer.Option("--role-arn", help="Snowflake's role in AWS; else asked of AWS.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Roles, database, warehouses, integration, stage, RAW tables and grants: ordered SQL."""
    from shopstream_platform.provision.snowflake.account import script

    settings = load_settings()
    bucket = _bucket(settings)
    arn = role_arn or _stack(_session(settings), bucket).snowflake_role_arn
    # A dry run makes no key: without its file the script just lacks the statement that sets it.
    key = _public_key(settings, key_file, make=not dry_run)
    account = _account(settings, key, credit_quota, allow_ip, arn)
    if dry_run:
        typer.echo(script(account))
        return
    from shopstream_platform.provision.snowflake.account import provision
    from shopstream_platform.stores.warehouse import open_session

    with open_session(_administrator(settings)) as warehouse:
        provision(warehouse, account)
    console.print(f"Snowflake account {settings.snowflake.account}: {account.database} is set up")
    _say_what_next(settings, key_file)


@app.command("all")
def provision_all(
    principal: Principal = None,
    key_file: KeyFile = None,
    credit_quota: Credits = 20,
    allow_ip: AllowedIps = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Take everything away again.")] = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="With --destroy: the bucket's objects and the database too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """AWS, Snowflake, the trust between them, and a probe through all of it."""
    from shopstream_platform.provision.handshake import connect
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    administrator, session = _administrator(settings), _session(settings)
    wanted = _stack(session, _bucket(settings), principal)
    if destroy:
        _destroy(settings, session, wanted, with_data=with_data, yes=yes)
        return
    account = _account(
        settings, _public_key(settings, key_file, make=True), credit_quota, allow_ip, wanted.snowflake_role_arn
    )
    with open_session(administrator) as warehouse:
        connect(session, warehouse, wanted, account, lambda line: console.print(line, soft_wrap=True))
    _say_what_next(settings, key_file)


def _destroy(settings: Settings, session: "boto3.Session", wanted: "LakeStack", *, with_data: bool, yes: bool) -> None:
    from shopstream_platform.provision.aws import stack
    from shopstream_platform.provision.snowflake.account import Account, removal
    from shopstream_platform.stores.warehouse import open_session

    data = f" with all objects and database {settings.snowflake.database}" if with_data else ""
    if not yes and not typer.confirm(
        f"Remove {wanted.name} of AWS account {wanted.account_id} and Snowflake's objects{data}?"
    ):
        raise typer.Exit(1)
    # AWS first: it refuses a bucket that is not empty before anything is gone.
    for name in stack.destroy(session, wanted, with_data=with_data):
        console.print(f"deleted: {name}")
    account = Account(settings.snowflake.database, wanted.bucket)
    with open_session(_administrator(settings)) as warehouse:
        for statement in removal(account, with_data=with_data):
            warehouse.execute(statement)
    console.print("deleted: what the platform had in Snowflake" + ("" if with_data else ", but for its database"))


def _bucket(settings: Settings) -> str:
    if settings.lake.s3_bucket is None:
        raise ShopStreamError(
            "SHOPSTREAM_S3_BUCKET is not set: name the bucket to set up, such as shopstream-datalake-yourname"
        )
    return settings.lake.s3_bucket


def _administrator(settings: Settings) -> SnowflakeConnection:
    """The configured login without its role, which may not exist yet; each script says its own."""
    connection = settings.snowflake.connection()
    if connection is None:
        raise ShopStreamError(
            "SNOWFLAKE_ACCOUNT is not set: set it with the login of somebody who may use ACCOUNTADMIN, "
            "or use --dry-run to hand the SQL to them. The embedded warehouse sets itself up"
        )
    return replace(connection, role=None)


def _session(settings: Settings) -> "boto3.Session":
    import boto3

    from shopstream_platform.stores.aws_errors import translated

    with translated():
        return boto3.Session(region_name=settings.lake.aws_region)


def _stack(session: "boto3.Session", bucket: str, principal: str | None = None) -> "LakeStack":
    from shopstream_platform.provision.aws.stack import describe

    return describe(session, bucket, principal)


def _key_file(settings: Settings, key_file: Path | None) -> Path:
    return key_file or settings.home / "keys" / "snowflake_service.p8"


def _public_key(settings: Settings, key_file: Path | None, *, make: bool) -> str | None:
    from shopstream_platform.provision.snowflake.keys import public_key

    path = _key_file(settings, key_file)
    return public_key(path, _passphrase(settings, path)) if make or path.exists() else None


def _passphrase(settings: Settings, path: Path) -> str | None:
    """Of the service user's key, where it has one: the administrator may log in by another way, so it is asked for."""
    from shopstream_platform.provision.snowflake.keys import is_encrypted

    if not is_encrypted(path):
        return None
    given = settings.snowflake.private_key_passphrase
    return given.get_secret_value() if given else typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)


def _account(
    settings: Settings, key: str | None, credit_quota: int, allow_ip: list[str] | None, role_arn: str
) -> "Account":
    from shopstream_platform.provision.snowflake.account import Account

    return Account(
        settings.snowflake.database,
        _bucket(settings),
        role_arn=role_arn,
        public_key=key,
        credit_quota=credit_quota,
        mask_pii=settings.dbt.mask_pii,
        allowed_ips=tuple(allow_ip or ()),
    )


def _say_what_next(settings: Settings, key_file: Path | None) -> None:
    from shopstream_platform.provision.snowflake.account import SERVICE_USER

    console.print("\nThe platform itself logs in with these; then run `shopstream doctor`:")
    console.print(f"  SNOWFLAKE_USER={SERVICE_USER}\n  SNOWFLAKE_ROLE=TRANSFORMER")
    console.print(f"  SNOWFLAKE_PRIVATE_KEY_PATH={_key_file(settings, key_file)}", soft_wrap=True)
