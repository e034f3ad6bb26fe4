"""Pages are found in their folders, and found cheaply."""

import subprocess
import sys
from pathlib import Path

import pytest

from shopstream_platform.contract.metrics import LOCALES
from shopstream_platform.serving import pages
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.charts import charts_of


def test_every_folder_is_a_page_by_its_own_name() -> None:
    folders = {file.parent for file in Path(pages.__path__[0]).glob("*/__init__.py")}
    assert {page.folder for page in PAGES.values()} == folders
    assert list(PAGES) == [page.name for page in sorted(PAGES.values(), key=lambda one: (one.position, one.name))]


@pytest.mark.parametrize("name", PAGES)
def test_a_folder_holds_all_of_its_page(name: str) -> None:
    page = PAGES[name]
    modules = ("__init__", "page", "queries", "charts", "preview")
    files = {*(f"{module}.py" for module in modules), "page.js", *(f"{locale}.json" for locale in LOCALES)}
    assert files <= {file.name for file in page.folder.iterdir()}
    assert list(charts_of(page).CHARTS) == page.charts


def test_the_declarations_import_no_chart_library() -> None:
    imported = "import sys, shopstream_platform.serving.render.catalogue; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", imported], capture_output=True, text=True, check=True)
    assert "shopstream_platform.serving.kit.declaration" in done.stdout.split()
    assert {"altair", "vl_convert"} & set(done.stdout.split()) == set()
