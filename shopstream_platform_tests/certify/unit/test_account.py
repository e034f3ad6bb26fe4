"""The namespace in an account: set up, planned again, limited, removed; nothing of anybody else is touched."""

import pytest

from shopstream_platform.certify.account import nothing_left, provisioning, remove, removed, wanted
from shopstream_platform.certify.outcome import Different, Status
from shopstream_platform_tests.certify.unit.conftest import SPACE, InMemory
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")
OTHERS = {
    ("WAREHOUSE", "SHOPSTREAM_LOADING_WH"): {"owner": "SYSADMIN", "comment": "somebody's"},
    ("DATABASE", "SHOPSTREAM_DWH"): {"owner": "SYSADMIN", "comment": "somebody's"},
}


def ends(outcomes: object) -> list[tuple[str, str]]:
    return [(str(outcome.status), outcome.detail) for outcome in outcomes]  # pyright: ignore


def bucket_of_others(accounts: InMemory) -> None:
    s3 = accounts.session.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="theirs/one.txt", Body=b"x")


def test_all_that_is_made_bears_the_namespaces_name_and_goes_again(in_memory: InMemory) -> None:
    bucket_of_others(in_memory)
    in_memory.rights.objects |= {key: dict(value) for key, value in OTHERS.items()}
    target = in_memory.site.target
    assert target
    made, planned, _ = list(provisioning(in_memory.site, 3))
    assert made.status is Status.AS_DOCUMENTED, made
    assert planned.status is Status.AS_DOCUMENTED, planned
    assert "0 to create, 0 to change" in planned.detail
    account_wide = {name for kind, name in in_memory.rights.objects if "." not in name} - {n for _, n in OTHERS}
    assert len(account_wide) >= 12
    assert {name for name in account_wide if not name.startswith("CERTIFY_ABCDEF_")} == set()
    quotas = [of["CREDIT_QUOTA"] for (kind, _), of in in_memory.rights.objects.items() if kind == "RESOURCE MONITOR"]
    assert sum(map(int, quotas)) == 3
    in_memory.session.client("s3").put_object(Bucket=BUCKET, Key="certify-abcdef/raw/x", Body=b"x")

    with pytest.raises(Different, match=r"warehouses CERTIFY_ABCDEF_.*stack shopstream-.*s3://.*/certify-abcdef/"):
        nothing_left(in_memory.site)
    assert {status for status, _ in ends(removed(in_memory.site))} == {"as documented"}
    assert {key: in_memory.rights.objects[key] for key in OTHERS} == OTHERS
    assert {name for kind, name in in_memory.rights.objects if name.startswith("CERTIFY")} == set()
    keys = in_memory.session.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [item["Key"] for item in keys] == ["theirs/one.txt"]


def test_a_bucket_that_was_made_goes_too(in_memory: InMemory) -> None:
    target = in_memory.site.target
    assert target
    list(provisioning(in_memory.site, 3))
    assert [b["Name"] for b in in_memory.session.client("s3").list_buckets()["Buckets"]] == [BUCKET]
    remove(in_memory.site)
    assert in_memory.session.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("others", [False, True])
def test_a_removal_where_nothing_was_made_is_no_difference(in_memory: InMemory, others: bool) -> None:
    """Of a run that ended before it had a stack, or of one that is removed twice."""
    if others:
        bucket_of_others(in_memory)
    remove(in_memory.site)
    assert nothing_left(in_memory.site).startswith("looked at the account")
    assert len(in_memory.session.client("s3").list_buckets()["Buckets"]) == others


def test_a_change_by_hand_is_different(in_memory: InMemory) -> None:
    list(provisioning(in_memory.site, 3))
    in_memory.rights.objects[("WAREHOUSE", "CERTIFY_ABCDEF_LOADING_WH")]["AUTO_SUSPEND"] = "3600"
    target = in_memory.site.target
    assert target
    from shopstream_platform.certify.account import _planned

    with pytest.raises(Different, match="AUTO_SUSPEND: 3600 -> 60"):
        _planned(in_memory.site, target, 3)


def test_what_lacks_the_mark_is_not_removed_and_is_named(in_memory: InMemory) -> None:
    list(provisioning(in_memory.site, 3))
    in_memory.rights.objects[("WAREHOUSE", "CERTIFY_ABCDEF_BI_WH")]["comment"] = "somebody's"
    end, look = ends(removed(in_memory.site))
    assert end[0] == look[0] == "different"
    assert 'warehouse CERTIFY_ABCDEF_BI_WH has the comment "somebody\'s"' in end[1]
    assert "CERTIFY_ABCDEF_BI_WH" in look[1]


def test_the_platform_logs_in_as_the_service_user_by_its_own_key(in_memory: InMemory) -> None:
    at, variables = in_memory.site.platform, in_memory.site.environment()
    assert (at.user, at.role, at.transform_role) == (
        "CERTIFY_ABCDEF_SERVICE",
        "CERTIFY_ABCDEF_PLATFORM",
        "CERTIFY_ABCDEF_TRANSFORMER",
    )
    assert at.password is None
    assert (variables["SNOWFLAKE_PASSWORD"], variables["SNOWFLAKE_USER"]) == ("", "CERTIFY_ABCDEF_SERVICE")
    assert variables["SNOWFLAKE_DATABASE"] == "CERTIFY_ABCDEF_DWH"
    assert variables["SHOPSTREAM_S3_PREFIX"] == "certify-abcdef/"
    assert variables["SNOWFLAKE_PREFIX"] == "CERTIFY_ABCDEF_"
    assert variables["SHOPSTREAM_POSTGRES_DSN"] == ""
    assert in_memory.site.administrator.role is None


def test_an_administrators_credits_are_the_limit(in_memory: InMemory) -> None:
    target = in_memory.site.target
    assert target
    account = wanted(SPACE, target, 7).account
    assert account.credit_quota + account.bi_credit_quota == 7
