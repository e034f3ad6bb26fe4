"""What deploy/ says fits the repository: settings exist, files lie where they are copied from, instances are alike."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from shopstream_platform.config.settings import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
COMPOSE = DEPLOY / "compose"
FILES = [path for path in DEPLOY.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    known = set(re.findall(r"\b(?:SHOPSTREAM|SNOWFLAKE)_\w+", (CHECKOUT / ".env.example").read_text("utf-8")))
    named = set(re.findall(r"\bSHOPSTREAM_\w+", path.read_text("utf-8")))
    assert named <= known


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
    assert _yaml(COMPOSE / "docker-compose.yml")["services"]["code"]["build"]["args"] == {
        "EXTRAS": "${EXTRAS-embedded}"
    }


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


def test_files_that_containers_mount_exist() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith(".")]
    # The password file is made by whoever deploys.
    assert all((COMPOSE / path).exists() for path in mounted if path != "./htpasswd")
    assert _yaml(COMPOSE / "workspace.yaml")["load_from"][0]["grpc_server"]["host"] in services


def test_the_monitoring_daemon_sees_the_processes_of_runs() -> None:
    services = _yaml(COMPOSE / "docker-compose.yml")["services"]
    assert services["daemon"]["pid"] == "service:code"


def test_helm_runs_and_steps_are_jobs_of_kubernetes_behind_a_login() -> None:
    values = _yaml(DEPLOY / "helm" / "values.yaml")
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    environment = {entry["name"]: entry["value"] for entry in deployment["env"]}
    assert environment["SHOPSTREAM_EXECUTOR"] == "k8s"
    assert environment["SHOPSTREAM_ENV"] == "production"
    assert deployment["includeConfigInLaunchedRuns"]["enabled"]
    assert values["runLauncher"]["type"] == "K8sRunLauncher"
    assert values["ingress"]["annotations"]["nginx.ingress.kubernetes.io/auth-type"] == "basic"
