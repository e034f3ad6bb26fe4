"""`shopstream provision ...`: AWS and Snowflake as code, each command safe to run again."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopstream_platform.cli import provisioning
from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer(help="Set up real AWS and Snowflake accounts. Safe to run again.", no_args_is_help=True)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be run; requires no account, runs nothing.")]
PlanOnly = Annotated[
    bool, typer.Option("--plan", help="Print what would be created, changed and left; exit code 2 if anything differs.")
]
Principal = Annotated[
    str | None, typer.Option("--extract-principal", help="ARN that may assume the role for extraction.")
]
Oidc = Annotated[str | None, typer.Option("--oidc-provider", help="ARN of a cluster's OIDC provider in IAM (IRSA).")]
Subject = Annotated[
    str | None, typer.Option("--oidc-subject", help="Its service account: system:serviceaccount:<namespace>:<name>.")
]
Services = Annotated[
    list[str] | None,
    typer.Option("--service", help="pods (EKS Pod Identity), ec2 or ecs may hand the role on; may be repeated."),
]
KmsKey = Annotated[str | None, typer.Option("--kms-key", help="ARN of the key that encrypts the bucket.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="Private key of the service user, made if missing; default: below SHOPSTREAM_HOME."
    ),
]
Rotate = Annotated[
    bool, typer.Option("--rotate-key", help="Give the service user a second key; the first one stays valid.")
]
Credits = Annotated[
    int | None,
    typer.Option("--credit-quota", min=1, help="Credits a month for loading and dbt, then both stop; 20 at first."),
]
BiCredits = Annotated[
    int | None,
    typer.Option("--bi-credit-quota", min=1, help="Credits a month for dashboards, then they stop; 10 at first."),
]
Notify = Annotated[
    list[str] | None,
    typer.Option("--notify", help="Snowflake user who gets an e-mail at 80 percent; may be repeated."),
]
AllowedIps = Annotated[
    list[str] | None,
    typer.Option("--allow-ip", help="The service user logs in from here too, and from nowhere else; may be repeated."),
]
RemovedIps = Annotated[list[str] | None, typer.Option("--remove-ip", help="... and no longer from here.")]
Developers = Annotated[
    bool, typer.Option("--developers", help="dbt may make schemas of one's own (SHOPSTREAM_SCHEMA_PREFIX).")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
RoleArn = Annotated[str | None, typer.Option("--role-arn", help="Snowflake's role in AWS; else asked of AWS.")]


@app.command("aws")
def provision_aws(
    principal: Principal = None,
    oidc_provider: Oidc = None,
    oidc_subject: Subject = None,
    service: Services = None,
    kms_key: KmsKey = None,
    snowflake_user: Annotated[
        str | None, typer.Option("--snowflake-user", help="STORAGE_AWS_IAM_USER_ARN of DESC INTEGRATION.")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="STORAGE_AWS_EXTERNAL_ID of DESC INTEGRATION.")
    ] = None,
    plan_only: PlanOnly = False,
    dry_run: DryRun = False,
) -> None:
    """The bucket, the role that extracts into it, the role for Snowflake: one CloudFormation stack."""
    from shopstream_platform.provision.aws import plan, stack, template

    settings = load_settings()
    wishes = provisioning.wishes(principal, oidc_provider, oidc_subject, service, kms_key)
    if dry_run:
        typer.echo(template.template_text(oidc_provider or ""))
        return
    session = provisioning.aws_session(settings)
    wanted = provisioning.lake_stack(session, settings, wishes)
    if (snowflake_user is None) != (external_id is None):
        raise ShopStreamError("--snowflake-user and --external-id belong together: DESC INTEGRATION says both")
    if snowflake_user and external_id:
        wanted = replace(wanted, snowflake_user=snowflake_user, snowflake_external_id=external_id)
    if plan_only:
        changes, left = plan.plan(session, wanted)
        _show([*changes, *left])
        raise typer.Exit(2 if changes else 0)
    deployed = stack.deploy(session, wanted, provisioning.notes(settings))
    console.print(f"stack {deployed.stack.name} {deployed.action}")
    for name in deployed.repaired:
        console.print(f"{name} was not as in the template, and is again", soft_wrap=True)
    _show(f"left: {text}" for text in deployed.left)
    console.print(f"role for extraction: {deployed.stack.extract_role_arn}", soft_wrap=True)
    console.print(f"role for Snowflake:  {deployed.stack.snowflake_role_arn}", soft_wrap=True)


@app.command("snowflake")
def provision_snowflake(
    key_file: KeyFile = None,
    rotate_key: Rotate = False,
    retire_key: Annotated[
        bool, typer.Option("--retire-key", help="Take away the key that is not --key-file's; does nothing else.")
    ] = False,
    credit_quota: Credits = None,
    bi_credit_quota: BiCredits = None,
    notify: Notify = None,
    allow_ip: AllowedIps = None,
    remove_ip: RemovedIps = None,
    developers: Developers = False,
    role_arn: RoleArn = None,
    plan_only: PlanOnly = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Roles, database, warehouses, integration, stage, RAW tables and grants: ordered SQL."""
    from shopstream_platform.provision.snowflake.account import script
    from shopstream_platform.provision.snowflake.network import admitted, checked
    from shopstream_platform.provision.snowflake.plan import apply, plan
    from shopstream_platform.provision.snowflake.rotation import keyed
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    choices = provisioning.Choices(
        credit_quota, bi_credit_quota, tuple(notify or ()), checked(tuple(allow_ip or ())), developers=developers
    )
    file = provisioning.key_file(settings, key_file)
    if dry_run:
        typer.echo(script(provisioning.account_for_reading(settings, choices, file, role_arn)))
        return
    arn = role_arn or (provisioning.known_role_arn(settings) if not retire_key else provisioning.NO_ROLE)
    account = provisioning.account(settings, choices, arn)
    with open_session(provisioning.administrator(settings)) as warehouse:
        if retire_key:
            provisioning.retire(settings, warehouse, account, key_file, yes=yes)
            return
        account = admitted(warehouse, account, removed=tuple(remove_ip or ()))
        if plan_only:
            planned = plan(warehouse, account)
            _show(planned.lines())
            raise typer.Exit(2 if planned.differs else 0)
        key = keyed(warehouse, account, file, rotate=rotate_key, passphrase=provisioning.passphrase(settings, file))
        planned = plan(warehouse, key.account)
        apply(warehouse, planned)
    _show([*planned.lines(), key.said])
    provisioning.say_what_next(account, key.file)


@app.command("all")
def provision_all(
    principal: Principal = None,
    oidc_provider: Oidc = None,
    oidc_subject: Subject = None,
    service: Services = None,
    kms_key: KmsKey = None,
    key_file: KeyFile = None,
    rotate_key: Rotate = False,
    credit_quota: Credits = None,
    bi_credit_quota: BiCredits = None,
    notify: Notify = None,
    allow_ip: AllowedIps = None,
    remove_ip: RemovedIps = None,
    developers: Developers = False,
    plan_only: PlanOnly = False,
    dry_run: DryRun = False,
    destroy: Annotated[bool, typer.Option("--destroy", help="Take everything away again.")] = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="With --destroy: the lake's objects and the database too.")
    ] = False,
    yes: Yes = False,
) -> None:
    """AWS, Snowflake, the trust between them, and a probe through all of it."""
    from shopstream_platform.provision.aws import plan as aws_plan
    from shopstream_platform.provision.aws.template import template_text
    from shopstream_platform.provision.handshake import connect
    from shopstream_platform.provision.snowflake.account import script
    from shopstream_platform.provision.snowflake.network import admitted, checked
    from shopstream_platform.provision.snowflake.plan import plan
    from shopstream_platform.provision.snowflake.rotation import keyed
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    choices = provisioning.Choices(
        credit_quota, bi_credit_quota, tuple(notify or ()), checked(tuple(allow_ip or ())), developers=developers
    )
    file = provisioning.key_file(settings, key_file)
    if dry_run:
        sql = script(provisioning.account_for_reading(settings, choices, file, None))
        typer.echo(f"# AWS: CloudFormation\n{template_text(oidc_provider or '')}\n-- Snowflake: SQL\n{sql}")
        return
    administrator, session = provisioning.administrator(settings), provisioning.aws_session(settings)
    wishes = provisioning.wishes(principal, oidc_provider, oidc_subject, service, kms_key)
    wanted = provisioning.lake_stack(session, settings, wishes)
    account = provisioning.account(settings, choices, wanted.snowflake_role_arn)
    if destroy:
        provisioning.destroy(settings, session, wanted, account, with_data=with_data, yes=yes)
        return
    with open_session(administrator) as warehouse:
        account = admitted(warehouse, account, removed=tuple(remove_ip or ()))
        if plan_only:
            (changes, left), planned = aws_plan.plan(session, wanted), plan(warehouse, account)
            _show([*changes, *left, *planned.lines()])
            raise typer.Exit(2 if changes or planned.differs else 0)
        key = keyed(warehouse, account, file, rotate=rotate_key, passphrase=provisioning.passphrase(settings, file))
        connect(session, warehouse, wanted, key.account, provisioning.say, provisioning.notes(settings))
    _show([key.said])
    provisioning.say_what_next(account, key.file)


def _show(lines: "Iterable[str]") -> None:
    for line in lines:
        console.print(line, soft_wrap=True)
