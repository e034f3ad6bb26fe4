"""The AWS side against moto: what is created, who may do what, and that running again changes nothing."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cfnlint.api import lint
from moto.core import set_initial_no_auth_action_count

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws import live, template
from shopstream_platform.provision.aws.bucket import (
    INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS,
    OLD_VERSIONS_EXPIRE_AFTER_DAYS,
)
from shopstream_platform.provision.aws.plan import plan
from shopstream_platform.provision.aws.stack import deploy, describe, destroy
from shopstream_platform.stores.aws_errors import translated
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION

USER, EXTERNAL_ID = "arn:aws:iam::999999999999:user/snowflake", "ABC_SFCRole=2_x="


# moto's CloudFormation leaves the bucket's policy to the repair that follows.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


@pytest.fixture
def deployed(session: boto3.Session) -> template.LakeStack:
    return deploy(session, describe(session, BUCKET)).stack


def without_policy(session: boto3.Session) -> None:
    """moto evaluates the bucket's policy, but not its condition: it would refuse every object, over TLS too."""
    session.client("s3").delete_bucket_policy(Bucket=BUCKET)


def test_the_template_passes_cfn_lint() -> None:
    assert [str(finding) for finding in lint(template.template_text(), regions=[REGION])] == []


def test_a_bucket_is_encrypted_versioned_private_tls_only_and_forgets(
    session: boto3.Session, deployed: template.LakeStack
) -> None:
    found = live.state(session, deployed)
    rule = found["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert rule == {"SSEAlgorithm": "AES256"}
    assert found["versioning"] == "Enabled"
    assert set(found["public access block"].values()) == {True}
    assert len(found["public access block"]) == 4
    [lifecycle] = found["lifecycle"]
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert lifecycle["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    [statement] = found["bucket policy"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    tags = session.client("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert {"Key": "project", "Value": "shopstream"} in tags


def test_the_template_says_what_the_platform_sets_on_every_bucket(deployed: template.LakeStack) -> None:
    bucket = template.properties(deployed, "Bucket")
    [lifecycle] = bucket["LifecycleConfiguration"]["Rules"]
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": OLD_VERSIONS_EXPIRE_AFTER_DAYS}
    assert lifecycle["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_nobody_may_assume_snowflakes_role_before_the_handshake(
    session: boto3.Session, deployed: template.LakeStack
) -> None:
    [statement] = live.state(session, deployed)[f"trust of {BUCKET}-snowflake"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}


def test_the_trust_names_one_user_and_one_external_id(session: boto3.Session, deployed: template.LakeStack) -> None:
    trusted = replace(deployed, snowflake_user=USER, snowflake_external_id=EXTERNAL_ID)
    deploy(session, trusted)
    assert describe(session, BUCKET) == trusted
    [statement] = live.state(session, trusted)[f"trust of {BUCKET}-snowflake"]["Statement"]
    assert statement == {
        "Sid": "StorageIntegration",
        "Effect": "Allow",
        "Principal": {"AWS": USER},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }


def test_running_twice_changes_nothing(session: boto3.Session, deployed: template.LakeStack) -> None:
    before = live.state(session, deployed)
    assert plan(session, describe(session, BUCKET)) == ([], [])
    again = deploy(session, describe(session, BUCKET))
    assert (again.action, again.repaired) == ("unchanged", [])
    assert live.state(session, deployed) == before


def _close_trust(session: boto3.Session) -> None:
    iam, role = session.client("iam"), f"{BUCKET}-extract"
    document = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    document["Statement"][0] |= {"Effect": "Deny"}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))


def _widen_rights(session: boto3.Session) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    session.client("iam").put_role_policy(
        RoleName=f"{BUCKET}-snowflake", PolicyName="read-raw", PolicyDocument=json.dumps(document)
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda s: s.client("s3").delete_bucket_encryption(Bucket=BUCKET), "encryption"),
        (lambda s: s.client("s3").delete_public_access_block(Bucket=BUCKET), "public access block"),
        (lambda s: s.client("s3").delete_bucket_policy(Bucket=BUCKET), "bucket policy"),
        (lambda s: s.client("s3").delete_bucket_lifecycle(Bucket=BUCKET), "lifecycle"),
        (
            lambda s: s.client("s3").put_bucket_versioning(
                Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
            ),
            "versioning",
        ),
        (_close_trust, f"trust of {BUCKET}-extract"),
        (_widen_rights, f"policies of {BUCKET}-snowflake"),
    ],
)
def test_what_was_changed_by_hand_is_repaired(
    session: boto3.Session, deployed: template.LakeStack, change: Any, name: str
) -> None:
    before = live.state(session, deployed)
    change(session)
    assert live.state(session, deployed) != before
    assert plan(session, describe(session, BUCKET))[0] == [f"~ change    {name}: not as in the template"]
    assert deploy(session, describe(session, BUCKET)).repaired == [name]
    assert live.state(session, deployed) == before


ALLOWED_TO_EXTRACT = [
    ("put_object", {"Key": "raw/postgres/users/x.csv.gz", "Body": b""}),
    ("get_object", {"Key": "raw/postgres/users/x.csv.gz"}),
    ("list_objects_v2", {"Prefix": "raw/"}),
    ("put_object", {"Key": "bi/page.html", "Body": b""}),
    ("delete_object", {"Key": "doctor/probe.txt"}),
    ("get_bucket_encryption", {}),
]
DENIED_TO_EXTRACT = [
    ("put_object", {"Key": "private/salaries.csv", "Body": b""}),
    ("delete_bucket", {}),
    ("put_bucket_policy", {"Policy": "{}"}),
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    ("delete_bucket_encryption", {}),
]
ALLOWED_TO_SNOWFLAKE = [("get_object", {"Key": "raw/postgres/users/x.csv.gz"}), ("get_bucket_location", {})]
DENIED_TO_SNOWFLAKE = [
    ("put_object", {"Key": "raw/postgres/users/x.csv.gz", "Body": b""}),
    ("delete_object", {"Key": "raw/postgres/users/x.csv.gz"}),
    ("get_object", {"Key": "bi/page.html"}),
    ("delete_bucket", {}),
]


@pytest.mark.parametrize(
    ("role", "allowed", "denied"),
    [
        ("extract", ALLOWED_TO_EXTRACT, DENIED_TO_EXTRACT),
        ("snowflake", ALLOWED_TO_SNOWFLAKE, DENIED_TO_SNOWFLAKE),
    ],
)
def test_a_role_may_do_what_it_needs_and_nothing_else(
    session: boto3.Session, deployed: template.LakeStack, role: str, allowed: Any, denied: Any
) -> None:
    without_policy(session)
    session.client("s3").create_bucket(
        Bucket="somebody-elses", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    assumed = session.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{deployed.account_id}:role/{BUCKET}-{role}", RoleSessionName="test"
    )["Credentials"]
    s3 = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    with_auth = set_initial_no_auth_action_count(0)
    calls = [(BUCKET, call, False) for call in allowed] + [(BUCKET, call, True) for call in denied]
    calls += [("somebody-elses", call, True) for call in allowed]
    with_auth(_expect)(s3, calls)


def _expect(s3: Any, calls: list[tuple[str, tuple[str, dict[str, Any]], bool]]) -> None:
    for bucket, (operation, arguments), refused in calls:
        try:
            getattr(s3, operation)(Bucket=bucket, **arguments)
            was_refused = False
        except ClientError as error:
            was_refused = error.response["Error"]["Code"] in ("AccessDenied", "403")
        assert was_refused == refused, (bucket, operation, arguments)


def test_a_bucket_with_objects_is_deleted_only_with_its_data(
    session: boto3.Session, deployed: template.LakeStack
) -> None:
    s3 = session.client("s3")
    without_policy(session)
    s3.put_object(Bucket=BUCKET, Key="raw/x", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="raw/x")
    with pytest.raises(ShopStreamError, match=f"bucket {BUCKET} is not empty: nothing was deleted"):
        destroy(session, deployed, with_data=False)
    assert live.state(session, deployed)["versioning"] == "Enabled"
    assert destroy(session, deployed, with_data=True) == [
        f"deleted: objects in raw/, bi/, docs/, dagster/, doctor/ of s3://{BUCKET}/",
        f"deleted: stack {deployed.name}",
        f"deleted: bucket {BUCKET}",
    ]
    assert session.client("s3").list_buckets()["Buckets"] == []
    assert session.client("iam").list_roles()["Roles"] == []


def test_an_empty_bucket_is_deleted_with_the_stack(session: boto3.Session, deployed: template.LakeStack) -> None:
    assert f"deleted: bucket {BUCKET}" in destroy(session, deployed, with_data=False)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ExpiredToken", "the login has expired"),
        ("InvalidClientTokenId", "does not know the access key"),
        ("AccessDenied", "Use an identity that may administer CloudFormation"),
        ("RequestTimeTooSkewed", "set the clock"),
        ("LimitExceeded", r"\(LimitExceeded\)"),
    ],
)
def test_a_refusal_names_cause_and_cure(name: str, sentence: str) -> None:
    with pytest.raises(ShopStreamError, match=sentence), translated():
        raise ClientError({"Error": {"Code": name, "Message": "no"}}, "CreateStack")
