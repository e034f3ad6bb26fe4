"""`shopstream power-bi ...`: write the project, and check it without Power BI Desktop."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings

app = typer.Typer(help="The Power BI project: build it, check it.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--project", help="Folder of the project; default: the one of the package.")
]


@app.command()
def build(folder: Folder = None) -> None:
    """Write the project: the same files from the same declaration, byte by byte."""
    from shopstream_platform.serving.power_bi import build as project

    folder = folder or project.PROJECT
    if folder.exists() and any(folder.iterdir()) and not list(folder.glob("*.pbip")):
        raise ShopStreamError(f"{folder} holds something else than a Power BI project: name an empty folder")
    project.write(folder)
    console.print(f"{len(project.files())} files: {folder / (project.NAME + '.pbip')}", soft_wrap=True)


@app.command()
def check(
    folder: Folder = None,
    tools: Annotated[bool, typer.Option(help="Run Microsoft's validators too (Node.js).")] = True,
    warehouse: Annotated[bool, typer.Option("--warehouse", help="Ask the warehouse for its columns too.")] = False,
) -> None:
    """Fields, measures, relationships, sources, files: everything that leads somewhere, and how it is declared."""
    from shopstream_platform.serving.power_bi import build as project

    folder = folder or project.PROJECT
    if not folder.is_dir():
        raise ShopStreamError(f"there is no folder {folder}: `shopstream power-bi build` writes the project")
    found = {"as declared": project.differences(folder), "references": _references(folder)}
    if tools:
        found["Microsoft's validators"] = _tools(folder)
    if warehouse:
        found["warehouse"] = _warehouse(folder)
    for what, problems in found.items():
        console.print(f"{what}: {'ok' if not problems else f'[red]{len(problems)} problem(s)[/]'}")
        for problem in problems:
            console.print(f"  {escape(problem)}", soft_wrap=True)
    if any(found.values()):
        raise typer.Exit(1)


def _references(folder: Path) -> list[str]:
    from shopstream_platform.serving.power_bi.check import problems

    return problems(folder)


def _tools(folder: Path) -> list[str]:
    from shopstream_platform.serving.power_bi.check import tool_problems

    with console.status("running Microsoft's validators"):
        return tool_problems(folder, load_settings().home)


def _warehouse(folder: Path) -> list[str]:
    from shopstream_platform.services import resolve
    from shopstream_platform.serving.power_bi.columns import warehouse_problems
    from shopstream_platform.stores.warehouse import open_session

    settings = load_settings()
    with open_session(resolve.warehouse(settings)) as session:
        return warehouse_problems(folder, session, settings.dbt)
