"""Who may do what in the lake, evaluated with the conditions that moto leaves out."""

from dataclasses import replace

import pytest

from shopstream_platform.provision.aws.template import LakeStack, bucket_policy, properties
from shopstream_platform_tests.provision.model.policies import allows, denies, trusts

OIDC = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/ABC"
KEY = "arn:aws:kms:eu-west-3:123456789012:key/1"
STACK = LakeStack("lake", "123456789012", "eu-west-3")
STAGING = replace(STACK, lake_prefix="staging/", bucket_exists=True)
BUCKET, OBJECTS = "arn:aws:s3:::lake", "arn:aws:s3:::lake/"
ISSUER = "oidc.eks.eu-west-3.amazonaws.com/id/ABC"


def may(stack: LakeStack, resource: str, action: str, target: str, context: dict[str, str] | None = None) -> bool:
    [policy] = properties(stack, resource)["Policies"]
    return allows(policy["PolicyDocument"], action, target, context)


def may_assume(stack: LakeStack, action: str, principal: dict[str, str], context: dict[str, str] | None = None) -> bool:
    return trusts(properties(stack, "ExtractRole")["AssumeRolePolicyDocument"], action, principal, context)


@pytest.mark.parametrize(("stack", "prefix", "other"), [(STACK, "", "payroll/"), (STAGING, "staging/", "raw/")])
def test_extraction_uses_the_lakes_folders_and_no_other(stack: LakeStack, prefix: str, other: str) -> None:
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"):
        for folder in ("raw/", "bi/", "docs/", "dagster/", "doctor/"):
            assert may(stack, "ExtractRole", action, f"{OBJECTS}{prefix}{folder}x")
        assert not may(stack, "ExtractRole", action, f"{OBJECTS}{other}x")
        assert not may(stack, "ExtractRole", action, f"arn:aws:s3:::another/{prefix}raw/x")
    assert may(stack, "ExtractRole", "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}raw/"})
    for action in ("s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration", "s3:DeleteObjectVersion"):
        assert not may(stack, "ExtractRole", action, BUCKET)


def test_a_lake_below_a_prefix_does_not_list_what_is_beside_it() -> None:
    for context in ({}, {"s3:prefix": ""}, {"s3:prefix": "raw/"}, {"s3:prefix": "stag"}):
        assert not may(STAGING, "ExtractRole", "s3:ListBucket", BUCKET, context)


@pytest.mark.parametrize(("stack", "prefix"), [(STACK, ""), (STAGING, "staging/")])
def test_snowflake_reads_and_lists_raw_and_nothing_else(stack: LakeStack, prefix: str) -> None:
    assert may(stack, "SnowflakeRole", "s3:GetObject", f"{OBJECTS}{prefix}raw/x")
    assert may(stack, "SnowflakeRole", "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}raw/postgres/"})
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:GetObjectAcl"):
        assert not may(stack, "SnowflakeRole", action, f"{OBJECTS}{prefix}raw/x")
    assert not may(stack, "SnowflakeRole", "s3:GetObject", f"{OBJECTS}{prefix}bi/x")
    for context in ({}, {"s3:prefix": ""}, {"s3:prefix": f"{prefix}bi/"}, {"s3:prefix": "other/raw/"}):
        assert not may(stack, "SnowflakeRole", "s3:ListBucket", BUCKET, context)


def test_a_key_is_decrypted_by_both_and_used_to_write_by_extraction_alone() -> None:
    keyed = replace(STACK, kms_key=KEY)
    for role in ("ExtractRole", "SnowflakeRole"):
        assert may(keyed, role, "kms:Decrypt", KEY)
        assert not may(keyed, role, "kms:Decrypt", KEY[:-1] + "2")
        assert not may(STACK, role, "kms:Decrypt", KEY)
    assert may(keyed, "ExtractRole", "kms:GenerateDataKey", KEY)
    assert not may(keyed, "SnowflakeRole", "kms:GenerateDataKey", KEY)


def test_a_bucket_of_ours_refuses_requests_without_tls() -> None:
    document = bucket_policy(STACK)
    for target in (BUCKET, f"{OBJECTS}raw/x"):
        assert denies(document, "s3:GetObject", target, {"aws:SecureTransport": "false"})
        assert not denies(document, "s3:GetObject", target, {"aws:SecureTransport": "true"})


def test_one_integration_assumes_snowflakes_role_with_its_external_id() -> None:
    user, external_id = "arn:aws:iam::9:user/snowflake", "ABC_SFCRole=2_x="
    closed = properties(STACK, "SnowflakeRole")["AssumeRolePolicyDocument"]
    opened = replace(STACK, snowflake_user=user, snowflake_external_id=external_id)
    document = properties(opened, "SnowflakeRole")["AssumeRolePolicyDocument"]
    context = {"sts:ExternalId": external_id}
    assert trusts(document, "sts:AssumeRole", {"AWS": user}, context)
    assert not trusts(closed, "sts:AssumeRole", {"AWS": user}, context)
    assert not trusts(document, "sts:AssumeRole", {"AWS": user}, {"sts:ExternalId": "another"})
    assert not trusts(document, "sts:AssumeRole", {"AWS": user})
    assert not trusts(document, "sts:AssumeRole", {"AWS": "arn:aws:iam::9:user/other"}, context)


def test_one_service_account_of_one_cluster_assumes_the_role_for_extraction() -> None:
    subject = "system:serviceaccount:data:shopstream"
    stack = replace(STACK, oidc_provider=OIDC, oidc_subject=subject)
    action, principal = "sts:AssumeRoleWithWebIdentity", {"Federated": OIDC}
    token = {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": "sts.amazonaws.com"}
    assert may_assume(stack, action, principal, token)
    assert not may_assume(STACK, action, principal, token)
    assert not may_assume(stack, action, {"Federated": f"{OIDC}D"}, token)
    assert not may_assume(stack, action, principal, token | {f"{ISSUER}:sub": "system:serviceaccount:data:default"})
    assert not may_assume(stack, action, principal, token | {f"{ISSUER}:aud": "another"})


@pytest.mark.parametrize(
    ("service", "principal"),
    [("pods", "pods.eks.amazonaws.com"), ("ec2", "ec2.amazonaws.com"), ("ecs", "ecs-tasks.amazonaws.com")],
)
def test_a_service_hands_the_role_on_only_where_it_was_asked_for(service: str, principal: str) -> None:
    assert may_assume(replace(STACK, services=(service,)), "sts:AssumeRole", {"Service": principal})
    assert not may_assume(STACK, "sts:AssumeRole", {"Service": principal})
    # EKS Pod Identity tags its sessions.
    tags = may_assume(replace(STACK, services=(service,)), "sts:TagSession", {"Service": principal})
    assert tags == (service == "pods")


def test_one_named_identity_or_those_of_the_account_assume_the_role_for_extraction() -> None:
    root, somebody = {"AWS": "arn:aws:iam::123456789012:root"}, {"AWS": "arn:aws:iam::123456789012:user/airflow"}
    assert may_assume(STACK, "sts:AssumeRole", root)
    named = replace(STACK, extract_principal=somebody["AWS"])
    assert may_assume(named, "sts:AssumeRole", somebody)
    assert not may_assume(named, "sts:AssumeRole", root)
    assert not may_assume(STACK, "sts:AssumeRole", {"AWS": "arn:aws:iam::666666666666:root"})
