"""A clone for a branch: what it may be named, what it has, and that the database it is of stays as it is."""

from typing import Any, cast

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import LakeSettings
from shopstream_platform.provision.aws.template import LakeStack, properties
from shopstream_platform.provision.snowflake.account import Account, statements
from shopstream_platform.provision.snowflake.clone import clones, create, drop, named
from shopstream_platform.provision.snowflake.plan import apply, plan
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.provision.model.account import AccountSession
from shopstream_platform_tests.provision.model.policies import allows
from shopstream_platform_tests.provision.model.rights import Rights

ACCOUNT = Account("SHOPSTREAM_DWH", "lake", "arn:aws:iam::1:role/x", readers=("ANALYST",))
CLONE = named(ACCOUNT, "pr_42")


@pytest.fixture
def rights() -> Rights:
    found = Rights()
    found.objects[("ROLE", "ANALYST")] = {"owner": "USERADMIN", "comment": "theirs"}
    found.inherits["ANALYST"] = set()
    warehouse = warehouse_of(found)
    apply(warehouse, plan(warehouse, ACCOUNT))
    return found


def warehouse_of(rights: Rights) -> Warehouse:
    return Warehouse(cast("Any", AccountSession(rights, secondary=False)))


def of_production(rights: Rights) -> str:
    found = rights.without("nothing", CLONE.database)
    return repr({key: sorted(map(repr, cast("Any", value))) for key, value in found.items()})


def test_a_clone_is_used_by_the_same_roles_and_loads_from_its_own_folder(rights: Rights) -> None:
    create(warehouse_of(rights), CLONE)
    service = rights.closure({"SHOPSTREAM_PLATFORM"})
    assert rights.may(service, "USAGE", "DATABASE", "SHOPSTREAM_PR_42")
    assert rights.may(service, "INSERT", "TABLE", "SHOPSTREAM_PR_42.RAW.ORDERS")
    assert rights.may(service, "CREATE TABLE", "SCHEMA", "SHOPSTREAM_PR_42.MARTS")
    assert rights.may({"ANALYST"}, "USAGE", "DATABASE", "SHOPSTREAM_PR_42")
    stage = rights.objects[("STAGE", "SHOPSTREAM_PR_42.RAW.S3_RAW_STAGE")]
    assert stage["URL"] == "s3://lake/raw/clones/pr_42/raw/"
    assert stage["STORAGE_INTEGRATION"] == "SHOPSTREAM_S3_INTEGRATION"


def test_the_database_that_it_is_of_stays_as_it_is(rights: Rights) -> None:
    before = of_production(rights)
    create(warehouse_of(rights), CLONE)
    assert of_production(rights) == before
    assert drop(warehouse_of(rights), CLONE)
    assert of_production(rights) == before
    assert not drop(warehouse_of(rights), CLONE)
    assert not plan(warehouse_of(rights), ACCOUNT).differs


def test_a_second_run_and_one_after_a_kill_complete_it(rights: Rights) -> None:
    warehouse = warehouse_of(rights)
    warehouse.execute("USE ROLE SYSADMIN")
    warehouse.execute(
        f"CREATE DATABASE IF NOT EXISTS {CLONE.database} CLONE {ACCOUNT.database} COMMENT = '{CLONE.mark}'"
    )
    assert create(warehouse, CLONE)[0] == "database SHOPSTREAM_PR_42 was there"
    first = repr(rights)
    create(warehouse, CLONE)
    assert repr(rights) == first
    assert [database for database, _ in clones(warehouse, ACCOUNT)] == ["SHOPSTREAM_PR_42"]


def test_a_database_that_is_not_a_clone_is_neither_used_nor_dropped(rights: Rights) -> None:
    rights.objects[("DATABASE", "SHOPSTREAM_PR_42")] = {"owner": "SYSADMIN", "comment": "Finance"}
    before = repr(rights)
    for action in (create, drop):
        with pytest.raises(ShopStreamError, match="'Finance', so it is not a clone"):
            action(warehouse_of(rights), CLONE)
    assert repr(rights) == before
    assert list(clones(warehouse_of(rights), ACCOUNT)) == []


@pytest.mark.parametrize("name", ["", "42", "pr-42", "pr 42", "x" * 62, "dwh", "a;drop", "../x"])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ShopStreamError, match="cannot be the name of a clone"):
        named(ACCOUNT, name)


@pytest.mark.parametrize("prefix", ["", "shop/"])
def test_the_trust_reaches_its_folder_already(prefix: str) -> None:
    account = Account("SHOPSTREAM_DWH", "lake", "arn:aws:iam::1:role/x", lake_prefix=prefix)
    folder = LakeSettings(s3_prefix=named(account, "PR_42").variables["SHOPSTREAM_S3_PREFIX"]).s3_prefix
    stack = LakeStack("lake", "1", "eu-west-3", lake_prefix=prefix)
    for resource, action in (("SnowflakeRole", "s3:GetObject"), ("ExtractRole", "s3:PutObject")):
        [policy] = properties(stack, resource)["Policies"]
        assert allows(policy["PolicyDocument"], action, f"arn:aws:s3:::lake/{folder}raw/postgres/users/x.csv.gz")
        assert resource == "SnowflakeRole" or allows(
            policy["PolicyDocument"], action, f"arn:aws:s3:::lake/{folder}bi/page.html"
        )
    [allowed] = [sql for sql in statements(account) if sql.startswith("ALTER STORAGE INTEGRATION")]
    assert f"s3://lake/{folder}raw/".startswith(allowed.split("('")[1].split("')")[0])
