"""Ways to change a file of a Power BI project."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODEL, PAGES = "ShopStream.SemanticModel/definition", "ShopStream.Report/definition/pages"
REPORT = "ShopStream.Report/definition"
Break = Callable[[Path], object]


def text(file: str, old: str, new: str) -> Break:
    """Another text once in a file."""

    def broken(project: Path) -> None:
        path = project / file
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new, 1))

    return broken


def content(file: str, change: Callable[[Any], Any]) -> Break:
    """Another content of a JSON file."""

    def broken(project: Path) -> None:
        path = project / file
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found))

    return broken


def all_of(*breaks: Break) -> Break:
    def broken(project: Path) -> None:
        for one in breaks:
            one(project)

    return broken


def gone(file: str) -> Break:
    return lambda project: (project / file).unlink()


def added(file: str, text: str) -> Break:
    def broken(project: Path) -> None:
        path = project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)

    return broken


def visual(page: str, name: str) -> str:
    return f"{PAGES}/{page}/visuals/{name}/visual.json"


def table(name: str) -> str:
    return f"{MODEL}/tables/{name}.tmdl"


def place(**changes: int) -> Callable[[Any], Any]:
    return lambda found: found["position"].update(changes)


def filtered(literal: str) -> Break:
    """Another value in place of the true that a visual's filter lets through."""

    def change(found: Any) -> None:
        (condition,) = found["filterConfig"]["filters"][0]["filter"]["Where"]
        condition["Condition"]["In"]["Values"] = [[{"Literal": {"Value": literal}}]]

    return content(visual("product_performance", "restock"), change)


def labelled(kind: str, name: str, literal: str) -> Break:
    """Another title or text for screen readers."""

    def change(found: Any) -> None:
        properties = found["visual"]["visualContainerObjects"][kind][0]["properties"]
        properties[name]["expr"]["Literal"]["Value"] = literal

    return content(visual("sales_overview", "by_country"), change)
