"""The file that a server reads its login and its object store from."""

import base64
import json
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.auth import AuthByKeyPair

from shopstream_platform.localsnow.credentials import (
    FILE_NAME,
    Credentials,
    CredentialsError,
    S3Credentials,
    load_credentials,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
S3 = {"endpoint_url": "http://127.0.0.1:9000", "access_key_id": "a", "secret_access_key": "b", "region": "eu-west-3"}


def written(root: Path, content: object, mode: int = 0o600) -> Path:
    path = root / FILE_NAME
    path.write_text(json.dumps(content))
    path.chmod(mode)
    return root


@pytest.mark.parametrize("s3", [None, S3])
def test_login_and_store(tmp_path: Path, s3: dict[str, str] | None) -> None:
    found = load_credentials(written(tmp_path, {"user": "ann", "password": "secret", "s3": s3}))
    assert (found.user, found.password) == ("ann", "secret")
    assert found.s3 == (S3Credentials(**s3) if s3 else None)
    assert "secret" not in repr(found)
    assert found.admits("ANN", "secret")
    assert not found.admits("ann", "Secret")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="can be read by other users: run chmod 600"):
        load_credentials(written(tmp_path, {"user": "ann", "password": "secret"}, 0o640))


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="is missing: write the user, password and s3 keys"):
        load_credentials(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {"user": "ann"},
        [],
        {"user": "ann", "password": "x", "s3": {"key": 1}},
        {"user": "ann", "password": "x", "public_key": "bm8ga2V5"},
        {"user": "ann", "password": "x", "public_key": 1},
    ],
)
def test_another_content_is_a_sentence(tmp_path: Path, content: object) -> None:
    with pytest.raises(CredentialsError, match="is not a credentials file of the local warehouse"):
        load_credentials(written(tmp_path, content))


def token(
    *, key: rsa.RSAPrivateKey = KEY, user: str = "ANN", lives: int = 60, at: int | None = None, **changed: str
) -> str:
    """As the connector makes it."""
    fingerprint = AuthByKeyPair.calculate_public_key_fingerprint(KEY)
    now = at or int(time.time())
    claims = {"iss": f"LOCAL.{user}.{fingerprint}", "sub": f"LOCAL.{user}", "iat": now, "exp": now + lives}
    return jwt.encode(claims | changed, key, algorithm="RS256")


@pytest.fixture
def of_a_key(tmp_path: Path) -> Credentials:
    der = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = base64.b64encode(der).decode()
    return load_credentials(written(tmp_path, {"user": "ann", "password": "secret", "public_key": body}))


def test_a_key_pair_is_admitted(of_a_key: Credentials) -> None:
    assert of_a_key.admits_token("ann", token())
    assert of_a_key.admits("ann", "secret")
    by_connector = AuthByKeyPair(KEY).prepare(account="local", user="ann")
    assert of_a_key.admits_token("ANN", by_connector)


@pytest.mark.security
@pytest.mark.parametrize(
    "wrong",
    [
        token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        token(user="BOB"),
        token(iss="LOCAL.ANN.SHA256:other"),
        token(lives=-1),
        token(lives=7200),
        token(at=int(time.time()) + 3600),
        jwt.encode({"sub": "LOCAL.ANN"}, KEY, algorithm="RS256"),
        jwt.encode({"sub": "LOCAL.ANN"}, "x" * 64, algorithm="HS256"),
        token().rpartition(".")[0] + ".",
        "",
        None,
        "secret",
        17,
    ],
)
def test_another_token_is_not(wrong: object, of_a_key: Credentials) -> None:
    assert not of_a_key.admits_token("ann", wrong)


@pytest.mark.security
def test_without_a_public_key_no_token_is_admitted(tmp_path: Path) -> None:
    found = load_credentials(written(tmp_path, {"user": "ann", "password": "secret"}))
    assert not found.admits_token("ann", token())
    assert not found.admits_token("ann", None)
