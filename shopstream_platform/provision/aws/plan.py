"""What a deployment would create and change in AWS; changes nothing."""

from collections.abc import Iterator
from typing import Any

import boto3

from shopstream_platform.provision.aws import live, stack
from shopstream_platform.provision.aws.bucket import MANAGED
from shopstream_platform.provision.aws.template import LakeStack, bucket_policy, properties
from shopstream_platform.stores.aws_errors import translated


def plan(session: boto3.Session, wanted: LakeStack) -> tuple[list[str], list[str]]:
    """(what a deployment would do, what it leaves and why), as people read them."""
    with translated():
        known = stack.find(session, wanted.name)
        if known is None or known["StackStatus"] in stack.UNUSABLE:
            made = f"+ create    stack {wanted.name}: roles {wanted.extract_role}, {wanted.snowflake_role}"
            return [made if wanted.bucket_exists else f"{made}, bucket {wanted.bucket}"], []
        changes = [] if stack.is_current(session.client("cloudformation"), known, wanted) else [_update(known, wanted)]
        found = live.state(session, wanted)
        changes += [f"~ change    {name}: not as in the template" for name in _drifted(wanted, found)]
        return changes, [f"= left      {text}" for text in live.left(session, wanted)]


def _update(known: dict[str, Any], wanted: LakeStack) -> str:
    now = stack.parameters_of(known)
    differing = [f"{name}: {now.get(name) or 'none'} -> {value or 'none'}" for name, value in wanted.parameters.items()]
    changed = [text for text in differing if (parts := text.split(": ", 1)[1].split(" -> "))[0] != parts[1]]
    return f"~ change    stack {wanted.name}: {'; '.join(changed) or 'the template of this version'}"


def _drifted(wanted: LakeStack, found: dict[str, Any]) -> Iterator[str]:
    if not wanted.bucket_exists:
        yield from (name for name, is_so in _settings(wanted, found).items() if not is_so)
    for resource in ("ExtractRole", "SnowflakeRole"):
        role = properties(wanted, resource)
        ours = role["AssumeRolePolicyDocument"]["Statement"]
        if live.own_statements(found[f"trust of {role['RoleName']}"]) != ours:
            yield f"trust of {role['RoleName']}"
        policies = found[f"policies of {role['RoleName']}"]
        if any(policies.get(one["PolicyName"]) != one["PolicyDocument"] for one in role["Policies"]):
            yield f"policies of {role['RoleName']}"


def _settings(wanted: LakeStack, found: dict[str, Any]) -> dict[str, bool]:
    rules = (found["encryption"] or {}).get("Rules", [])
    keys = [rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID") for rule in rules]
    statements = (found["bucket policy"] or {}).get("Statement", [])
    return {
        "encryption": wanted.kms_key in keys if wanted.kms_key else bool(rules),
        "versioning": found["versioning"] == "Enabled",
        "public access block": bool(found["public access block"]) and all(found["public access block"].values()),
        "lifecycle": any(rule.get("ID") == MANAGED for rule in found["lifecycle"] or ()),
        "bucket policy": all(one in statements for one in bucket_policy(wanted)["Statement"]),
    }
