"""The project's files: every build of the same declaration is the same, byte by byte."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shopstream_platform.pbip import pbir, tmdl
from shopstream_platform.serving.power_bi.pages import PAGES
from shopstream_platform.serving.power_bi.tables import MODEL
from shopstream_platform.serving.power_bi.theme import NAME as THEME
from shopstream_platform.serving.power_bi.theme import theme

# Committed, so that a reviewer sees what a change of the declaration changes.
PROJECT = Path(__file__).parent / "project"
NAME = MODEL.name
REPORT, SEMANTIC_MODEL = f"{NAME}.Report", f"{NAME}.SemanticModel"
_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_IGNORED = "**/.pbi/localSettings.json\n**/.pbi/cache.abf\n"
# What Desktop keeps beside the project for whoever opened it: imported rows, windows.
_DESKTOP = (f"{REPORT}/.pbi", f"{SEMANTIC_MODEL}/.pbi")


def files() -> dict[str, bytes]:
    """Path below the project's folder -> content."""
    model = tmdl.semantic_model(MODEL)
    report = pbir.report(MODEL, PAGES)
    texts = {
        f"{NAME}.pbip": _json(_pbip()),
        ".gitignore": _IGNORED,
        f"{SEMANTIC_MODEL}/.platform": _json(_platform("SemanticModel")),
        f"{SEMANTIC_MODEL}/definition.pbism": _json(_pbism()),
        f"{REPORT}/.platform": _json(_platform("Report")),
        f"{REPORT}/definition.pbir": _json(_pbir()),
        f"{REPORT}/StaticResources/RegisteredResources/{THEME}": _json(theme()),
        **{f"{SEMANTIC_MODEL}/definition/{path}": text for path, text in model.items()},
        **{f"{REPORT}/definition/{path}": _json(content) for path, content in report.items()},
    }
    return {path: text.encode() for path, text in sorted(texts.items())}


def write(folder: Path) -> None:
    """Replace the folder by a new build, but for what Desktop keeps there; all stays as it was if anything fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh, old = Path(temporary) / "new", Path(temporary) / "old"
        for path, content in files().items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        if folder.exists():
            folder.replace(old)
            _keep(old, fresh)
        fresh.replace(folder)


def differences(folder: Path) -> list[str]:
    """What in the folder is not as a build would write it."""
    wanted = files()
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    there = {path: file for path, file in found.items() if not path.startswith(tuple(f"{kept}/" for kept in _DESKTOP))}
    return [
        *(f"{path} is missing" for path in wanted.keys() - there.keys()),
        *(f"{path} is not of the project" for path in there.keys() - wanted.keys()),
        *(
            f"{path} is not as declared"
            for path in wanted.keys() & there.keys()
            if there[path].read_bytes() != wanted[path]
        ),
    ]


def _keep(old: Path, fresh: Path) -> None:
    for kept in _DESKTOP:
        if (old / kept).exists():
            (old / kept).replace(fresh / kept)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _pbip() -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
        "version": "1.0",
        "artifacts": [{"report": {"path": REPORT}}],
        "settings": {"enableAutoRecovery": True},
    }


def _pbism() -> dict[str, Any]:
    schema = f"{_SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json"
    return {"$schema": schema, "version": "4.2", "settings": {}}


def _pbir() -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
        "version": "4.0",
        "datasetReference": {"byPath": {"path": f"../{SEMANTIC_MODEL}"}},
    }


def _platform(kind: str) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": kind, "displayName": NAME},
        "config": {"version": "2.0", "logicalId": tmdl.identifier(kind)},
    }
