"""A project's files: every build of the same declaration is the same, byte by byte."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shopstream_platform.pbip import pbir, tmdl
from shopstream_platform.pbip.model import SemanticModel
from shopstream_platform.pbip.pages import Page
from shopstream_platform.pbip.sources import Sources

_SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
_IGNORED = "**/.pbi/localSettings.json\n**/.pbi/cache.abf\n"


@dataclass(frozen=True)
class Project:
    """A semantic model on its sources, and the report of its pages.

    `theme` is as https://learn.microsoft.com/en-us/power-bi/create-reports/desktop-report-themes says; its name is that
    of its file.
    """

    model: SemanticModel
    sources: Sources
    pages: tuple[Page, ...]
    theme: dict[str, Any]

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def report(self) -> str:
        """The folder of the report."""
        return f"{self.name}.Report"

    @property
    def semantic_model(self) -> str:
        """The folder of the semantic model."""
        return f"{self.name}.SemanticModel"


def files(project: Project) -> dict[str, bytes]:
    """Path below the project's folder -> content."""
    model, report, theme = project.semantic_model, project.report, project.theme["name"]
    definition = tmdl.semantic_model(project.model, project.sources)
    pages = pbir.report(project.model, project.sources, project.pages, theme)
    texts = {
        f"{project.name}.pbip": _json(_pbip(project)),
        ".gitignore": _IGNORED,
        f"{model}/.platform": _json(_platform(project, "SemanticModel")),
        f"{model}/definition.pbism": _json(_pbism()),
        f"{report}/.platform": _json(_platform(project, "Report")),
        f"{report}/definition.pbir": _json(_pbir(project)),
        f"{report}/StaticResources/RegisteredResources/{theme}": _json(project.theme),
        **{f"{model}/definition/{path}": text for path, text in definition.items()},
        **{f"{report}/definition/{path}": _json(content) for path, content in pages.items()},
    }
    return {path: text.encode() for path, text in sorted(texts.items())}


def write(project: Project, folder: Path) -> None:
    """Replace the folder by a new build, but for what Desktop keeps there; all stays as it was if anything fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh, old = Path(temporary) / "new", Path(temporary) / "old"
        for path, content in files(project).items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        if folder.exists():
            folder.replace(old)
            for kept in _of_desktop(project):
                if (old / kept).exists():
                    (old / kept).replace(fresh / kept)
        fresh.replace(folder)


def differences(project: Project, folder: Path) -> list[str]:
    """What in the folder is not as a build would write it."""
    wanted = files(project)
    kept = tuple(f"{path}/" for path in _of_desktop(project))
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    there = {path: file for path, file in found.items() if not path.startswith(kept)}
    return [
        *(f"{path} is missing" for path in wanted.keys() - there.keys()),
        *(f"{path} is not of the project" for path in there.keys() - wanted.keys()),
        *(
            f"{path} is not as declared"
            for path in wanted.keys() & there.keys()
            if there[path].read_bytes() != wanted[path]
        ),
    ]


def _of_desktop(project: Project) -> tuple[str, str]:
    """What Desktop keeps beside the project for whoever opened it: imported rows, windows."""
    return f"{project.report}/.pbi", f"{project.semantic_model}/.pbi"


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _pbip(project: Project) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/pbip/pbipProperties/1.0.0/schema.json",
        "version": "1.0",
        "artifacts": [{"report": {"path": project.report}}],
        "settings": {"enableAutoRecovery": True},
    }


def _pbism() -> dict[str, Any]:
    schema = f"{_SCHEMAS}/item/semanticModel/definitionProperties/1.0.0/schema.json"
    return {"$schema": schema, "version": "4.2", "settings": {}}


def _pbir(project: Project) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/item/report/definitionProperties/2.0.0/schema.json",
        "version": "4.0",
        "datasetReference": {"byPath": {"path": f"../{project.semantic_model}"}},
    }


def _platform(project: Project, kind: str) -> dict[str, Any]:
    return {
        "$schema": f"{_SCHEMAS}/gitIntegration/platformProperties/2.0.0/schema.json",
        "metadata": {"type": kind, "displayName": project.name},
        "config": {"version": "2.0", "logicalId": project.model.identifier(kind)},
    }
