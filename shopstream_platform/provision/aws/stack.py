"""Deploy the stack, repair what was changed by hand, delete it. Everything is safe to run again."""

from dataclasses import replace
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError, WaiterError

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws import live
from shopstream_platform.provision.aws.template import LakeStack, template_text
from shopstream_platform.stores.aws_errors import code, translated

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
WAITER = {"Delay": 3, "MaxAttempts": 100}
UNUSABLE = {"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED"}


class Deployed(NamedTuple):
    """What a deployment did (created, updated, unchanged), and what somebody had changed by hand."""

    stack: LakeStack
    action: str
    repaired: list[str]


def describe(session: boto3.Session, bucket: str, extract_principal: str | None = None) -> LakeStack:
    """The stack as it is deployed, else as it would be: Snowflake's role closed. Changes nothing."""
    with translated():
        identity = session.client("sts").get_caller_identity()
        region = str(session.region_name)
        stack = LakeStack(bucket, identity["Account"], region, partition=identity["Arn"].split(":")[1])
        known = _find(session, stack.name)
        if known is None:
            return replace(
                stack, bucket_exists=_bucket_exists(session, bucket), extract_principal=extract_principal or ""
            )
        values = _parameters(known)
        return replace(
            stack,
            bucket_exists=values["BucketExists"] == "true",
            extract_principal=values["ExtractPrincipalArn"] if extract_principal is None else extract_principal,
            snowflake_user=values["SnowflakeUserArn"],
            snowflake_external_id=values["SnowflakeExternalId"],
        )


def deploy(session: boto3.Session, stack: LakeStack) -> Deployed:
    """Create or update the stack, then put right whatever differs from the template."""
    with translated():
        action = _create_or_update(session, stack)
        repaired = live.repair(session, stack)
        # Nobody changed by hand what a new stack still lacked.
        return Deployed(stack, action, [] if action == "created" else repaired)


def destroy(session: boto3.Session, stack: LakeStack, *, with_data: bool) -> list[str]:
    """Delete roles and policies, and the bucket if it is empty or with_data; what was deleted."""
    with translated():
        if not with_data and _bucket_exists(session, stack.bucket) and live.holds_objects(session, stack.bucket):
            raise ShopStreamError(
                f"bucket {stack.bucket} is not empty: nothing was deleted. Add --with-data to delete its objects too"
            )
        client = session.client("cloudformation")
        client.delete_stack(StackName=stack.name)
        _wait(session, "stack_delete_complete", stack.name)
        deleted = [f"stack {stack.name}"]
        if _bucket_exists(session, stack.bucket):
            live.delete_bucket(session, stack.bucket)
            deleted.append(f"bucket {stack.bucket}")
        return deleted


def _create_or_update(session: boto3.Session, stack: LakeStack) -> str:
    client, known = session.client("cloudformation"), _find(session, stack.name)
    request: dict[str, Any] = {
        "StackName": stack.name,
        "TemplateBody": template_text(),
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
    if _is_current(client, known, stack):
        return "unchanged"
    try:
        client.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "unchanged"
        raise
    _wait(session, "stack_update_complete", stack.name)
    return "updated"


def _is_current(client: Any, known: dict[str, Any], stack: LakeStack) -> bool:
    body = client.get_template(StackName=stack.name)["TemplateBody"]
    return _parameters(known) == stack.parameters and body == template_text()


def _parameters(known: dict[str, Any]) -> dict[str, str]:
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


def _find(session: boto3.Session, name: str) -> dict[str, Any] | None:
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
