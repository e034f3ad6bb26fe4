"""A bucket of one's own that cannot be used: what is missing is said, and a proxy on the way is named."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.stores.lake import Lake

BUCKET = S3Connection("shopstream-datalake-x")


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def refusal(at: S3Connection = BUCKET) -> ShopStreamError:
    with pytest.raises(ShopStreamError) as caught:
        Lake(at).etags("raw/")
    assert "\n" not in str(caught.value)
    return caught.value


def test_no_credentials() -> None:
    error = refusal()
    assert "no credentials were found. Log in first" in str(error)
    assert not isinstance(error, TransientError)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AWS_PROFILE": "nobody"}, ["nobody", "AWS_PROFILE"]),
        ({"AWS_CONFIG_FILE": "{home}/config"}, ["config"]),
        ({"AWS_ACCESS_KEY_ID": "a"}, ["AWS_SECRET_ACCESS_KEY"]),
        ({"AWS_CHECKSUM_ALGORITHM": "junk"}, ["AWS_*", "junk", "doctor"]),
        ({"SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"}, ["certificates", "SSL_CERT_FILE"]),
    ],
)
def test_a_configuration_that_cannot_be_used(
    variables: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default\n")
    if "AWS_PROFILE" not in variables and "AWS_ACCESS_KEY_ID" not in variables and "AWS_CONFIG_FILE" not in variables:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    error = refusal()
    assert not isinstance(error, TransientError)
    assert all(word in str(error) for word in words), error


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<Error><Code>RequestTimeTooSkewed</Code></Error>", "check the machine's clock, then run again"),
        (b"<Error><Code>InternalError</Code></Error>", "Safe to run again"),
    ],
)
def test_what_the_store_answers_says_what_to_do(answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403 if b"Skewed" in answer else 500)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its failures."""

    monkeypatch.setattr("shopstream_platform.stores.lake.RETRIES", {"max_retries": 0})
    with HTTPServer(("127.0.0.1", 0), Store) as server:
        Thread(target=server.handle_request, daemon=True).start()
        error = refusal(S3Connection("x", "r", f"http://127.0.0.1:{server.server_port}", "key", "secret"))
    assert words in str(error)


def test_a_proxy_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopstream_platform.stores.lake.RETRIES", {"max_retries": 0})
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("no_proxy", "localhost")
    error = refusal(S3Connection("x", "r", "http://store.example:9000", "key", "secret"))
    assert isinstance(error, TransientError)
    assert "proxy 127.0.0.1:9 of HTTP_PROXY: put store.example into NO_PROXY" in str(error)
