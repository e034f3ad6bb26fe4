"""Set-up, plan and removal in an account that obeys roles, where other people have objects too."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.plan import Plan, apply, plan
from shopstream_platform.provision.snowflake.removal import removal
from shopstream_platform.provision.snowflake.rotation import keyed, retirement
from shopstream_platform.stores.warehouse import Warehouse, translated
from shopstream_platform_tests.provision.model.account import AccountSession
from shopstream_platform_tests.provision.model.rights import Rights

ACCOUNT = Account(
    *("SHOPSTREAM_DWH", "lake", "arn:aws:iam::1:role/lake-snowflake"),
    mask_pii=True,
    credit_quota=20,
    notify=("ANNE", "jane.doe@x.com"),
)
STAGING = Account(
    "STAGING_DWH", "lake", "arn:aws:iam::1:role/lake-staging-snowflake", prefix="STAGING_", lake_prefix="staging/"
)


@pytest.fixture
def rights() -> Rights:
    return Rights()


def warehouse_of(session: AccountSession) -> Warehouse:
    return Warehouse(cast("Any", session))


def run(rights: Rights, account: Account, **session: Any) -> Plan:
    warehouse = warehouse_of(AccountSession(rights, **session))
    with translated():
        planned = plan(warehouse, account)
        apply(warehouse, planned)
    return planned


def look(rights: Rights, account: Account) -> Plan:
    return plan(warehouse_of(AccountSession(rights)), account)


@pytest.mark.parametrize("secondary", [True, False])
def test_an_empty_account_is_set_up_with_or_without_secondary_roles(rights: Rights, secondary: bool) -> None:
    assert run(rights, ACCOUNT, secondary=secondary).differs
    again = look(rights, ACCOUNT)
    assert not again.differs, list(again.lines())
    assert list(again.lines())[-1].startswith("0 to create, 0 to change")


def test_a_token_that_is_restricted_to_one_role_is_refused_by_name(rights: Rights) -> None:
    with pytest.raises(ShopStreamError, match="Requested role 'USERADMIN' is not assigned"):
        run(rights, ACCOUNT, restricted="ACCOUNTADMIN")


def test_every_statement_runs_as_a_role_that_may_and_a_second_run_sends_nothing(rights: Rights) -> None:
    run(rights, ACCOUNT)
    session = AccountSession(rights)
    apply(warehouse_of(session), plan(warehouse_of(session), ACCOUNT))
    assert [sql for sql in session.sent if not sql.startswith(("SHOW", "DESC", "USE"))] == []


def test_a_lock_that_lost_its_row_gets_it_again(rights: Rights) -> None:
    run(rights, ACCOUNT)
    rights.objects[("TABLE", "SHOPSTREAM_DWH.RAW._LOAD_LOCK_ORDERS")]["rows"] = "0"
    assert "~ change    table SHOPSTREAM_DWH.RAW._LOAD_LOCK_ORDERS: its row" in list(look(rights, ACCOUNT).lines())
    run(rights, ACCOUNT)
    assert not look(rights, ACCOUNT).differs


def test_a_table_of_an_earlier_declaration_is_altered_by_its_owner(rights: Rights) -> None:
    run(rights, ACCOUNT)
    columns = rights.objects[("TABLE", "SHOPSTREAM_DWH.RAW.ORDERS")]["columns"]
    as_declared = dict(columns)
    del columns["status"]
    columns["country"] = "VARCHAR(2) NOT NULL"
    lines = list(look(rights, ACCOUNT).lines())
    for what in (
        "status is added as VARCHAR(20)",
        "country grows from VARCHAR(2) to VARCHAR(3)",
        "country may be NULL, as in every table of RAW",
    ):
        assert f"~ change    table SHOPSTREAM_DWH.RAW.ORDERS: {what}" in lines
    run(rights, ACCOUNT)
    assert not look(rights, ACCOUNT).differs
    assert columns == as_declared


@pytest.mark.parametrize(
    ("kind", "name", "setting", "value", "line"),
    [
        (
            *("WAREHOUSE", "SHOPSTREAM_LOADING_WH", "AUTO_SUSPEND", "600"),
            "~ change    warehouse SHOPSTREAM_LOADING_WH: AUTO_SUSPEND: 600 -> 60",
        ),
        (
            *("WAREHOUSE", "SHOPSTREAM_BI_WH", "STATEMENT_TIMEOUT_IN_SECONDS", "172800"),
            "~ change    warehouse SHOPSTREAM_BI_WH: STATEMENT_TIMEOUT_IN_SECONDS: 172800 -> 600",
        ),
        (
            *("RESOURCE MONITOR", "SHOPSTREAM_MONITOR", "CREDIT_QUOTA", "500"),
            "~ change    resource monitor SHOPSTREAM_MONITOR: CREDIT_QUOTA: 500.00 -> 20",
        ),
        (
            *("INTEGRATION", "SHOPSTREAM_S3_INTEGRATION", "ENABLED", "FALSE"),
            "~ change    storage integration SHOPSTREAM_S3_INTEGRATION: ENABLED: FALSE -> TRUE",
        ),
        (
            *("STAGE", "SHOPSTREAM_DWH.RAW.S3_RAW_STAGE", "URL", "s3://old/raw/"),
            "~ change    stage SHOPSTREAM_DWH.RAW.S3_RAW_STAGE: URL: s3://old/raw/ -> 's3://lake/raw/'",
        ),
        (
            *("USER", "SHOPSTREAM_SERVICE", "DEFAULT_SECONDARY_ROLES", "('ALL')"),
            "~ change    user SHOPSTREAM_SERVICE: DEFAULT_SECONDARY_ROLES: ('ALL') -> ()",
        ),
        (
            *("MASKING POLICY", "SHOPSTREAM_DWH.RAW.MASK_PII", "body", "val"),
            "~ change    masking policy SHOPSTREAM_DWH.RAW.MASK_PII: another body",
        ),
        (
            *("TABLE", "SHOPSTREAM_DWH.RAW.USERS", "policy of EMAIL", ""),
            "~ change    table SHOPSTREAM_DWH.RAW.USERS: column email masked by SHOPSTREAM_DWH.RAW.MASK_PII",
        ),
    ],
)
def test_what_was_changed_by_hand_is_named_and_put_right(
    rights: Rights, kind: str, name: str, setting: str, value: str, line: str
) -> None:
    run(rights, ACCOUNT)
    rights.objects[(kind, name)][setting] = value
    planned = look(rights, ACCOUNT)
    assert planned.differs
    assert [text for text in planned.lines() if text.startswith("~")] == [line]
    run(rights, ACCOUNT)
    assert not look(rights, ACCOUNT).differs


def test_a_grant_that_was_taken_away_comes_back_and_one_that_was_given_is_said(rights: Rights) -> None:
    run(rights, ACCOUNT)
    lost = ("SHOPSTREAM_LOADER", "INSERT", "TABLE", "SHOPSTREAM_DWH.RAW.ORDERS")
    given = ("SHOPSTREAM_REPORTER", "SELECT", "TABLE", "SHOPSTREAM_DWH.RAW.ORDERS")
    rights.grants = rights.grants - {lost} | {given}
    lines = list(look(rights, ACCOUNT).lines())
    assert "~ change    role SHOPSTREAM_LOADER: grant INSERT on table SHOPSTREAM_DWH.RAW.ORDERS" in lines
    said = "= left      role SHOPSTREAM_REPORTER also has SELECT on table SHOPSTREAM_DWH.RAW.ORDERS"
    assert said in lines
    run(rights, ACCOUNT)
    after = look(rights, ACCOUNT)
    assert not after.differs
    assert said in list(after.lines())
    assert given in rights.grants


THEIRS = [
    ("ROLE", "SHOPSTREAM_LOADER"),
    ("USER", "SHOPSTREAM_SERVICE"),
    ("WAREHOUSE", "SHOPSTREAM_BI_WH"),
    ("DATABASE", "SHOPSTREAM_DWH"),
    ("INTEGRATION", "SHOPSTREAM_S3_INTEGRATION"),
]


@pytest.mark.parametrize(("kind", "name"), THEIRS)
def test_what_somebody_else_made_is_named_and_never_touched(rights: Rights, kind: str, name: str) -> None:
    settings = {"ENABLED": "TRUE", "STORAGE_AWS_ROLE_ARN": "theirs", "STORAGE_ALLOWED_LOCATIONS": "('s3://theirs/')"}
    rights.objects[(kind, name)] = {"owner": "ACCOUNTADMIN", "comment": "Finance", **settings}
    if kind == "ROLE":
        rights.inherits[name] = set()
    if kind == "USER":
        rights.of_users[name] = {"SYSADMIN"}
    before = repr(rights)
    with pytest.raises(ShopStreamError, match=rf"nothing was changed: .*{name} has the comment 'Finance'"):
        run(rights, ACCOUNT)
    assert repr(rights) == before
    assert look(rights, ACCOUNT).differs
    found = removal(warehouse_of(AccountSession(rights)), ACCOUNT, with_data=True)
    assert found.statements == []
    assert [text for text in found.left if name in text] == found.left != []


def test_a_monitor_of_others_is_known_by_what_it_watches(rights: Rights) -> None:
    rights.objects[("WAREHOUSE", "FINANCE_WH")] = {"owner": "SYSADMIN", "RESOURCE_MONITOR": "SHOPSTREAM_MONITOR"}
    rights.objects[("RESOURCE MONITOR", "SHOPSTREAM_MONITOR")] = {"owner": "ACCOUNTADMIN", "CREDIT_QUOTA": "5"}
    with pytest.raises(ShopStreamError, match="resource monitor SHOPSTREAM_MONITOR watches FINANCE_WH"):
        run(rights, ACCOUNT)
    rights.objects[("RESOURCE MONITOR", "SHOPSTREAM_MONITOR")]["level"] = "ACCOUNT"
    with pytest.raises(ShopStreamError, match="resource monitor SHOPSTREAM_MONITOR watches the whole account"):
        run(rights, ACCOUNT)


def test_the_sentence_hands_an_object_over_and_then_it_is_the_platforms(rights: Rights) -> None:
    rights.objects[("WAREHOUSE", "SHOPSTREAM_BI_WH")] = {"owner": "SYSADMIN", "comment": ""}
    with pytest.raises(ShopStreamError, match=r"COMMENT ON WAREHOUSE SHOPSTREAM_BI_WH IS '\(ShopStream stack"):
        run(rights, ACCOUNT)
    rights.objects[("WAREHOUSE", "SHOPSTREAM_BI_WH")]["comment"] = ACCOUNT.mark
    run(rights, ACCOUNT)
    assert rights.objects[("WAREHOUSE", "SHOPSTREAM_BI_WH")]["AUTO_SUSPEND"] == "60"


def test_two_environments_of_one_account_leave_each_other_as_they_are(rights: Rights, tmp_path: Path) -> None:
    run(rights, ACCOUNT)
    production = repr(sorted_state(rights, STAGING))
    key = keyed(warehouse_of(AccountSession(rights)), STAGING, tmp_path / "staging.p8", rotate=False)
    run(rights, key.account)
    run(rights, replace(STAGING, credit_quota=5, allowed_ips=("203.0.113.7",)))
    assert repr(sorted_state(rights, STAGING)) == production
    session = AccountSession(rights)
    for statement in removal(warehouse_of(session), STAGING, with_data=True).statements:
        session.execute(statement)
    assert repr(sorted_state(rights, STAGING)) == production
    assert [name for _, name in rights.objects if name.startswith("STAGING")] == []
    assert not look(rights, ACCOUNT).differs


def sorted_state(rights: Rights, account: Account) -> dict[str, Any]:
    found = rights.without(account.prefix, account.database)
    found["inherits"] = {k: sorted(v) for k, v in cast("dict[str, set[str]]", found["inherits"]).items()}
    found["users"] = {k: sorted(v) for k, v in cast("dict[str, set[str]]", found["users"]).items()}
    return found | {"grants": sorted(cast("set[Any]", found["grants"]))}


def test_a_removal_keeps_the_data_unless_it_is_asked_for(rights: Rights) -> None:
    run(rights, ACCOUNT)
    warehouse = warehouse_of(AccountSession(rights))
    kept = removal(warehouse, ACCOUNT, with_data=False)
    assert not any("DATABASE" in sql or "ROLE" in sql or "USER" in sql for sql in kept.statements)
    assert "DROP WAREHOUSE IF EXISTS SHOPSTREAM_BI_WH" in kept.statements
    for statement in removal(warehouse, ACCOUNT, with_data=True).statements:
        warehouse.execute(statement)
    assert rights.objects == {}


def test_a_key_that_others_log_in_with_is_never_replaced(rights: Rights, tmp_path: Path) -> None:
    first, other = tmp_path / "first.p8", tmp_path / "elsewhere.p8"
    run(rights, keyed(warehouse_of(AccountSession(rights)), ACCOUNT, first, rotate=False).account)
    slot = rights.objects[("USER", "SHOPSTREAM_SERVICE")]["RSA_PUBLIC_KEY"]
    # A second machine, whose home has no key.
    key = keyed(warehouse_of(AccountSession(rights)), ACCOUNT, other, rotate=False)
    assert (key.account, other.exists()) == (ACCOUNT, False)
    assert "has another key" in key.said
    run(rights, key.account)
    assert rights.objects[("USER", "SHOPSTREAM_SERVICE")]["RSA_PUBLIC_KEY"] == slot
    again = keyed(warehouse_of(AccountSession(rights)), ACCOUNT, first, rotate=False)
    assert (again.account, again.said) == (ACCOUNT, f"SHOPSTREAM_SERVICE has the key {first}")


def test_a_rotation_has_both_keys_valid_until_the_old_one_is_retired(rights: Rights, tmp_path: Path) -> None:
    first, user = tmp_path / "service.p8", ("USER", "SHOPSTREAM_SERVICE")
    run(rights, keyed(warehouse_of(AccountSession(rights)), ACCOUNT, first, rotate=False).account)
    old = rights.objects[user]["RSA_PUBLIC_KEY"]
    key = keyed(warehouse_of(AccountSession(rights)), ACCOUNT, first, rotate=True)
    assert key.file == tmp_path / "service_2.p8"
    run(rights, key.account)
    assert rights.objects[user]["RSA_PUBLIC_KEY"] == old != rights.objects[user]["RSA_PUBLIC_KEY_2"]
    with pytest.raises(ShopStreamError, match=r"has two keys already .* --retire-key"):
        keyed(warehouse_of(AccountSession(rights)), ACCOUNT, first, rotate=True)
    warehouse = warehouse_of(AccountSession(rights))
    with pytest.raises(ShopStreamError, match="is not a key of SHOPSTREAM_SERVICE"):
        retirement(warehouse, ACCOUNT, tmp_path / "none.p8")
    statement, taken = retirement(warehouse, ACCOUNT, key.file)
    assert taken == old
    warehouse.execute(statement)
    assert "RSA_PUBLIC_KEY" not in rights.objects[user]
    with pytest.raises(ShopStreamError, match="has no other key"):
        retirement(warehouse, ACCOUNT, key.file)
