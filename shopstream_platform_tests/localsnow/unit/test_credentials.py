"""The file that a server reads its login and its object store from."""

import json
from pathlib import Path

import pytest

from shopstream_platform.localsnow.credentials import FILE_NAME, CredentialsError, S3Credentials, load_credentials

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


@pytest.mark.parametrize("content", [{"user": "ann"}, [], {"user": "ann", "password": "x", "s3": {"key": 1}}])
def test_another_content_is_a_sentence(tmp_path: Path, content: object) -> None:
    with pytest.raises(CredentialsError, match="is not a credentials file of the local warehouse"):
        load_credentials(written(tmp_path, content))
