"""AWS where others have something too: a bucket, statements, policies, another environment. All of it stays."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws import live
from shopstream_platform.provision.aws.plan import plan
from shopstream_platform.provision.aws.stack import Wishes, deploy, describe, destroy
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


class Ended(BaseException):
    """The process was ended."""


def end(*of: object) -> None:
    """As a kill would."""
    raise Ended


WHERE = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
KEY = f"arn:aws:kms:{REGION}:123456789012:key/11111111-2222-3333-4444-555555555555"
THEIR_RULE = {"ID": "gdpr", "Status": "Enabled", "Filter": {"Prefix": "exports/"}, "Expiration": {"Days": 7}}
THEIRS: dict[str, Any] = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl"}
THEIR_TRUST = {"Sid": "Ops", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sts:AssumeRole"}


def their_bucket(session: boto3.Session) -> None:
    """A bucket with everything that an earlier version overwrote."""
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET, **WHERE)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [THEIR_RULE]})
    s3.put_object(Bucket=BUCKET, Key="raw/old.csv", Body=b"old")
    s3.put_object(Bucket=BUCKET, Key="payroll/2026.csv", Body=b"secret")
    policy = {"Version": "2012-10-17", "Statement": [THEIRS | {"Resource": f"arn:aws:s3:::{BUCKET}"}]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def settings_of(session: boto3.Session) -> dict[str, Any]:
    s3 = session.client("s3")
    return {
        "encryption": s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"],
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"],
        "policy": s3.get_bucket_policy(Bucket=BUCKET)["Policy"],
        "versioning": s3.get_bucket_versioning(Bucket=BUCKET).get("Status"),
        "objects": objects(),
    }


def objects() -> dict[str, bytes]:
    """What is in the bucket, past its policy: moto holds that against everybody."""
    found = s3_backends["123456789012"]["aws"].buckets[BUCKET].keys
    return {name: key.value for name, key in found.items()}


def put(name: str) -> None:
    s3_backends["123456789012"]["aws"].put_object(BUCKET, name, b"data")


@contextmanager
def past_the_policy(session: boto3.Session) -> Iterator[None]:
    """moto evaluates a bucket's policy, but not its conditions: it would refuse what comes over TLS too."""
    s3 = session.client("s3")
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.delete_bucket_policy(Bucket=BUCKET)
    yield
    if s3.list_buckets()["Buckets"]:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)


@pytest.mark.parametrize("prefix", ["", "shop/"])
def test_a_bucket_that_was_there_before_keeps_everything_and_it_is_said(session: boto3.Session, prefix: str) -> None:
    their_bucket(session)
    before = settings_of(session)
    wanted = describe(session, BUCKET, prefix)
    assert wanted.bucket_exists
    deployed = deploy(session, wanted)
    assert settings_of(session) == before
    said = " ".join(deployed.left)
    for part in ("keeps no old versions", "accepts requests without TLS", "never expire", f"encrypted with {KEY}"):
        assert part in said
    assert describe(session, BUCKET, prefix) == wanted
    assert plan(session, wanted)[0] == []
    lines = destroy(session, wanted, with_data=True)
    assert settings_of(session) == before
    assert any(line.startswith("left: ") and "was there before" in line for line in lines), lines


def test_a_removal_from_their_bucket_takes_the_lakes_folders_alone(session: boto3.Session) -> None:
    their_bucket(session)
    wanted = describe(session, BUCKET, "shop/")
    deploy(session, wanted)
    before = settings_of(session)
    put("shop/raw/users.csv")
    put("shop/notes.txt")
    destroy(session, wanted, with_data=True)
    assert settings_of(session) == before | {"objects": before["objects"] | {"shop/notes.txt": b"data"}}


def test_a_bucket_of_ours_with_objects_of_others_stays_with_them(session: boto3.Session) -> None:
    wanted = deploy(session, describe(session, BUCKET)).stack
    put("raw/users.csv")
    put("theirs/file.csv")
    with past_the_policy(session):
        lines = destroy(session, wanted, with_data=True)
    assert objects() == {"theirs/file.csv": b"data"}
    assert lines[-1] == f"left: bucket {BUCKET}: it holds objects of others"


def test_two_environments_of_one_bucket_leave_each_other_as_they_are(session: boto3.Session) -> None:
    production = deploy(session, describe(session, BUCKET)).stack
    put("raw/users.csv")
    before = (live.state(session, production), objects())
    staging = describe(session, BUCKET, "staging/")
    assert staging.bucket_exists
    assert staging.name != production.name
    staging = deploy(session, replace(staging, snowflake_user="arn:aws:iam::9:user/x", snowflake_external_id="S")).stack
    put("staging/raw/users.csv")
    with past_the_policy(session):
        destroy(session, staging, with_data=True)
    assert (live.state(session, production), objects()) == before
    assert plan(session, production) == ([], [])
    roles = {role["RoleName"] for role in session.client("iam").list_roles()["Roles"]}
    assert roles == {production.extract_role, production.snowflake_role}


def test_rules_and_statements_of_others_stay_in_our_bucket_too(session: boto3.Session) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    s3 = session.client("s3")
    ours = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [THEIR_RULE]})
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    theirs = THEIRS | {"Resource": f"arn:aws:s3:::{BUCKET}"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy | {"Statement": [theirs, *policy["Statement"]]}))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert "lifecycle" in deploy(session, stack).repaired
    found = live.state(session, stack)
    assert found["lifecycle"] == [THEIR_RULE, *ours]
    assert theirs in found["bucket policy"]["Statement"]
    assert found["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY


@pytest.mark.parametrize("update", [False, True])
def test_trust_and_policies_of_others_stay_on_our_roles_and_are_said(session: boto3.Session, update: bool) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    iam = session.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}]}
    policy = iam.create_policy(PolicyName="decrypt", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    for role in (stack.extract_role, stack.snowflake_role):
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        trust["Statement"].append(THEIR_TRUST)
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    if update:
        stack = replace(stack, snowflake_user="arn:aws:iam::9:user/x", snowflake_external_id="S")
    deployed = deploy(session, stack)
    assert deployed.action == ("updated" if update else "unchanged")
    for role in (stack.extract_role, stack.snowflake_role):
        found = live.state(session, stack)
        assert THEIR_TRUST in found[f"trust of {role}"]["Statement"]
        assert policy in found[f"policies of {role}"]
        assert f"role {role} also trusts arn:aws:iam::1:root: that statement is not the platform's" in deployed.left
        assert f"role {role} also has the policy {policy}, which is not the platform's" in deployed.left


def test_a_stack_of_an_earlier_version_is_updated_without_a_gap_or_a_loss(session: boto3.Session) -> None:
    """It had fewer parameters, its statements had no names, and it owned the bucket's whole policy."""
    stack = deploy(session, describe(session, BUCKET)).stack
    iam, trust = session.client("iam"), live.trust(session, stack.extract_role)
    assert trust
    unnamed = [{key: value for key, value in one.items() if key != "Sid"} for one in trust["Statement"]]
    document = trust | {"Statement": [*unnamed, THEIR_TRUST]}
    iam.update_assume_role_policy(RoleName=stack.extract_role, PolicyDocument=json.dumps(document))
    client = session.client("cloudformation")
    body = client.get_template(StackName=stack.name)["TemplateBody"].replace("Writes extracts", "Writes the extracts")
    given = [{"ParameterKey": k, "ParameterValue": v} for k, v in stack.parameters.items()]
    client.update_stack(
        StackName=stack.name, TemplateBody=body, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    iam.update_assume_role_policy(RoleName=stack.extract_role, PolicyDocument=json.dumps(document))
    assert deploy(session, describe(session, BUCKET)).action == "updated"
    after = live.trust(session, stack.extract_role)
    assert after
    assert after["Statement"] == [*trust["Statement"], THEIR_TRUST]


def test_a_key_is_used_by_bucket_and_roles(session: boto3.Session) -> None:
    stack = deploy(session, describe(session, BUCKET, wishes=Wishes(kms_key=KEY))).stack
    assert describe(session, BUCKET).kms_key == KEY
    found = live.state(session, stack)
    assert found["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY
    assert plan(session, stack) == ([], [])


def test_a_removal_that_was_ended_goes_on(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    put("raw/users.csv")
    with pytest.raises(ShopStreamError, match="could not be deleted"):
        destroy(session, stack, with_data=True)
    assert describe(session, BUCKET) == stack
    with past_the_policy(session):
        monkeypatch.setattr("shopstream_platform.provision.aws.stack._remove_bucket", lambda *of: [])
        destroy(session, describe(session, BUCKET), with_data=True)
        monkeypatch.undo()
        assert destroy(session, describe(session, BUCKET), with_data=True) == [f"deleted: bucket {BUCKET}"]
    assert session.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("prefix", ["", "finance/"])
def test_where_nothing_was_provisioned_nothing_is_deleted(session: boto3.Session, prefix: str) -> None:
    their_bucket(session)
    put("finance/raw/ledger.csv")
    before = settings_of(session)
    [line] = destroy(session, describe(session, BUCKET, prefix), with_data=True)
    assert "there is no stack" in line
    assert settings_of(session) == before


def test_statements_of_others_outlive_a_kill_in_the_middle_of_an_update(
    session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = deploy(session, describe(session, BUCKET), tmp_path).stack
    iam, role = session.client("iam"), stack.extract_role
    trust = live.trust(session, role)
    assert trust
    document = trust | {"Statement": [*trust["Statement"], THEIR_TRUST]}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
    monkeypatch.setattr("shopstream_platform.provision.aws.kept.live.put_back", end)
    with pytest.raises(Ended):
        deploy(session, replace(stack, extract_principal="arn:aws:iam::1:user/airflow"), tmp_path)
    # What CloudFormation does to the role, and moto does not.
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    monkeypatch.undo()
    deploy(session, describe(session, BUCKET), tmp_path)
    after = live.trust(session, role)
    assert after
    assert THEIR_TRUST in after["Statement"]
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_may_not_be_deleted_is_named(session: boto3.Session) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    put("raw/users.csv")
    with pytest.raises(ShopStreamError, match=r"raw/users\.csv and 0 more could not be deleted: AccessDenied"):
        destroy(session, stack, with_data=True)


def test_data_in_our_bucket_stop_a_removal_without_with_data(session: boto3.Session) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    put("raw/users.csv")
    with pytest.raises(ShopStreamError, match="not empty: nothing was deleted"):
        destroy(session, stack, with_data=False)
