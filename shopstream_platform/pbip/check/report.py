"""A report as its files have it, and what is wrong with the files themselves."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_KINDS = ("Column", "Measure")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEXT = re.compile(r"'(?=.*[^\s'])(?:[^']|'')+'")


@dataclass(frozen=True)
class Field:
    """A field as a visual names it."""

    kind: str
    table: str
    name: str


@dataclass(frozen=True)
class ReadVisual:
    """A visual of the files: the fields of its wells, all that it names anywhere, and what its filters let through."""

    page: str
    name: str
    type: str
    heading: str
    shown: tuple[Field, ...]
    named: tuple[Field, ...]
    filters: tuple[tuple[Field, str], ...]

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.page}/{self.name}"


class _Files:
    """JSON files below a folder; what cannot be read is a problem, and an empty object."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.known: set[Path] = set()

    def read(self, path: str) -> Json:
        file = self.folder / path
        self.known.add(file)
        try:
            content = json.loads(file.read_text())
        except FileNotFoundError:
            self.problems.append(f"{path} is missing")
        except ValueError as error:
            self.problems.append(f"{path} is no JSON: {error}")
        else:
            if isinstance(content, dict):
                return content
            self.problems.append(f"{path} holds no object")
        return {}


def read_report(project: Path) -> tuple[list[ReadVisual], list[str]]:
    """The report's visuals, and what could not be read or leads nowhere."""
    files = _Files(project)
    names = sorted(path.stem for path in project.glob("*.pbip"))
    if len(names) != 1:
        return [], [f"{project} holds {len(names)} .pbip files, not one"]
    problems = list(_project_problems(files, names[0]))
    report = f"{names[0]}.Report"
    problems += _theme_problems(files, report)
    visuals = []
    pages = files.read(f"{report}/definition/pages/pages.json")
    order = pages.get("pageOrder", [])
    if pages.get("activePageName") not in order:
        problems.append("pages.json opens a page that is not among its pages")
    if len(set(order)) != len(order):
        problems.append("pages.json names a page twice")
    for page in order:
        found, of_page = _page(files, f"{report}/definition/pages/{page}", page)
        visuals += found
        problems += of_page
    return visuals, [*files.problems, *problems, *_dangling(files, project / report)]


def _project_problems(files: _Files, name: str) -> Iterator[str]:
    pbip = files.read(f"{name}.pbip")
    paths = [artifact.get("report", {}).get("path") for artifact in pbip.get("artifacts", [])]
    if paths != [f"{name}.Report"]:
        yield f"{name}.pbip leads to {paths}, not to {name}.Report"
    reference = files.read(f"{name}.Report/definition.pbir").get("datasetReference", {})
    if reference.keys() != {"byPath"}:
        yield f"definition.pbir names the semantic model by {sorted(reference)}, not by its path alone"
    path = reference.get("byPath", {}).get("path", "")
    if not path or not (files.folder / f"{name}.Report" / path / "definition.pbism").is_file():
        yield f"definition.pbir leads to {path or 'nothing'}, where there is no semantic model"
    yield from _version_problems(files, name)
    yield from _platform_problems(files, name)


def _version_problems(files: _Files, name: str) -> Iterator[str]:
    # Desktop reads a file of another version by other rules, or not at all.
    versions = {
        f"{name}.pbip": "1.0",
        f"{name}.Report/definition.pbir": "4.0",
        f"{name}.Report/definition/version.json": "2.0.0",
        f"{name}.SemanticModel/definition.pbism": "4.2",
    }
    for path, version in versions.items():
        if (found := files.read(path).get("version")) != version:
            yield f"{path} has the version {found}, not {version}"


def _platform_problems(files: _Files, name: str) -> Iterator[str]:
    ids = []
    for kind in ("Report", "SemanticModel"):
        platform = files.read(f"{name}.{kind}/.platform")
        ids.append(str(platform.get("config", {}).get("logicalId")))
        if platform.get("metadata") != {"type": kind, "displayName": name}:
            yield f"{name}.{kind}/.platform is not that of the {kind} {name}"
        if not _GUID.fullmatch(ids[-1]):
            yield f"{name}.{kind}/.platform has the logicalId {ids[-1]}, which is no GUID"
    if ids[0] == ids[1]:
        yield "report and semantic model have the same logicalId"


def _theme_problems(files: _Files, report: str) -> Iterator[str]:
    content = files.read(f"{report}/definition/report.json")
    name = content.get("themeCollection", {}).get("customTheme", {}).get("name")
    items = [item for package in content.get("resourcePackages", []) for item in package.get("items", [])]
    if name not in [item.get("name") for item in items]:
        yield f"report.json has the theme {name}, which is not among its resources"
    for item in items:
        theme = files.read(f"{report}/StaticResources/RegisteredResources/{item.get('path')}")
        if theme.get("name") != item.get("name"):
            yield f"the theme {item.get('path')} calls itself {theme.get('name')}"


def _page(files: _Files, folder: str, name: str) -> tuple[list[ReadVisual], list[str]]:
    problems = []
    page = files.read(f"{folder}/page.json")
    if page.get("name") != name:
        problems.append(f"the page {name} calls itself otherwise in its page.json")
    visuals, boxes = [], {}
    for path in sorted(path for path in (files.folder / folder).glob("visuals/*") if path.is_dir()):
        content = files.read(f"{folder}/visuals/{path.name}/visual.json")
        visual = _visual(name, path.name, content)
        visuals.append(visual)
        boxes[visual.title] = content.get("position", {})
        problems += _visual_problems(visual, content)
    return visuals, problems + list(_overlaps(boxes, page.get("width", 0), page.get("height", 0)))


def _visual(page: str, name: str, content: Json) -> ReadVisual:
    shown = content.get("visual", {})
    wells = shown.get("query", {}).get("queryState", {})
    projections = [p for well in wells.values() for p in well.get("projections", [])]
    fields = [field for p in projections for field in _fields(p.get("field", {}), {})]
    entries = content.get("filterConfig", {}).get("filters", [])
    aliases = {
        source.get("Name"): source.get("Entity")
        for entry in entries
        for source in entry.get("filter", {}).get("From", [])
    }
    filters = [
        (field, literal)
        for condition in (where for entry in entries for where in entry.get("filter", {}).get("Where", []))
        for field in _fields(condition, aliases)
        for literal in _literals(condition)
    ]
    heading = next(iter(_texts(content, "title", "text")), "")
    named = _fields(content, aliases)
    return ReadVisual(page, name, shown.get("visualType", ""), heading, tuple(fields), tuple(named), tuple(filters))


def _texts(content: Json, kind: str, name: str) -> list[str]:
    """A text in the visual's frame, in the quotes of a literal."""
    entries = content.get("visual", {}).get("visualContainerObjects", {}).get(kind, [])
    return [text for one in entries for text in _literals(one.get("properties", {}).get(name))]


def _visual_problems(visual: ReadVisual, content: Json) -> Iterator[str]:
    if content.get("name") != visual.name:
        yield f"{visual.title} calls itself {content.get('name')}"
    for what, kind, name in (("title", "title", "text"), ("text for screen readers", "general", "altText")):
        texts = _texts(content, kind, name)
        if not texts or not all(_TEXT.fullmatch(text) for text in texts):
            yield f"{visual.title} has no {what}, or none in quotes"
    wells = content.get("visual", {}).get("query", {}).get("queryState", {})
    for projection in (p for well in wells.values() for p in well.get("projections", [])):
        for field in _fields(projection.get("field", {}), {}):
            if projection.get("queryRef") != f"{field.table}.{field.name}":
                yield f"{visual.title}: queryRef {projection.get('queryRef')} is not {field.table}.{field.name}"
            if projection.get("nativeQueryRef") != field.name:
                yield f"{visual.title}: nativeQueryRef {projection.get('nativeQueryRef')} is not {field.name}"
    sorts = content.get("visual", {}).get("query", {}).get("sortDefinition", {}).get("sort", [])
    for field in (field for sort in sorts for field in _fields(sort, {})):
        if field not in visual.shown:
            yield f"{visual.title} is sorted by {field.table}[{field.name}], which it does not show"


def _fields(content: Any, aliases: dict[str, str]) -> Iterator[Field]:
    for one in _objects(content):
        for kind in _KINDS:
            found = one.get(kind)
            if isinstance(found, dict) and "Property" in found:
                source = found.get("Expression", {}).get("SourceRef", {})
                table = source.get("Entity") or aliases.get(source.get("Source", ""), "")
                yield Field(kind, table, found["Property"])


def _literals(content: Any) -> Iterator[str]:
    found = (one.get("Literal") for one in _objects(content))
    yield from (str(literal.get("Value")) for literal in found if isinstance(literal, dict))


def _objects(content: Any) -> Iterator[Json]:
    """The objects of a JSON value, itself first, then those below it."""
    if isinstance(content, dict):
        yield content
    for below in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _objects(below)


def _overlaps(boxes: dict[str, Json], width: int, height: int) -> Iterator[str]:
    places = {
        title: (
            box.get("x", 0),
            box.get("y", 0),
            box.get("x", 0) + box.get("width", 0),
            box.get("y", 0) + box.get("height", 0),
        )
        for title, box in boxes.items()
    }
    for title, (left, top, right, bottom) in places.items():
        if left < 0 or top < 0 or right > width or bottom > height or right <= left or bottom <= top:
            yield f"{title} is not on the page"
        for other, (x1, y1, x2, y2) in places.items():
            if title < other and left < x2 and x1 < right and top < y2 and y1 < bottom:
                yield f"{title} and {other} overlap"


def _dangling(files: _Files, report: Path) -> Iterator[str]:
    # Desktop keeps the settings of whoever opened the project in .pbi.
    desktop = report / ".pbi"
    for path in sorted(report.rglob("*")):
        if path.is_file() and path not in files.known and desktop not in path.parents:
            yield f"{path.relative_to(files.folder).as_posix()} belongs to nothing"
