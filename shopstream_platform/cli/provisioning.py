"""What the commands of `shopstream provision` share: settings and options as stacks, accounts and logins."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shopstream_platform.cli.console import console
from shopstream_platform.config.account_names import PREFIX, AccountNames
from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    import boto3

    from shopstream_platform.provision.aws.stack import Wishes
    from shopstream_platform.provision.aws.template import LakeStack
    from shopstream_platform.provision.snowflake.account import Account
    from shopstream_platform.stores.warehouse import Warehouse

# Of an account that only has to be read.
NO_ROLE = "arn:aws:iam::000000000000:role/none"


@dataclass(frozen=True)
class Choices:
    """Options of the Snowflake side."""

    credit_quota: int | None = None
    bi_credit_quota: int | None = None
    notify: tuple[str, ...] = ()
    allowed_ips: tuple[str, ...] = ()
    developers: bool = False


def bucket(settings: Settings) -> str:
    """The configured bucket; ShopStreamError without one."""
    if settings.lake.s3_bucket is None:
        raise ShopStreamError(
            "SHOPSTREAM_S3_BUCKET is not set: name the bucket to set up, such as shopstream-datalake-yourname"
        )
    return settings.lake.s3_bucket


def administrator(settings: Settings) -> SnowflakeConnection:
    """The configured login without its role, which may not exist yet; each script says its own."""
    connection = settings.snowflake.connection()
    if connection is None:
        raise ShopStreamError(
            "SNOWFLAKE_ACCOUNT is not set: set it with the login of somebody who may use ACCOUNTADMIN, "
            "or use --dry-run to hand the SQL to them. The embedded warehouse sets itself up"
        )
    return replace(connection, role=None)


def aws_session(settings: Settings) -> "boto3.Session":
    """The standard AWS credential chain, in the configured region."""
    import boto3

    from shopstream_platform.stores.aws_errors import translated

    with translated():
        return boto3.Session(region_name=settings.lake.aws_region)


def wishes(
    principal: str | None, provider: str | None, subject: str | None, services: list[str] | None, kms_key: str | None
) -> "Wishes":
    """Options of the AWS side; ShopStreamError for half a pair or an unknown service."""
    from shopstream_platform.provision.aws.stack import Wishes
    from shopstream_platform.provision.aws.template import SERVICES

    if (provider is None) != (subject is None):
        raise ShopStreamError("--oidc-provider and --oidc-subject belong together: a cluster and its service account")
    if unknown := sorted(set(services or ()) - SERVICES.keys()):
        raise ShopStreamError(f"--service {unknown[0]} is not one of {', '.join(SERVICES)}")
    return Wishes(principal, provider, subject, tuple(services) if services else None, kms_key)


def lake_stack(session: "boto3.Session", settings: Settings, wanted: "Wishes | None" = None) -> "LakeStack":
    """The stack of the configured lake; ShopStreamError if it is the lake of another database."""
    from shopstream_platform.provision.aws.stack import describe

    stack = describe(session, bucket(settings), settings.lake.s3_prefix, wanted)
    environment = f"{settings.snowflake.account or 'no account'}/{settings.snowflake.database}"
    if settings.snowflake.account is None:
        return stack
    if stack.environment.casefold() not in ("", environment.casefold()):
        raise ShopStreamError(
            f"stack {stack.name} is the lake of {stack.environment}, not of {environment}: set SHOPSTREAM_S3_PREFIX, "
            "so that this environment has a folder of its own in the bucket, or another SHOPSTREAM_S3_BUCKET. If both "
            "are the same Snowflake account, write SNOWFLAKE_ACCOUNT as it was written then"
        )
    return replace(stack, environment=environment)


def known_role_arn(settings: Settings) -> str:
    """Snowflake's role, as AWS has it or will have it."""
    return lake_stack(aws_session(settings), settings).snowflake_role_arn


def known_partition(settings: Settings) -> str:
    """A role's ARN in the partition of the configured region; nothing of AWS is asked."""
    import boto3

    partition = boto3.Session().get_partition_for_region(settings.lake.aws_region)
    return NO_ROLE.replace("arn:aws:", f"arn:{partition}:")


def key_file(settings: Settings, named: Path | None) -> Path:
    """Where the service user's private key is: one file an environment."""
    prefix = settings.snowflake.prefix
    name = "snowflake_service" if prefix == PREFIX else AccountNames(prefix).service_user.lower()
    return named or settings.home / "keys" / f"{name}.p8"


def passphrase(settings: Settings, file: Path) -> str | None:
    """Of the service user's key, where it has one: the administrator may log in by another way, so it is asked for."""
    from shopstream_platform.provision.snowflake.keys import is_encrypted

    if not is_encrypted(file):
        return None
    given = settings.snowflake.private_key_passphrase
    return given.get_secret_value() if given else typer.prompt(f"Passphrase of {file}", hide_input=True, err=True)


def account(settings: Settings, choices: Choices, role_arn: str, named: str | None = None) -> "Account":
    """The account as settings and options want it, without a key."""
    from shopstream_platform.provision.snowflake.account import Account

    return Account(
        settings.snowflake.database,
        named or bucket(settings),
        role_arn=role_arn,
        prefix=settings.snowflake.prefix,
        lake_prefix=settings.lake.s3_prefix,
        mask_pii=settings.dbt.mask_pii,
        readers=tuple(settings.dbt.readers),
        **vars(choices),
    )


def account_for_reading(settings: Settings, choices: Choices, file: Path, role_arn: str | None) -> "Account":
    """For a script that somebody else runs: with a placeholder for what only AWS knows, and a key if there is one."""
    from shopstream_platform.provision.aws.template import LakeStack
    from shopstream_platform.provision.snowflake.keys import public_key

    name = settings.lake.s3_bucket or "YOUR_BUCKET"
    partition = known_partition(settings).split(":")[1]
    placeholder = LakeStack(
        name, "AWS_ACCOUNT_ID", settings.lake.aws_region, partition=partition, lake_prefix=settings.lake.s3_prefix
    )
    found = account(settings, choices, role_arn or placeholder.snowflake_role_arn, name)
    # A dry run makes no key: without its file the script just lacks the statement that sets it.
    return replace(found, public_key=public_key(file, passphrase(settings, file)) if file.exists() else None)


def destroy(
    settings: Settings, session: "boto3.Session", wanted: "LakeStack", account: "Account", *, with_data: bool, yes: bool
) -> None:
    """Take the environment away, after a question; what stays is said with its reason."""
    from shopstream_platform.provision.aws import stack
    from shopstream_platform.provision.snowflake.removal import removal
    from shopstream_platform.stores.warehouse import open_session

    with open_session(administrator(settings)) as warehouse:
        found = removal(warehouse, account, with_data=with_data)
        for statement in found.statements:
            console.print(f"  {statement}", soft_wrap=True)
        data = " with all its objects" if with_data else ""
        if not yes and not typer.confirm(f"Remove {wanted.name} of AWS account {wanted.account_id}{data}, and these?"):
            raise typer.Exit(1)
        # AWS first: it refuses a bucket that is not empty before anything is gone.
        for line in stack.destroy(session, wanted, with_data=with_data):
            console.print(line, soft_wrap=True)
        for statement in found.statements:
            warehouse.execute(statement)
            console.print(f"deleted: {statement.partition('EXISTS ')[2]}", soft_wrap=True)
    for text in found.left:
        console.print(f"left: {text}", soft_wrap=True)


def retire(settings: Settings, warehouse: "Warehouse", account: "Account", named: Path | None, *, yes: bool) -> None:
    """Take away the service user's other key, after a question."""
    from shopstream_platform.provision.snowflake.rotation import retirement

    if named is None:
        raise ShopStreamError(
            "--retire-key requires --key-file: the key that stays, with which the platform logs in now"
        )
    statement, fingerprint = retirement(warehouse, account, named, passphrase(settings, named))
    user = account.names.service_user
    if not yes and not typer.confirm(f"Take the key {fingerprint} away from {user}, and keep {named}?"):
        raise typer.Exit(1)
    warehouse.execute(statement)
    say(f"{user} has no other key than {named}")


def notes(settings: Settings) -> Path:
    """Where a run keeps what it has to put back, should it be ended."""
    return settings.home / "provision"


def say(line: str) -> None:
    """One line, as long as it is."""
    console.print(line, soft_wrap=True)


def say_what_next(account: "Account", file: Path) -> None:
    """The platform's own login."""
    names = account.names
    console.print("\nThe platform itself logs in with these; then run `shopstream doctor`:")
    console.print(f"  SNOWFLAKE_USER={names.service_user}\n  SNOWFLAKE_ROLE={names.platform}")
    console.print(f"  SNOWFLAKE_TRANSFORM_ROLE={names.transformer}")
    console.print(f"  SNOWFLAKE_PRIVATE_KEY_PATH={file}", soft_wrap=True)
