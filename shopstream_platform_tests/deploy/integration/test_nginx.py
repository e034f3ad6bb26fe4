"""The proxies of deploy/ before real web servers: with the password, pages of other addresses still do nothing."""

import base64
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform_tests.cli.integration.web_server import WebServer, mutation, running

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
pytestmark = [
    pytest.mark.security,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx-light"),
]

COMPOSE = CHECKOUT / "deploy" / "compose"
SNIPPET = "nginx.ingress.kubernetes.io/configuration-snippet"
NAME = "shopstream.example.com"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}
JSON = {"Content-Type": "application/json"}
FOREIGN_PAGES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": f"https://{NAME}.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
]


@contextmanager
def nginx(folder: Path, config: str) -> Iterator[None]:
    """A running nginx; its configuration listens on a port of this machine."""
    (folder / "htpasswd").write_text("admin:{PLAIN}secret\n")
    # Its workers must read the password in a folder of the tests' own user.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"{user} daemon off; pid {folder}/pid; error_log stderr;\n{config}")
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        time.sleep(0.5)
        assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def status(port: int, method: str, target: str, host: str, body: str | None = None, **headers: str) -> int:
    """What the proxy answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, {"Host": host, **named})
        return connection.getresponse().status
    finally:
        connection.close()


def post(mark: str) -> str:
    return json.dumps({"query": mutation(mark)})


def attack(port: int, host: str, own: str, server: WebServer) -> None:
    """What a page can make a browser do that knows the password; then what the UI itself does."""
    refused = (401, 403, 405, 415)
    assert status(port, "GET", "/server_info", host) == 401
    assert status(port, "GET", f"/graphql?{urlencode({'query': mutation('get')})}", host, **LOGIN) in refused
    assert status(port, "POST", f"/graphql?{urlencode({'query': mutation('form')})}", host, "a=", **LOGIN) in refused
    text = {"Content-Type": "text/plain; application/json"}
    assert status(port, "POST", "/graphql", host, post("text"), **LOGIN, **text) in refused
    for number, page in enumerate(FOREIGN_PAGES):
        assert status(port, "POST", "/graphql", host, post(f"page{number}"), **LOGIN, **JSON, **page) in refused
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        if "Origin" in page:
            assert status(port, "GET", "/graphql", host, **LOGIN, **upgrade, **key, **page) in refused
    assert status(port, "GET", "/server_info", host, **LOGIN, **FOREIGN_PAGES[3]) in refused
    assert server.limits() == set()

    assert status(port, "GET", "/runs", host, **LOGIN, **FOREIGN_PAGES[4]) == 200
    assert status(port, "GET", "/graphql", host, Accept="text/html", **LOGIN) == 200
    page = {"Origin": own, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert status(port, "POST", "/graphql", host, post("own"), **LOGIN, **JSON, **page) == 200
    assert status(port, "GET", "/graphql", host, **LOGIN, **upgrade, **key, **page) == 101
    assert server.limits() == {"own"}


def test_compose(tmp_path: Path) -> None:
    command = yaml.safe_load((COMPOSE / "docker-compose.yml").read_text("utf-8"))["services"]["webserver"]["command"]
    options = [word for word in command if word == "--no-token" or word.startswith("--allowed-host=127.")]
    with running(tmp_path, *options) as server:
        port = free_port()
        config = (COMPOSE / "nginx.conf").read_text("utf-8")
        for theirs, ours in (
            ("listen 8080", f"listen 127.0.0.1:{port}"),
            ("http://webserver:3000", f"http://{server.host}"),
            ("/etc/nginx/htpasswd", f"{tmp_path}/htpasswd"),
        ):
            assert theirs in config
            config = config.replace(theirs, ours)
        with nginx(tmp_path, config):
            host = f"127.0.0.1:{port}"
            attack(port, host, f"http://{host}", server)
            assert status(port, "GET", "/server_info", "evil.example", **LOGIN) == 403


def test_the_ingress_of_helm(tmp_path: Path) -> None:
    """As the ingress controller writes it: the snippet in the location. The name is matched before."""
    annotations = yaml.safe_load((CHECKOUT / "deploy/helm/values.yaml").read_text("utf-8"))["ingress"]["annotations"]
    with running(tmp_path, guarded=False) as server:
        port = free_port()
        config = f"""
            events {{}}
            http {{
                map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
                server {{ listen 127.0.0.1:{port} default_server; return 404; }}
                server {{
                    listen 127.0.0.1:{port};
                    server_name {NAME};
                    location / {{
                        auth_basic "";
                        auth_basic_user_file {tmp_path}/htpasswd;
                        proxy_pass http://{server.host};
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                        {annotations[SNIPPET]}
                    }}
                }}
            }}
        """
        with nginx(tmp_path, config):
            attack(port, NAME, f"https://{NAME}", server)
            assert status(port, "GET", "/server_info", "evil.example", **LOGIN) == 404
