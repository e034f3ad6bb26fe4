"""Each way to log in: what reaches snowflake.connector.connect, and what reaches it from dbt, by the profile itself."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
import yaml
from dbt.adapters.snowflake.connections import SnowflakeCredentials
from jinja2 import Environment
from snowflake.connector.vendored import requests

from shopstream_platform.cli.environment import as_json, exports
from shopstream_platform.config.connections import PostgresConnection, SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.login import SECRET_ARGUMENTS, SECRETS, variable
from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.project import PROFILES_DIR
from shopstream_platform.defs.resources import warehouse_resource
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform.stores.warehouse import open_session
from shopstream_platform_tests.stores.logins import (
    ACCOUNT,
    OAUTH,
    PASSPHRASE,
    SECRET,
    WAYS,
    Way,
    key_in_der,
    private_key,
)

PEM = private_key().decode()
LOCKED = private_key(PASSPHRASE).decode()
BODY = "".join(PEM.splitlines()[1:-1])
LOCKED_BODY = "".join(LOCKED.splitlines()[1:-1])


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("SHOPSTREAM_", "SNOWFLAKE_", "AWS_", "PG", "DAGSTER_")):
            monkeypatch.delenv(name)
    # What `settle` sets is gone after the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())


def configured(variables: dict[str, str]) -> Settings:
    os.environ.update(ACCOUNT | variables)
    return load_settings()


def connection(variables: dict[str, str]) -> SnowflakeConnection:
    return resolve.warehouse(configured(variables))


def connected(at: SnowflakeConnection, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The arguments of the login with which a session is opened."""
    told: dict[str, Any] = {}

    def connect(**arguments: Any) -> Any:
        told.update(arguments)
        raise snowflake.connector.errors.DatabaseError("told")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    with pytest.raises(ShopStreamError, match="told"), open_session(at):
        pass
    not_of_the_login = {
        *("account", "user", "role", "database", "schema", "warehouse", "session_parameters", "backoff_policy"),
        *(name for name in told if name.endswith("_timeout")),
    }
    return {name: value for name, value in told.items() if name not in not_of_the_login}


def dbt_login(variables: dict[str, str]) -> dict[str, Any]:
    """What dbt-snowflake makes of the profile, rendered as dbt does, where these variables are set."""
    output = yaml.safe_load((PROFILES_DIR / "profiles.yml").read_text())["shopstream"]["outputs"]["snowflake"]
    told = {"env_var": lambda name, default: variables.get(name, default)}
    rendered = {name: _rendered(value, told) for name, value in output.items() if name not in ("type", "threads")}
    return SnowflakeCredentials(**rendered).auth_args() | {"role": rendered["role"]}


def _rendered(value: Any, told: dict[str, Any]) -> Any:
    """dbt renders to text, and `none` and numbers only where it is told so."""
    if not isinstance(value, str):
        return value
    text = Environment().from_string(value.replace("| as_number", "")).render(told)
    return None if text == "None" else int(text) if "as_number" in value else text


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_reaches_the_connector(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    at = connection(way.variables)
    assert connected(at, monkeypatch) == way.connector


@pytest.mark.parametrize("way", [way for way in WAYS.values() if way.dbt], ids=lambda way: str(way.connector)[:40])
def test_what_reaches_the_connector_from_dbt(way: Way) -> None:
    told = dbt_login(dbt_variables(connection(way.variables)))
    assert {name: told[name] for name in way.dbt} == way.dbt
    assert told["private_key"] is None
    assert told["user"] == "SHOPSTREAM_SERVICE"


@pytest.mark.parametrize("way", [way for way in WAYS.values() if not way.with_user], ids=lambda way: str(way.connector))
def test_a_workload_needs_no_user(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    at = connection(way.variables | {"SNOWFLAKE_USER": ""})
    assert connected(at, monkeypatch) == way.connector
    assert "user" not in dbt_login(dbt_variables(at))


@pytest.mark.parametrize(
    "content",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", " "),
        f'"{PEM}"',
        BODY,
        BODY[:64] + "\n" + BODY[64:],
        base64.b64encode(PEM.encode()).decode(),
        private_key(old_format=True).decode(),
    ],
    ids=["pem", "letters", "crlf", "spaces", "quotes", "body", "body in lines", "base64 of pem", "old format"],
)
def test_a_key_as_content(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = connection({"SNOWFLAKE_PRIVATE_KEY": content})
    told = connected(at, monkeypatch)
    assert told == {"authenticator": "snowflake_jwt", "private_key": base64.b64encode(key_in_der()).decode()}
    assert dbt_login(dbt_variables(at))["private_key"] == key_in_der()


@pytest.mark.parametrize("content", [LOCKED, LOCKED.replace("\n", "\\n"), LOCKED_BODY], ids=["pem", "letters", "body"])
def test_an_encrypted_key_as_content(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"SNOWFLAKE_PRIVATE_KEY": content, "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    at = connection(variables)
    assert connected(at, monkeypatch)["private_key"] == base64.b64encode(key_in_der()).decode()
    assert dbt_login(dbt_variables(at))["private_key"] == key_in_der()


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_key_in_a_file(passphrase: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.p8").write_bytes(private_key(passphrase))
    os.environ["HOME"] = str(tmp_path)
    secret = {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": passphrase} if passphrase else {}
    at = connection({"SNOWFLAKE_PRIVATE_KEY_PATH": "~/key.p8"} | secret)
    told = connected(at, monkeypatch)
    assert told == {
        "authenticator": "snowflake_jwt",
        "private_key_file": str(tmp_path / "key.p8"),
        **({"private_key_file_pwd": passphrase} if passphrase else {}),
    }
    assert dbt_login(dbt_variables(at))["private_key"] == key_in_der()


@pytest.mark.parametrize(
    ("written", "passphrase", "words"),
    [
        (None, None, "cannot be read: No such file"),
        (LOCKED, None, "is an encrypted private key: set SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
        (LOCKED, "wrong", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE is not its passphrase"),
        (PEM, "superfluous", "is not encrypted, but SNOWFLAKE_PRIVATE_KEY_PASSPHRASE is set: unset it"),
        ("no key", None, "is not a private key in PEM format"),
    ],
)
@pytest.mark.parametrize("as_file", [True, False])
def test_a_key_that_cannot_be_used(
    written: str | None, passphrase: str | None, words: str, as_file: bool, tmp_path: Path
) -> None:
    if written is None and not as_file:
        written = "c29tZXRoaW5n"
        words = "is not a private key in PEM format"
    path = tmp_path / "key.p8"
    if written is not None:
        path.write_text(written)
    key = {"SNOWFLAKE_PRIVATE_KEY_PATH": str(path)} if as_file else {"SNOWFLAKE_PRIVATE_KEY": written or ""}
    secret = {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": passphrase} if passphrase else {}
    with pytest.raises(ShopStreamError, match=words) as caught, open_session(connection(key | secret)):
        pass
    assert str(next(iter(key))) in str(caught.value) or str(path) in str(caught.value)
    assert not isinstance(caught.value, TransientError)
    assert "\n" not in str(caught.value)
    assert not [
        secret for secret in (passphrase, written) if secret and len(secret) > 8 and secret in str(caught.value)
    ]


def test_a_token_in_a_file_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    at = connection({"SNOWFLAKE_AUTHENTICATOR": "programmatic_access_token", "SNOWFLAKE_TOKEN_FILE_PATH": str(path)})
    for token in (SECRET, "renewed"):
        path.write_text(f"{token}\n")
        assert connected(at, monkeypatch) == {"authenticator": "programmatic_access_token", "token": token}
        assert dbt_login(dbt_variables(at))["token"] == token
    path.write_text("\n")
    with pytest.raises(ShopStreamError, match=r"token is empty: check SNOWFLAKE_TOKEN_FILE_PATH"), open_session(at):
        pass
    path.unlink()
    with pytest.raises(ShopStreamError, match=r"cannot be read: No such file.*SNOWFLAKE_TOKEN_FILE_PATH"):
        dbt_variables(at)


def test_dbt_has_a_role_of_its_own() -> None:
    way = WAYS["password"].variables | {"SNOWFLAKE_ROLE": "SHOPSTREAM_PLATFORM"}
    assert dbt_login(dbt_variables(connection(way)))["role"] == "SHOPSTREAM_PLATFORM"
    at = connection(way | {"SNOWFLAKE_TRANSFORM_ROLE": "SHOPSTREAM_TRANSFORMER"})
    assert at.role == "SHOPSTREAM_PLATFORM"
    assert dbt_login(dbt_variables(at))["role"] == "SHOPSTREAM_TRANSFORMER"


class Issuer:
    """An identity provider's token endpoint, in place of requests' `post`."""

    def __init__(self) -> None:
        self.status_code, self.text = 200, json.dumps({"access_token": SECRET, "token_type": "Bearer"})
        self.ended: Exception | None = None
        self.asked: list[dict[str, Any]] = []

    def post(self, url: str, **arguments: Any) -> "Issuer":
        self.asked.append({"url": url, **arguments})
        if self.ended:
            raise self.ended
        return self


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    issuer = Issuer()
    monkeypatch.setattr(requests.api, "post", issuer.post)
    return issuer


def test_dbt_is_handed_an_access_token(issuer: Issuer) -> None:
    roles = {"SNOWFLAKE_ROLE": "SHOPSTREAM_PLATFORM", "SNOWFLAKE_TRANSFORM_ROLE": "SHOPSTREAM_TRANSFORMER"}
    told = dbt_variables(connection(OAUTH | roles))
    # What the platform reads again from the same environment is as it was.
    assert told["SNOWFLAKE_AUTHENTICATOR"] == "oauth_client_credentials"
    login = dbt_login(told)
    assert (login["authenticator"], login["token"]) == ("oauth", SECRET)
    [asked] = issuer.asked
    assert asked["url"] == "https://login.example/token"
    assert asked["auth"] == ("client", SECRET)
    assert asked["data"] == {"grant_type": "client_credentials", "scope": "session:role:SHOPSTREAM_TRANSFORMER"}
    assert asked["timeout"] > 0


@pytest.mark.parametrize(
    ("status", "answer", "kind", "words"),
    [
        (401, '{"error": "invalid_client", "error_description": "no such client"}', ShopStreamError, "no such client"),
        (400, '{"error": "invalid_scope"}', ShopStreamError, "HTTP 400: invalid_scope"),
        (200, "<html>", ShopStreamError, "gave no access token"),
        (200, "[]", ShopStreamError, "gave no access token"),
        (503, "busy", TransientError, "HTTP 503"),
    ],
)
def test_an_access_token_that_is_refused(status: int, answer: str, kind: type, words: str, issuer: Issuer) -> None:
    issuer.status_code, issuer.text = status, answer
    with pytest.raises(ShopStreamError, match=words) as caught:
        dbt_variables(connection(OAUTH))
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)


def test_an_issuer_that_is_not_reached(issuer: Issuer) -> None:
    issuer.ended = requests.ConnectionError("refused")
    with pytest.raises(TransientError, match="could not be reached for an access token"):
        dbt_variables(connection(OAUTH))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_secrets_show_nowhere(way: Way, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "ensure_postgres", lambda home: PostgresConnection("postgresql://u@h/d"))
    monkeypatch.setattr(embedded, "database", lambda home, name: PostgresConnection(f"postgresql://u:p@h:5/{name}"))
    settings = configured(way.variables | {"SHOPSTREAM_HOME": str(tmp_path)})
    at = resolve.warehouse(settings)
    resource = warehouse_resource(settings)
    shown = [settings, at, at.login, exports(settings, show_secrets=False), as_json(settings, show_secrets=False)]
    text = "".join(repr(one) + str(one) for one in shown)
    assert SECRET not in text
    assert "123456" not in text
    assert SECRET not in str(resource._partial.resource_fn if False else resource._nested_partial_resources)


def test_keys_show_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "ensure_postgres", lambda home: PostgresConnection("postgresql://u@h/d"))
    monkeypatch.setattr(embedded, "database", lambda home, name: PostgresConnection(f"postgresql://u:p@h:5/{name}"))
    variables = {"SNOWFLAKE_PRIVATE_KEY": LOCKED, "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    settings = configured(variables | {"SHOPSTREAM_HOME": str(tmp_path)})
    at = resolve.warehouse(settings)
    shown = [settings, at, at.login, exports(settings, show_secrets=False), as_json(settings, show_secrets=False)]
    text = "".join(repr(one) + str(one) for one in shown)
    hidden = (PASSPHRASE, LOCKED_BODY[:40], base64.b64encode(key_in_der()).decode()[:40])
    assert not [secret for secret in hidden if secret in text]
    assert json.dumps(as_json(settings, show_secrets=True))


def test_every_secret_has_its_name_in_the_three_places() -> None:
    hidden = {name for name, part in SnowflakeConnection.__dataclass_fields__.items() if not part.repr}
    assert hidden == SECRETS
    assert SECRET_ARGUMENTS >= SECRETS
    assert {variable(part) for part in SECRETS} == {f"SNOWFLAKE_{part.upper()}" for part in SECRETS}
