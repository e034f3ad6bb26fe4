"""The trust between Snowflake and AWS: role, storage integration, trust policy, and a probe through all of it.

Snowflake chooses the user and the external id of an integration when it is created, so the role exists first, closed,
and is opened for exactly those two afterwards.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import boto3

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.raw import STAGE
from shopstream_platform.provision.aws.stack import deploy
from shopstream_platform.provision.aws.template import LakeStack
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.ownership import refuse
from shopstream_platform.provision.snowflake.plan import apply, plan
from shopstream_platform.stores import aws_errors
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import translated

PROBE_FOLDER = "_probe/"
PROBE_LINE = "shopstream"
# IAM takes some seconds, rarely a minute, until a changed trust policy holds everywhere.
PATIENCE_SECONDS = 180
PAUSE_SECONDS = 5

Report = Callable[[str], None]


@dataclass(frozen=True)
class Identity:
    """Whom AWS must trust: the integration's user and the external id that it sends."""

    user_arn: str
    external_id: str


def connect(
    session: boto3.Session,
    warehouse: Warehouse,
    wanted: LakeStack,
    account: Account,
    report: Report,
    notes: Path | None = None,
) -> None:
    """All three steps and the probe; each says what it did. Safe to run again at any point.

    ShopStreamError, before anything is changed, if something of Snowflake's under our names is somebody else's, or if
    the lake is another environment's.
    """
    account = replace(account, role_arn=wanted.snowflake_role_arn)
    with translated():
        planned = plan(warehouse, account)
        refuse(planned.foreign, account)
    _deploy(session, wanted, report, notes)
    with translated():
        apply(warehouse, planned)
    for line in planned.lines():
        report(f"Snowflake: {line}")
    identity = integration_identity(warehouse, account)
    trusted = replace(wanted, snowflake_user=identity.user_arn, snowflake_external_id=identity.external_id)
    if trusted != wanted:
        _deploy(session, trusted, report, notes)
    report(f"AWS: role {trusted.snowflake_role} trusts {identity.user_arn} with the integration's external id")
    probe(session, warehouse, trusted, account)
    report(f"probe: an object of {account.lake_url} was listed and copied by Snowflake")


def integration_identity(warehouse: Warehouse, account: Account) -> Identity:
    """What DESC INTEGRATION says: rows of property, type, value, default."""
    with translated():
        # The owner: secondary roles, by which another role might see it, can be off.
        warehouse.execute("USE ROLE ACCOUNTADMIN")
        rows = warehouse.rows(f"DESC INTEGRATION {account.names.integration}")
    found = {str(row[0]).upper(): str(row[2]) for row in rows}
    try:
        return Identity(found["STORAGE_AWS_IAM_USER_ARN"], found["STORAGE_AWS_EXTERNAL_ID"])
    except KeyError as error:
        raise ShopStreamError(
            f"integration {account.names.integration} has no {error.args[0]}: it is not one for S3. "
            f"Drop it if nothing else uses it (DROP INTEGRATION {account.names.integration}) and run the command again"
        ) from None


def probe(
    session: boto3.Session,
    warehouse: Warehouse,
    stack: LakeStack,
    account: Account,
    *,
    patience: float = PATIENCE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> None:
    """Put an object, let Snowflake list and copy it, remove every trace."""
    name, table = f"{uuid4().hex}.csv", f"{account.database}.RAW._PROBE"
    s3, key = session.client("s3"), f"{stack.lake_prefix}raw/{PROBE_FOLDER}{name}"
    with aws_errors.translated():
        version = s3.put_object(Bucket=stack.bucket, Key=key, Body=f"{PROBE_LINE}\n".encode()).get("VersionId")
    try:
        with translated():
            warehouse.execute("USE ROLE SYSADMIN")
            warehouse.execute(f"USE WAREHOUSE {account.names.loading}")
            warehouse.execute(f"CREATE OR REPLACE TEMPORARY TABLE {table} (line VARCHAR)")
        _wait_until_trusted(lambda: _copy(warehouse, account, table, name), stack, patience, pause)
        with translated():
            warehouse.execute(f"DROP TABLE IF EXISTS {table}")
    finally:
        with aws_errors.translated():
            s3.delete_object(Bucket=stack.bucket, Key=key, **({"VersionId": version} if version else {}))


def _copy(warehouse: Warehouse, account: Account, table: str, name: str) -> None:
    place = f"@{account.database}.{STAGE}/{PROBE_FOLDER}"
    listed = warehouse.rows(f"LIST {place}")
    warehouse.execute(f"COPY INTO {table} FROM {place} FILES = ('{name}') FILE_FORMAT = (TYPE = CSV) FORCE = TRUE")
    lines = [row[0] for row in warehouse.rows(f"SELECT line FROM {table}")]
    if not any(str(row[0]).endswith(name) for row in listed) or lines != [PROBE_LINE]:
        raise ShopStreamError(
            f"Snowflake reads another place than this bucket: LIST {place} must show "
            f"{account.lake_url}{PROBE_FOLDER}{name}. "
            f"Look at the stage's URL (DESC STAGE {account.database}.{STAGE})"
        )


def _wait_until_trusted(attempt: Callable[[], None], stack: LakeStack, patience: float, pause: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            with translated():
                attempt()
        except ShopStreamError as error:
            if not _is_about_trust(str(error)):
                raise
            if time.monotonic() > deadline:
                raise ShopStreamError(
                    f"Snowflake may still not use role {stack.snowflake_role} after {patience:.0f} s: {error}. "
                    "Run `shopstream provision all` again; if it stays so, an SCP of the AWS organization forbids it"
                ) from error
            time.sleep(pause)
        else:
            return


def _is_about_trust(message: str) -> bool:
    return any(word in message.lower() for word in ("assum", "access denied", "accessdenied", "not authorized"))


def _deploy(session: boto3.Session, stack: LakeStack, report: Report, notes: Path | None) -> None:
    deployed = deploy(session, stack, notes)
    report(f"AWS: stack {stack.name} {deployed.action}")
    for name in deployed.repaired:
        report(f"AWS: {name} was not as in the template, and is again")
    for text in deployed.left:
        report(f"AWS: left: {text}")
