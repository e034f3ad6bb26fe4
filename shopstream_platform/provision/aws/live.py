"""Bucket and roles as they really are: CloudFormation does not look again at what it has created.

Only a bucket that the stack has made is set up. Of the roles only our own statements and policies are put right: what
others have added stays, and is said.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shopstream_platform.provision.aws.bucket import MANAGED, ensure_bucket
from shopstream_platform.provision.aws.template import LakeStack, bucket_policy, properties
from shopstream_platform.stores.aws_errors import code

ABSENT = {
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchLifecycleConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
}
Document = dict[str, Any]


def repair(session: boto3.Session, stack: LakeStack) -> list[str]:
    """Put what is ours into the template's state; the names of what was different."""
    before = state(session, stack)
    if not stack.bucket_exists:
        ensure_bucket(session.client("s3"), stack.bucket, stack.region, stack.kms_key)
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
        found[f"trust of {role}"] = trust(session, role)
        found[f"policies of {role}"] = _policies(iam, role)
    return found


def left(session: boto3.Session, stack: LakeStack) -> Iterator[str]:
    """What others have set and a run does not touch; of a bucket that is not ours, what we would set and is not so."""
    found = state(session, stack)
    for resource in ("ExtractRole", "SnowflakeRole"):
        wanted = properties(stack, resource)
        role, ours = wanted["RoleName"], {policy["PolicyName"] for policy in wanted["Policies"]}
        for statement in others(found[f"trust of {role}"], wanted["AssumeRolePolicyDocument"]):
            yield f"role {role} also trusts {_principal(statement)}: that statement is not the platform's"
        for name in sorted(found[f"policies of {role}"].keys() - ours):
            yield f"role {role} also has the policy {name}, which is not the platform's"
    if stack.bucket_exists:
        yield from _advice(stack, found)


def trust(session: boto3.Session, role: str) -> Document | None:
    """A role's trust policy; None without the role."""
    try:
        return session.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    except ClientError as error:
        if code(error) == "NoSuchEntity":
            return None
        raise


def put_back(session: boto3.Session, stack: LakeStack, trusts: dict[str, list[Document]], policy: Document) -> None:
    """Add statements of others again that an update of the stack has replaced: it puts documents whole."""
    iam, s3 = session.client("iam"), session.client("s3")
    for role, others in trusts.items():
        now = trust(session, role)
        lost = [one for one in others if now is not None and one not in now["Statement"]]
        if now is not None and lost:
            merged = now | {"Statement": [*now["Statement"], *lost]}
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(merged))
    if policy and _read(s3.get_bucket_policy, "Policy", stack.bucket) is None:
        s3.put_bucket_policy(Bucket=stack.bucket, Policy=json.dumps(policy))


def current_bucket_policy(session: boto3.Session, bucket: str) -> Document:
    """The bucket's policy; empty without one."""
    return json.loads(_read(session.client("s3").get_bucket_policy, "Policy", bucket) or "{}")


def is_tagged(session: boto3.Session, bucket: str) -> bool:
    """Whether the bucket was made by a stack of the platform."""
    try:
        tags = session.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if code(error) == "NoSuchTagSet":
            return False
        raise
    return {"Key": "managed-by", "Value": "shopstream-provision"} in tags


def _advice(stack: LakeStack, found: dict[str, Any]) -> Iterator[str]:
    whose = f"bucket {stack.bucket} was there before, and nothing is set on it"
    if found["versioning"] != "Enabled":
        yield f"{whose}: it keeps no old versions"
    if not found["public access block"] or not all(found["public access block"].values()):
        yield f"{whose}: it does not block public access"
    if not any(rule.get("NoncurrentVersionExpiration") for rule in found["lifecycle"] or ()):
        yield f"{whose}: old versions never expire (the platform's own buckets have a rule {MANAGED})"
    policy = json.dumps(found["bucket policy"] or {})
    if "aws:SecureTransport" not in policy:
        yield f"{whose}: it accepts requests without TLS"
    rules = (found["encryption"] or {}).get("Rules", [])
    keys = [rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", "") for rule in rules]
    if any(keys) and not stack.kms_key:
        yield f"{whose}: it is encrypted with {keys[0]}, so name that key with --kms-key, else its objects are refused"


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
    s3, wanted = session.client("s3"), bucket_policy(stack)
    current = current_bucket_policy(session, stack.bucket)
    merged = {**wanted, "Statement": [*wanted["Statement"], *others(current, wanted)]}
    if merged != current:
        s3.put_bucket_policy(Bucket=stack.bucket, Policy=json.dumps(merged))


def _ensure_role(iam: Any, wanted: Document) -> None:
    """Our statements of the trust and our policies; those of others stay."""
    role, ours = wanted["RoleName"], wanted["AssumeRolePolicyDocument"]
    current = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    merged = ours | {"Statement": [*ours["Statement"], *others(current, ours)]}
    if current != merged:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(merged))
    found = _policies(iam, role)
    for policy in wanted["Policies"]:
        name, document = policy["PolicyName"], policy["PolicyDocument"]
        if found.get(name) != document:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


# Statements of the platform's trust policies, in any state of the stack.
OUR_SIDS = frozenset(
    {
        *("Identities", "ServiceAccount", "PodIdentity", "Ec2", "Ecs"),
        *("StorageIntegration", "NobodyYet", "OnlyTls"),
    }
)


def others(current: Document | None, ours: Document) -> list[Document]:
    """The statements of a document that are neither ours by their name nor equal to one of ours."""
    statements = (current or {}).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    # Those of earlier versions have no name.
    same = [_unnamed(one) for one in ours["Statement"]]
    return [one for one in listed if one.get("Sid") not in OUR_SIDS and _unnamed(one) not in same]


def _unnamed(statement: Document) -> Document:
    return {key: value for key, value in statement.items() if key != "Sid"}


def own_statements(current: Document | None) -> list[Document]:
    """The platform's own statements of a trust policy."""
    return [one for one in (current or {}).get("Statement", []) if one.get("Sid") in OUR_SIDS]


def _principal(statement: Document) -> str:
    principal = statement.get("Principal", "*")
    values = principal.values() if isinstance(principal, dict) else [principal]
    return ", ".join(str(one) for value in values for one in (value if isinstance(value, list) else [value]))
