"""Bucket and roles as they really are: CloudFormation does not look again at what it has created."""

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shopstream_platform.provision.aws.bucket import ensure_bucket
from shopstream_platform.provision.aws.template import LakeStack, properties
from shopstream_platform.stores.aws_errors import code

ABSENT = {
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchLifecycleConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
}
DELETED_AT_ONCE = 1000


def repair(session: boto3.Session, stack: LakeStack) -> list[str]:
    """Put bucket and roles into the template's state; the names of what was different."""
    before = state(session, stack)
    ensure_bucket(session.client("s3"), stack.bucket, stack.region)
    _ensure_bucket_policy(session, stack)
    for resource in ("ExtractRole", "SnowflakeRole"):
        _ensure_role(session.client("iam"), properties(stack, resource))
    after = state(session, stack)
    return [name for name in after if before[name] != after[name]]


def state(session: boto3.Session, stack: LakeStack) -> dict[str, Any]:
    """Name of a property -> what it is now; None where it is not set."""
    s3, iam = session.client("s3"), session.client("iam")
    reads = {
        "encryption": (s3.get_bucket_encryption, "ServerSideEncryptionConfiguration"),
        "versioning": (s3.get_bucket_versioning, "Status"),
        "public access block": (s3.get_public_access_block, "PublicAccessBlockConfiguration"),
        "lifecycle": (s3.get_bucket_lifecycle_configuration, "Rules"),
        "bucket policy": (s3.get_bucket_policy, "Policy"),
    }
    found = {name: _read(call, key, stack.bucket) for name, (call, key) in reads.items()}
    if found["bucket policy"]:
        found["bucket policy"] = json.loads(found["bucket policy"])
    for role in (stack.extract_role, stack.snowflake_role):
        found[f"trust of {role}"] = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        found[f"policies of {role}"] = _policies(iam, role)
    return found


def holds_objects(session: boto3.Session, bucket: str) -> bool:
    """Whether there is an object, an old version or a delete marker."""
    page = session.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    return bool(page.get("Versions") or page.get("DeleteMarkers"))


def delete_bucket(session: boto3.Session, bucket: str) -> None:
    """Delete every version of every object, then the bucket."""
    s3 = session.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": DELETED_AT_ONCE}
    ):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if entries:
            objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    s3.delete_bucket(Bucket=bucket)


def _read(call: Any, key: str, bucket: str) -> Any:
    try:
        return call(Bucket=bucket).get(key)
    except ClientError as error:
        if code(error) in ABSENT:
            return None
        raise


def _policies(iam: Any, role: str) -> dict[str, Any]:
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    documents = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in inline}
    return documents | {policy["PolicyArn"]: None for policy in attached}


def _ensure_bucket_policy(session: boto3.Session, stack: LakeStack) -> None:
    """Our statements, beside those that somebody else has put there."""
    s3, wanted = session.client("s3"), properties(stack, "BucketPolicy")["PolicyDocument"]
    current = json.loads(_read(s3.get_bucket_policy, "Policy", stack.bucket) or "null")
    ours = {statement["Sid"] for statement in wanted["Statement"]}
    others = [s for s in (current or {}).get("Statement", []) if s.get("Sid") not in ours]
    merged = wanted | {"Statement": [*wanted["Statement"], *others]}
    if merged != current:
        s3.put_bucket_policy(Bucket=stack.bucket, Policy=json.dumps(merged))


def _ensure_role(iam: Any, wanted: dict[str, Any]) -> None:
    """The trust and exactly the policies that the template gives; a wider one put there by hand is taken away."""
    role, trust = wanted["RoleName"], wanted["AssumeRolePolicyDocument"]
    if iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] != trust:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    documents = {policy["PolicyName"]: policy["PolicyDocument"] for policy in wanted["Policies"]}
    for name, document in _policies(iam, role).items():
        if document is None:
            iam.detach_role_policy(RoleName=role, PolicyArn=name)
        elif name not in documents:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        elif document == documents[name]:
            del documents[name]
    for name, document in documents.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
