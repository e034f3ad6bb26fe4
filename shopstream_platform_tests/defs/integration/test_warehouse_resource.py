"""The Snowflake resource: our session and dagster-snowflake's are of the same place."""

import base64
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform_tests.stores.logins import PASSPHRASE, WAYS, Way, key_in_der, private_key

WHERE = "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()"


def test_both_ways_lead_to_the_same_place(running_home: Path) -> None:
    resource = WarehouseResource(home=str(running_home))
    with resource.session() as session:
        ours = session.rows(WHERE)
    with resource.snowflake().get_connection() as connection:
        assert connection.cursor().execute(WHERE).fetchall() == ours
    assert ours[0][-2:] == ("SHOPSTREAM_DWH", "RAW")


def test_what_an_error_leaves_open_is_rolled_back(running_home: Path) -> None:
    resource = WarehouseResource(home=str(running_home))
    with resource.session() as session:
        session.execute("CREATE OR REPLACE TABLE RAW.left_open (a INT)")
    with pytest.raises(ShopStreamError), resource.session() as session:
        session.execute("BEGIN")
        session.execute("INSERT INTO RAW.left_open VALUES (1)")
        session.execute("SELECT no_such_column FROM RAW.left_open")
    with resource.session() as session:
        assert session.value("SELECT COUNT(*) FROM RAW.left_open") == 0
        session.execute("DROP TABLE RAW.left_open")


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_dagsters_own_resource_logs_in_every_way(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {name.removeprefix("SNOWFLAKE_").lower(): value for name, value in way.variables.items()}
    told = _connected(WarehouseResource(account="org-account", user="u", **parts), monkeypatch)
    assert way.connector.items() <= told.items()
    assert told["account"] == "org-account"


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_dagsters_own_resource_logs_in_by_key_pair(
    passphrase: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key.p8").write_bytes(private_key(passphrase))
    for key in ({"private_key_path": str(tmp_path / "key.p8")}, {"private_key": private_key(passphrase).decode()}):
        resource = WarehouseResource(account="org-account", user="u", private_key_passphrase=passphrase, **key)
        told = _connected(resource, monkeypatch)
        assert told["authenticator"] == "snowflake_jwt"
        assert told.get("private_key_file", told.get("private_key")) in (
            str(tmp_path / "key.p8"),
            base64.b64encode(key_in_der()).decode(),
        )


def _connected(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The arguments with which dagster-snowflake's resource opens a session."""
    told: dict[str, Any] = {}

    def connect(**arguments: Any) -> Any:
        told.update(arguments)
        raise snowflake.connector.errors.DatabaseError("told")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    with pytest.raises(snowflake.connector.errors.DatabaseError, match="told"), resource.snowflake().get_connection():
        pass
    return told
