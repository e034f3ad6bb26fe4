"""What deploy/ says fits the repository: settings exist, files lie where they are copied from, instances are alike."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from shopstream_platform.cli.environment import LONG_TICKS
from shopstream_platform.config.environment.process import settle
from shopstream_platform.config.settings import CHECKOUT, Settings

DEPLOY = CHECKOUT / "deploy"
COMPOSE = DEPLOY / "compose"
COMPOSE_FILES = ("docker-compose.yml", "seaweedfs.yml")
# Values of settings.
ROLES = {"SHOPSTREAM_PLATFORM", "SHOPSTREAM_TRANSFORMER"}
# Of the Compose Specification, those that are used.
OF_A_SERVICE = {
    *("image", "build", "command", "init", "pid", "restart", "healthcheck", "depends_on", "environment", "env_file"),
    *("ports", "networks", "volumes", "secrets"),
}
FILES = [path for path in DEPLOY.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = set(re.findall(r"\b(?:SHOPSTREAM|SNOWFLAKE)_\w+", (CHECKOUT / ".env.example").read_text("utf-8")))
    named = set(re.findall(r"\b(?:SHOPSTREAM|SNOWFLAKE)_\w+", path.read_text("utf-8")))
    assert named <= known | ROLES


def test_the_image_copies_what_exists_and_ignores_the_rest() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split() for line in lines if line.startswith("COPY") and "--from" not in line]
    sources = {word for line in copied for word in line[1:-1] if not word.startswith("--")}
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split() if line[0] == "!"}
    assert sources == kept
    assert all((CHECKOUT / source).exists() for source in sources)


def test_extras_that_are_named_exist() -> None:
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {"embedded", "celery", "k8s"} <= extras.keys()
    arguments = [_yaml(COMPOSE / name)["services"]["code"]["build"]["args"] for name in COMPOSE_FILES]
    assert arguments == [{"EXTRAS": "${EXTRAS:-}"}, {"EXTRAS": "embedded"}]


def test_the_instance_of_compose_is_the_one_of_a_laptop_with_storage_and_logs() -> None:
    config, _ = dagster_instance_config(str(COMPOSE))
    shared = {name: part for name, part in config.items() if name not in ("storage", "compute_logs")}
    assert shared == _yaml(CHECKOUT / "dagster.yaml")
    assert config["compute_logs"]["class"] == "S3ComputeLogManager"


def test_only_the_proxy_can_be_reached_and_it_asks_for_a_password() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["ports"] == ["${UI_ADDRESS:-127.0.0.1:8080}:8080"]
    nginx = (COMPOSE / "nginx.conf").read_text("utf-8")
    assert "auth_basic_user_file" in nginx
    assert "http://webserver:3000" in nginx
    command = services["webserver"]["command"]
    assert command[:2] == ["shopstream", "webserver"]
    assert {"--port=3000", "--no-token", "--allowed-host=${UI_HOST:-localhost}"} <= set(command)
    # The guard compares it with the Origin.
    assert "proxy_set_header Host $http_host;" in nginx


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_files_that_containers_mount_exist(name: str) -> None:
    services = _yaml(COMPOSE / name)["services"]
    volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith(".")]
    # The password file is made by whoever deploys.
    assert all((COMPOSE / path).exists() for path in mounted if path != "./htpasswd")


def test_the_ui_asks_the_code_location() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    assert _yaml(COMPOSE / "workspace.yaml")["load_from"][0]["grpc_server"]["host"] in services


def _merged() -> dict[str, Any]:
    """Services of both files, as compose lays one over the other: mappings join."""
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    for name, over in _yaml(COMPOSE / "seaweedfs.yml")["services"].items():
        below = services.setdefault(name, {})
        joined = {key: below.get(key, {}) | part for key, part in over.items() if isinstance(part, dict)}
        services[name] = below | over | joined
    return services


def test_with_a_lake_in_aws_compose_sets_no_keys_and_lets_the_standard_chain_work() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    for name in ("webserver", "daemon", "code"):
        of_aws = [variable for variable in services[name]["environment"] if variable.startswith("AWS_")]
        assert of_aws == ["AWS_REGION"]
        assert "${AWS_FOLDER:-${HOME}/.aws}:/home/shopstream/.aws:ro" in services[name]["volumes"]
        assert services[name]["environment"]["COMPUTE_LOGS_BUCKET"] == "${SHOPSTREAM_S3_BUCKET:-dagster}"
        assert "amazonaws.com" in services[name]["environment"]["COMPUTE_LOGS_ENDPOINT"]
    home = re.search(r"useradd .*--uid (\d+) shopstream", (DEPLOY / "Dockerfile").read_text("utf-8"))
    assert home
    assert f"({home[1]})" in (COMPOSE / "docker-compose.yml").read_text("utf-8")


def test_the_key_of_snowflake_is_a_secret_that_every_container_of_ours_has() -> None:
    compose = _yaml(COMPOSE / "docker-compose.yml")
    assert compose["secrets"] == {"snowflake": {"file": "${KEY_FILE:-/dev/null}"}}
    for name in ("webserver", "daemon", "code"):
        assert compose["services"][name]["secrets"] == [{"source": "snowflake", "target": "snowflake.p8"}]


def test_seaweedfs_alone_has_keys_and_the_platform_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    services = _merged()
    told = [services[name]["environment"] for name in ("webserver", "daemon", "code", "bucket")]
    server = services["seaweedfs"]["environment"]
    assert {one["AWS_ACCESS_KEY_ID"] for one in told} == {server["AWS_ACCESS_KEY_ID"]}
    assert {one["COMPUTE_LOGS_ENDPOINT"] for one in told} == {"http://seaweedfs:8333"}
    # Dagster's compute logs read them in the process that the settings settle.
    kept = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
    monkeypatch.setattr(os, "environ", {name: told[0][name] for name in kept})
    settle(Settings())
    assert kept <= os.environ.keys()


@pytest.mark.parametrize("service", ["proxy", "webserver", "daemon", "code", "postgres", "bucket", "seaweedfs"])
def test_a_service_has_only_keys_that_compose_knows_and_refers_to_what_is_declared(service: str) -> None:
    services = _merged()
    files = [_yaml(COMPOSE / name) for name in COMPOSE_FILES]
    volumes = {name for file in files for name in file.get("volumes", {})}
    one = services[service]
    assert one.keys() <= OF_A_SERVICE
    assert set(one["networks"]) <= files[0]["networks"].keys()
    assert set(one.get("depends_on", ())) <= services.keys()
    named = {volume.split(":")[0] for volume in one.get("volumes", ()) if volume[0] not in "./$"}
    assert named <= volumes
    assert {secret["source"] for secret in one.get("secrets", ())} <= files[0]["secrets"].keys()
    if isinstance(one.get("depends_on"), dict):
        # Who is waited for until it is healthy says when it is.
        waited = [name for name, how in one["depends_on"].items() if how["condition"] == "service_healthy"]
        assert all("healthcheck" in services[name] for name in waited)


def test_no_file_says_more_than_compose_knows() -> None:
    for name in COMPOSE_FILES:
        top = {key for key in _yaml(COMPOSE / name) if not key.startswith("x-")}
        assert top <= {"name", "services", "volumes", "networks", "secrets"}


def test_the_monitoring_daemon_sees_the_processes_of_runs() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    assert services["daemon"]["pid"] == "service:code"


def test_ticks_in_containers_may_take_as_long_as_on_a_laptop() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    given = [word for line in lines if line.startswith("ENV ") for word in line.split()[1:]]
    assert {f"{name}={value}" for name, value in LONG_TICKS.items()} <= set(given)
