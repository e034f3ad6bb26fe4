"""dbt's profile, rendered by dbt itself: what its credentials hand to snowflake.connector.connect."""

import os
from typing import Any

import pytest
import yaml
from dbt.adapters.snowflake.connections import SnowflakeCredentials

from shopstream_platform.config.load import load_settings
from shopstream_platform.dbt.project import PROFILES_DIR
from shopstream_platform.services import resolve
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform_tests.stores.logins import ACCOUNT, PASSPHRASE, WAYS, Way, key_in_der, private_key


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHOPSTREAM_", "SNOWFLAKE_"))}
    # What `settle` sets is gone after the test.
    monkeypatch.setattr(os, "environ", kept)


def credentials(variables: dict[str, str]) -> SnowflakeCredentials:
    from dbt.config.renderer import ProfileRenderer
    from dbt_common.context import set_invocation_context

    os.environ.update(ACCOUNT | variables)
    set_invocation_context(dbt_variables(resolve.warehouse(load_settings())))
    output = yaml.safe_load((PROFILES_DIR / "profiles.yml").read_text())["shopstream"]["outputs"]["snowflake"]
    rendered: dict[str, Any] = ProfileRenderer({}).render_data(output)
    return SnowflakeCredentials(**{name: rendered[name] for name in rendered if name not in ("type", "threads")})


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.dbt], ids=lambda way: str(way.connector)[:40])
def test_every_way_that_needs_no_token_from_elsewhere(way: Way) -> None:
    found = credentials(way.variables)
    assert way.dbt.items() <= found.auth_args().items()
    assert (found.user, found.role, found.port) == ("SHOPSTREAM_SERVICE", None, 443)


def test_digits_stay_text() -> None:
    assert credentials({"SNOWFLAKE_PASSWORD": "0123456"}).auth_args()["password"] == "0123456"


def test_a_workload_has_no_user() -> None:
    way = WAYS["workload identity in AWS"]
    assert credentials(way.variables | {"SNOWFLAKE_USER": ""}).user is None


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize("broken", ["\n", "\\n"])
def test_a_key_as_content(passphrase: str | None, broken: str) -> None:
    key = {"SNOWFLAKE_PRIVATE_KEY": private_key(passphrase).decode().replace("\n", broken)}
    secret = {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": passphrase} if passphrase else {}
    assert credentials(key | secret).auth_args()["private_key"] == key_in_der()


def test_dbts_own_role() -> None:
    roles = {"SNOWFLAKE_ROLE": "SHOPSTREAM_PLATFORM", "SNOWFLAKE_TRANSFORM_ROLE": "SHOPSTREAM_TRANSFORMER"}
    assert credentials(WAYS["password"].variables | roles).role == "SHOPSTREAM_TRANSFORMER"
