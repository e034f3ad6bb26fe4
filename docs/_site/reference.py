"""The reference: pages that are written from the code, so that they cannot be behind it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def commands() -> str:
    """Every command with its arguments and options, by Typer's own generator."""
    import typer.main
    from typer.cli import get_docs_for_click

    from shopstream_platform.cli.app import app

    command = typer.main.get_command(app)
    context = typer.Context(command)
    return get_docs_for_click(obj=command, ctx=context, name="shopstream", title="Commands")


def settings() -> str:
    """`.env.example`, which lists and explains every variable; a test compares it with the settings."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return f"# Settings\n\nEvery variable that the platform reads, with its default.\n\n```sh\n{text}\n```\n"


def assets() -> str:
    """Key, kinds and the first paragraph of each asset's description."""
    from shopstream_platform.definitions import defs

    specs = sorted(defs.resolve_all_asset_specs(), key=lambda spec: spec.key.path)
    groups: dict[str, list[Sequence[str]]] = {}
    for spec in specs:
        about = (spec.description or "").split("\n\n")[0]
        groups.setdefault(spec.group_name or "default", []).append(
            (f"`{spec.key.to_user_string()}`", ", ".join(sorted(spec.kinds)), about)
        )
    parts = [f"## {group}\n\n{_table(('asset', 'kinds', 'what it is'), rows)}" for group, rows in groups.items()]
    return "# Assets\n\n" + "\n".join(parts)


def models() -> str:
    """Each model of the dbt project with its columns."""
    nodes = [node for node in _manifest()["nodes"].values() if node["resource_type"] in ("model", "snapshot")]
    parts = [
        f"## {node['name']}\n\n{node['schema']}, {node['config']['materialized']}. {_line(node['description'])}\n\n"
        + _table(
            ("column", "type", "meaning"),
            [
                (f"`{column['name']}`", column.get("data_type") or "", column["description"])
                for column in node["columns"].values()
            ],
        )
        for node in sorted(nodes, key=lambda node: (node["schema"], node["name"]))
    ]
    return "# Models\n\n" + "\n".join(parts)


def metrics() -> str:
    """Names and meanings of the figures, in both languages."""
    from shopstream_platform.contract.metrics import METRICS

    rows = [(metric.label["en"], metric.description["en"], metric.label["fr"]) for metric in METRICS.values()]
    return "# Metrics\n\n" + _table(("metric", "what it counts", "en français"), sorted(set(rows)))


def _manifest() -> dict[str, Any]:
    from shopstream_platform.config.load import load_settings
    from shopstream_platform.dbt.project import read_manifest

    return read_manifest(load_settings().dbt)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_line, line))} |" for line in lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "assets": assets,
    "models": models,
    "metrics": metrics,
}
