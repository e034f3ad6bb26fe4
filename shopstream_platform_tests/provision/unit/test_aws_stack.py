"""Names of stacks and roles, and stacks that CloudFormation has not finished."""

import re

import boto3
import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws.stack import deploy, describe, find
from shopstream_platform.provision.aws.template import LakeStack
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("CREATE_IN_PROGRESS", "Run the command again in some minutes"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name"),
        ("DELETE_FAILED", "delete-stack --stack-name"),
    ],
)
def test_a_stack_that_is_not_finished_is_a_sentence(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch, status: str, sentence: str
) -> None:
    stack = deploy(session, describe(session, BUCKET)).stack
    known = find(session, stack.name)
    assert known
    monkeypatch.setattr("shopstream_platform.provision.aws.stack.find", lambda *of: known | {"StackStatus": status})
    with pytest.raises(ShopStreamError, match=sentence):
        describe(session, BUCKET)


@pytest.mark.parametrize(("first", "second"), [(("shop", "data/"), ("shop-data", "")), (("x", "a/b/"), ("x", "a-b/"))])
def test_lakes_whose_names_fall_together_do_not_share_a_stack(
    session: boto3.Session, first: tuple[str, str], second: tuple[str, str]
) -> None:
    deploy(session, describe(session, f"{first[0]}-bucket" if first[0] == "x" else first[0], first[1]))
    with pytest.raises(ShopStreamError, match="whose stack has another name"):
        describe(session, f"{second[0]}-bucket" if second[0] == "x" else second[0], second[1])


@pytest.mark.parametrize("prefix", ["team_a/", "raw/clones/pr_42/", "x" * 90 + "/"])
def test_a_stacks_name_is_one_that_cloudformation_takes(prefix: str) -> None:
    name = LakeStack("my.bucket" + "b" * 40, "1", REGION, lake_prefix=prefix).name
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name)


def test_long_names_stay_within_iams_limit() -> None:
    stacks = [LakeStack("b" * 63, "1", REGION, lake_prefix=prefix) for prefix in ("", "staging/", "teams/shop/")]
    names = {name for stack in stacks for name in (stack.extract_role, stack.snowflake_role)}
    assert len(names) == 6
    assert max(map(len, names)) <= 64
    assert LakeStack("lake", "1", REGION, lake_prefix="teams/shop/").extract_role == "lake-teams-shop-extract"
