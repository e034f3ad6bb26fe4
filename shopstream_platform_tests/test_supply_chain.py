"""What is fetched from elsewhere is named by its content: by hash, digest or commit, never by a name that can move."""

import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
INSTALL_UV = "pip install -q --require-hashes -r requirements-uv.txt"


def test_actions_are_named_by_commit() -> None:
    used = [found for file in WORKFLOWS for found in re.findall(r"uses: (\S+)", file.read_text())]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action)] == []


def test_workflows_may_only_read() -> None:
    for file in WORKFLOWS:
        assert yaml.safe_load(file.read_text())["permissions"] == {"contents": "read"}, file.name


def test_images_are_named_by_digest() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose/docker-compose.yml").read_text())
    images = {service["image"] for service in compose["services"].values() if "build" not in service}
    bases = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    others = {*images, *bases} - {"shopstream"}
    assert others
    assert [image for image in others if not re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", image)] == []


def test_every_locked_package_has_a_wheel_and_every_wheel_a_hash() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    fetched = [package for package in packages if "registry" in package["source"]]
    assert len(fetched) == len(packages) - 1
    assert [package["name"] for package in fetched if not package.get("wheels")] == []
    assert all(wheel["hash"].startswith("sha256:") for package in fetched for wheel in package["wheels"])


def test_npm_packages_are_exact_and_hashed() -> None:
    folder = ROOT / "shopstream_platform/pbip/node"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert [name for name, package in locked.items() if name and not package.get("integrity")] == []


def test_uv_itself_is_installed_by_hash_everywhere() -> None:
    assert re.match(r"uv==[\d.]+ \\\n +--hash=sha256:", (ROOT / "requirements-uv.txt").read_text())
    for place in ("README.md", ".ci/run", *(str(file) for file in WORKFLOWS)):
        for line in (ROOT / place).read_text().splitlines():
            assert "pip install" not in line or INSTALL_UV in line, f"{place}: {line}"
