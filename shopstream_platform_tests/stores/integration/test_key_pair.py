"""A login by key pair, to the end: the local warehouse verifies the token that the connector signs."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from dbt.adapters.snowflake.connections import SnowflakeCredentials

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform_tests.localsnow.integration.conftest import DATABASE, USER, Server
from shopstream_platform_tests.stores.logins import PASSPHRASE, private_key, public_key


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    der = public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = base64.b64encode(der).decode()
    server = Server(tmp_path_factory.mktemp("warehouse") / "root", public_key=body).start()
    with server.connect() as connection:
        connection.cursor().execute(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    yield server
    assert server.stop() == 0


def at(server: Server, **login: str) -> SnowflakeConnection:
    return SnowflakeConnection("local", USER, host="127.0.0.1", port=server.port, protocol="http", **login)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
@pytest.mark.parametrize("as_file", [True, False])
def test_the_session_and_dbt_log_in(server: Server, passphrase: str | None, as_file: bool, tmp_path: Path) -> None:
    (tmp_path / "key.p8").write_bytes(private_key(passphrase))
    content = private_key(passphrase).decode().replace("\n", "\\n")
    key = {"private_key_path": str(tmp_path / "key.p8")} if as_file else {"private_key": content}
    secret = {"private_key_passphrase": passphrase} if passphrase else {}
    connection = at(server, **key, **secret)
    with open_session(connection) as warehouse:
        assert warehouse.value("SELECT CURRENT_USER()") == USER.upper()
    told = dbt_variables(connection)
    dbt = SnowflakeCredentials(
        account="local",
        user=told["SNOWFLAKE_USER"],
        database=DATABASE,
        schema="CORE",
        private_key_path=told.get("SNOWFLAKE_PRIVATE_KEY_PATH"),
        private_key=told.get("SNOWFLAKE_PRIVATE_KEY"),
        private_key_passphrase=told.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
        host="127.0.0.1",
        port=server.port,
        protocol="http",
    )
    with snowflake.connector.connect(account="local", database=DATABASE, **dbt.auth_args()) as session:
        assert session.cursor().execute("SELECT CURRENT_USER()").fetchone() == (USER.upper(),)


def test_a_user_with_another_key_is_refused_with_what_to_compare(server: Server, tmp_path: Path) -> None:
    (tmp_path / "key.p8").write_bytes(private_key())
    somebody = SnowflakeConnection(
        *("local", "somebody"),
        private_key_path=str(tmp_path / "key.p8"),
        host="127.0.0.1",
        port=server.port,
        protocol="http",
    )
    words = r"JWT token is invalid.*RSA_PUBLIC_KEY_FP"
    with pytest.raises(ShopStreamError, match=words) as caught, open_session(somebody):
        pass
    assert not isinstance(caught.value, TransientError)
