"""The dbt project as the platform sees it: where it lies, whether its code changed, its manifest."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from shopstream_platform.config.environment.process import for_dbt
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.dbt.unparsed import why_not_parsed

PROJECT_DIR = CHECKOUT / "shopstream_dbt"
PROFILES_DIR = PROJECT_DIR
# Of this Python, whether or not its folder is on the PATH. dbt that ends with the process that started it.
EXECUTABLE = Path(sys.executable).parent / "shopstream-dbt"
MANIFEST = PROJECT_DIR / "target" / "manifest.json"
INVOCATIONS_KEPT = 20
PARTIAL_PARSE = "partial_parse.msgpack"
_CODE_OF_MANIFEST = PROJECT_DIR / "target" / "manifest.code"
_CODE_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md"}
# The manifest has the code of these one by one; generic tests are macros.
_OF_ONE_MODEL = ("model", "snapshot", "seed", "test")
_PATHS = ("model", "macro", "snapshot", "test", "seed", "analysis", "function")


def code_version() -> str:
    """A hash of the project's files; another one means that the project must be parsed again."""
    return _hashed(_code(_declared()))


def shared_code() -> str:
    """A hash of the files that every model may depend on: settings and macros, not models, snapshots, seeds, tests."""
    declared = _declared()
    folders = [PROJECT_DIR / folder for folder in _folders(declared, _OF_ONE_MODEL)]
    generic = [folder / "generic" for folder in folders]

    def is_shared(path: Path) -> bool:
        return any(map(path.is_relative_to, generic)) or not any(map(path.is_relative_to, folders))

    return _hashed(path for path in _code(declared) if is_shared(path))


def _hashed(paths: Iterable[Path]) -> str:
    digest = sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(PROJECT_DIR).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _declared() -> dict[str, Any]:
    return yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))


def _folders(declared: dict[str, Any], kinds: Iterable[str]) -> set[str]:
    return {folder for kind in kinds for folder in declared.get(f"{kind}-paths", ())}


def _code(declared: dict[str, Any]) -> Iterator[Path]:
    """The files of the folders that the project declares, and those beside them: a target folder is what dbt made.

    Markdown is code inside the folders alone, where it may hold doc blocks: a README is for people.
    """
    beside = (path for path in PROJECT_DIR.iterdir() if path.suffix != ".md")
    found = [*beside, *(path for folder in _folders(declared, _PATHS) for path in (PROJECT_DIR / folder).rglob("*"))]
    return (path for path in found if path.suffix in _CODE_SUFFIXES and path.is_file())


def read_manifest(settings: DbtSettings) -> dict[str, Any]:
    """dbt's manifest of the project as it is now."""
    return json.loads(manifest_path(settings).read_text("utf-8"))


def manifest_path(settings: DbtSettings) -> Path:
    """The manifest of the project as it is now; parses the project only if it changed since."""
    version = f"{settings.schema_prefix}{settings.reader_roles}{code_version()}"
    if not _is_current(version):
        MANIFEST.parent.mkdir(parents=True, exist_ok=True)
        with (MANIFEST.parent / ".parse.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_current(version):
                _parse(settings)
                _CODE_OF_MANIFEST.write_text(_seal(version))
    return MANIFEST


def _is_current(version: str) -> bool:
    return MANIFEST.exists() and _CODE_OF_MANIFEST.exists() and _CODE_OF_MANIFEST.read_text() == _seal(version)


def _seal(version: str) -> str:
    """The code that the manifest is of, and its content: one that was cut, or that dbt wrote by hand, is made again."""
    return f"{version} {sha256(MANIFEST.read_bytes()).hexdigest()}"


def keep_parsed(target_path: Path) -> None:
    """Keep what an invocation parsed, so that the next one with the same profile parses only what changed."""
    parsed = target_path / PARTIAL_PARSE
    if parsed.exists():
        # Renamed into place: another invocation may be reading it.
        fresh = MANIFEST.with_name(f"{PARTIAL_PARSE}.{os.getpid()}")
        shutil.copyfile(parsed, fresh)
        fresh.replace(MANIFEST.with_name(PARTIAL_PARSE))


def drop_old_artifacts() -> None:
    """Keep the artifacts and logs of the newest invocations only: each has a folder of its own."""
    folders = [path for path in MANIFEST.parent.glob("*-*") if (path / "dbt.log").exists()]
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[INVOCATIONS_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def environment(
    settings: DbtSettings, run_id: str | None = None, made_from: str = "", tested: str = ""
) -> dict[str, str]:
    """What the project's macros read beside the profile's variables.

    `made_from` is JSON: relation -> what dbt is to note of a model that it has built and tested; `tested` is JSON, too:
    relation -> from when on (UTC) its loads have to be tested.
    """
    variables = {
        "SHOPSTREAM_DBT_MADE_FROM": made_from,
        "SHOPSTREAM_DBT_TESTED": tested,
        "SHOPSTREAM_SCHEMA_PREFIX": settings.schema_prefix,
        "SHOPSTREAM_READER_ROLES": settings.reader_roles,
        "SHOPSTREAM_MASK_PII": str(settings.mask_pii).lower(),
    }
    return variables | ({"SHOPSTREAM_RUN_ID": run_id} if run_id else {})


def _parse(settings: DbtSettings) -> None:
    """`dbt parse` in a process of its own: it needs no warehouse, and dbt is slow to import.

    As a whole: where a model has changed, a partial parse reads the singular tests on it again, but not what YAML says
    of them (description, severity, the asset that they are a check of).
    """
    # As JSON, a message stands apart from its clock and colours.
    log = ("--quiet", "--no-use-colors", "--log-format", "json")
    command = [str(EXECUTABLE), *log, "--no-partial-parse", "parse", "--target-path", str(MANIFEST.parent)]
    where = {"DBT_PROJECT_DIR": str(PROJECT_DIR), "DBT_PROFILES_DIR": str(PROFILES_DIR)} | environment(settings)
    done = subprocess.run(command, capture_output=True, text=True, env=for_dbt() | where, check=False)  # noqa: S603
    if done.returncode:
        raise ShopStreamError(why_not_parsed(done.stdout + done.stderr))
