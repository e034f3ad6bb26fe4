"""Deploy the stack, repair what was changed by hand, delete it. Everything is safe to run again."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError, WaiterError

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws import live, objects
from shopstream_platform.provision.aws.kept import Kept
from shopstream_platform.provision.aws.template import SERVICES, LakeStack, properties, template_text
from shopstream_platform.stores.aws_errors import code, translated

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
WAITER = {"Delay": 3, "MaxAttempts": 100}
UNUSABLE = {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED"}


class Deployed(NamedTuple):
    """What a deployment did (created, updated, unchanged), what had been changed by hand, what is not ours."""

    stack: LakeStack
    action: str
    repaired: list[str]
    left: list[str]


class Wishes(NamedTuple):
    """What somebody asks of the stack; None leaves it as it is deployed."""

    extract_principal: str | None = None
    oidc_provider: str | None = None
    oidc_subject: str | None = None
    services: tuple[str, ...] | None = None
    kms_key: str | None = None


def describe(session: boto3.Session, bucket: str, lake_prefix: str = "", wishes: Wishes | None = None) -> LakeStack:
    """The stack as it is deployed, else as it would be: Snowflake's role closed. Changes nothing."""
    with translated():
        identity = session.client("sts").get_caller_identity()
        region, partition = str(session.region_name), identity["Arn"].split(":")[1]
        stack = LakeStack(bucket, identity["Account"], region, partition=partition, lake_prefix=lake_prefix)
        known = find(session, stack.name)
        if known is None:
            stack = replace(stack, bucket_exists=_bucket_exists(session, bucket))
        else:
            _refuse_unfinished(known)
            _refuse_another_lake(stack, parameters_of(known))
            stack = _deployed(stack, parameters_of(known))
        wanted = {name: value for name, value in (wishes or Wishes())._asdict().items() if value is not None}
        return replace(stack, **wanted)


def _refuse_another_lake(stack: LakeStack, values: dict[str, str]) -> None:
    """Names of buckets and folders that differ can give stacks and roles of the same name."""
    if (deployed := (values["BucketName"], values.get("LakePrefix", ""))) != (stack.bucket, stack.lake_prefix):
        raise ShopStreamError(
            f"stack {stack.name} is that of s3://{'/'.join(deployed)}, not of s3://{stack.bucket}/{stack.lake_prefix}: "
            "choose another SHOPSTREAM_S3_PREFIX or SHOPSTREAM_S3_BUCKET, whose stack has another name"
        )


def _refuse_unfinished(known: dict[str, Any]) -> None:
    name, status = known["StackName"], str(known["StackStatus"])
    if status in UNUSABLE:
        return
    if status.endswith("_IN_PROGRESS"):
        raise ShopStreamError(
            f"CloudFormation stack {name} is {status}: somebody's run is at work, or one that was ended is still being "
            "finished by AWS. Run the command again in some minutes"
        )
    if status.endswith("_FAILED"):
        raise ShopStreamError(
            f"CloudFormation stack {name} is {status}: look at its events, then `aws cloudformation "
            f"{'continue-update-rollback' if status.startswith('UPDATE') else 'delete-stack'} --stack-name {name}`, "
            "and run the command again"
        )


def _deployed(stack: LakeStack, values: dict[str, str]) -> LakeStack:
    """A stack of an earlier version lacks some parameters."""
    return replace(
        stack,
        bucket_exists=values["BucketExists"] == "true",
        kms_key=values.get("KmsKeyArn", ""),
        extract_principal=values["ExtractPrincipalArn"],
        oidc_provider=values.get("OidcProviderArn", ""),
        oidc_subject=values.get("OidcSubject", ""),
        services=tuple(service for service, name in SERVICES.items() if values.get(name) == "true"),
        environment=values.get("Environment", ""),
        snowflake_user=values["SnowflakeUserArn"],
        snowflake_external_id=values["SnowflakeExternalId"],
    )


def deploy(session: boto3.Session, stack: LakeStack, notes: Path | None = None) -> Deployed:
    """Create or update the stack, then put right whatever of ours differs from the template.

    What an update replaces of others is kept below `notes` until it is put back, should this process be ended.
    """
    with translated():
        kept = Kept(stack, notes)
        kept.put_back(session)
        action = _create_or_update(session, stack, kept)
        repaired = live.repair(session, stack)
        # Nobody changed by hand what a new stack still lacked.
        return Deployed(stack, action, [] if action == "created" else repaired, list(live.left(session, stack)))


def destroy(session: boto3.Session, stack: LakeStack, *, with_data: bool) -> list[str]:
    """Delete the roles; a bucket that the stack made if nothing is in it; with_data the lake's objects first.

    Returns lines that say what was deleted and what stays.
    """
    with translated():
        exists = _bucket_exists(session, stack.bucket)
        if find(session, stack.name) is None:
            return (
                _remove_remains(session, stack)
                if exists
                else [f"nothing to delete in AWS: there is no stack {stack.name}"]
            )
        if not with_data and exists and not stack.bucket_exists and objects.holds_lake(session, stack):
            raise ShopStreamError(
                f"bucket {stack.bucket} is not empty: nothing was deleted. Add --with-data to delete its objects too"
            )
        # Objects before the stack, which alone knows that they are the platform's, should this run be ended.
        said = _remove_objects(session, stack, with_data=with_data) if exists else []
        client = session.client("cloudformation")
        client.delete_stack(StackName=stack.name)
        _wait(session, "stack_delete_complete", stack.name)
        said.append(f"deleted: stack {stack.name}")
        if exists and not stack.bucket_exists:
            return said + _remove_bucket(session, stack)
        return said


def _remove_objects(session: boto3.Session, stack: LakeStack, *, with_data: bool) -> list[str]:
    whole = f"s3://{stack.bucket}/{stack.lake_prefix}"
    if stack.bucket_exists and not (with_data and stack.lake_prefix):
        why = "it was there before" if with_data else "it was there before, with its objects"
        return [f"left: {whole}: {why}; delete {', '.join(objects.FOLDERS)} yourself if they are the platform's alone"]
    if not with_data:
        return []
    objects.delete_lake(session, stack)
    said = [f"deleted: objects in {', '.join(objects.FOLDERS)} of {whole}"]
    return [*said, f"left: bucket {stack.bucket}: it was there before"] if stack.bucket_exists else said


def _remove_bucket(session: boto3.Session, stack: LakeStack) -> list[str]:
    if objects.holds_objects(session, stack.bucket):
        return [f"left: bucket {stack.bucket}: it holds objects of others"]
    session.client("s3").delete_bucket(Bucket=stack.bucket)
    return [f"deleted: bucket {stack.bucket}"]


def _remove_remains(session: boto3.Session, stack: LakeStack) -> list[str]:
    """Of a removal that was ended between its stack and its bucket, which is empty then and has our tag."""
    if live.is_tagged(session, stack.bucket) and not objects.holds_objects(session, stack.bucket):
        return _remove_bucket(session, stack)
    return [
        f"nothing to delete in s3://{stack.bucket}/{stack.lake_prefix}: there is no stack {stack.name}, so none of "
        "it is known to be the platform's"
    ]


def _create_or_update(session: boto3.Session, stack: LakeStack, kept: Kept) -> str:
    client, known = session.client("cloudformation"), find(session, stack.name)
    request: dict[str, Any] = {
        "StackName": stack.name,
        "TemplateBody": template_text(stack.oidc_provider),
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()],
        "Capabilities": CAPABILITIES,
        "Tags": [{"Key": "project", "Value": "shopstream"}],
    }
    if known and known["StackStatus"] in UNUSABLE:
        # The leftover of a first creation that failed: it holds nothing and can only be deleted.
        client.delete_stack(StackName=stack.name)
        _wait(session, "stack_delete_complete", stack.name)
        known = None
    if known is None:
        client.create_stack(**request)
        _wait(session, "stack_create_complete", stack.name)
        return "created"
    if is_current(client, known, stack):
        return "unchanged"
    kept.write(_of_others(session, stack, known), live.current_bucket_policy(session, stack.bucket))
    try:
        client.update_stack(**request)
        _wait(session, "stack_update_complete", stack.name)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
        return "unchanged"
    finally:
        kept.put_back(session)
    return "updated"


def _of_others(session: boto3.Session, stack: LakeStack, known: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Role -> statements of its trust that are not the deployed stack's."""
    before = _deployed(stack, parameters_of(known))
    found: dict[str, list[dict[str, Any]]] = {}
    for resource in ("ExtractRole", "SnowflakeRole"):
        wanted = properties(before, resource)
        current = live.trust(session, wanted["RoleName"])
        found[wanted["RoleName"]] = live.others(current, wanted["AssumeRolePolicyDocument"])
    return found


def is_current(client: Any, known: dict[str, Any], stack: LakeStack) -> bool:
    body = client.get_template(StackName=stack.name)["TemplateBody"]
    return parameters_of(known) == stack.parameters and body == template_text(stack.oidc_provider)


def parameters_of(known: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p.get("ParameterValue", "") for p in known.get("Parameters", [])}


def _wait(session: boto3.Session, event: str, name: str) -> None:
    try:
        session.client("cloudformation").get_waiter(event).wait(StackName=name, WaiterConfig=WAITER)
    except WaiterError as error:
        raise ShopStreamError(
            f"CloudFormation stack {name} did not get there: {_first_failure(session, name) or error}. "
            "Mend the cause and run the command again"
        ) from error


def _first_failure(session: boto3.Session, name: str) -> str | None:
    events = session.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    return f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason')}" if failed else None


def find(session: boto3.Session, name: str) -> dict[str, Any] | None:
    try:
        return session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise


def _bucket_exists(session: boto3.Session, bucket: str) -> bool:
    try:
        session.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if code(error) in ("404", "NoSuchBucket"):
            return False
        if code(error) == "403":
            raise ShopStreamError(
                f"bucket {bucket} belongs to another account, or this identity may not see it: "
                "bucket names are global, choose another SHOPSTREAM_S3_BUCKET"
            ) from error
        raise
    return True
