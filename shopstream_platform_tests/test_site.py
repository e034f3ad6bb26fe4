"""The documentation site: every page has its place, links lead somewhere, the reference has all of the code."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from shopstream_platform.contract.metrics import METRICS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
GENERATED = {"index.md", *(f"reference/{name}.md" for name in ("commands", "settings", "assets", "models", "metrics"))}


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """docs/_site/reference.py, which is no package."""
    spec = spec_from_file_location("reference", DOCS / "_site" / "reference.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_navigation_once() -> None:
    named = re.findall(r"^ +- (?:[^:\n]+: )?([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted([*PAGES, *GENERATED])


@pytest.mark.parametrize("page", [*PAGES, "../README.md", "../README.fr.md", "../CONTRIBUTING.md", "../SECURITY.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = (DOCS / page).resolve()
    links = [link for link in LINK.findall(path.read_text("utf-8")) if "://" not in link and "mailto:" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_reference_is_of_the_code(reference: ModuleType) -> None:
    assert set(reference.PAGES) == {Path(name).stem for name in GENERATED if "/" in name}
    assert all(metric.label["fr"].replace("|", "\\|") in reference.metrics() for metric in METRICS.values())
    commands = reference.commands()
    assert all(f"## `shopstream {name}`" in commands for name in ("demo", "refresh", "diff", "verify"))
    assert "SHOPSTREAM_HOME" in reference.settings()
