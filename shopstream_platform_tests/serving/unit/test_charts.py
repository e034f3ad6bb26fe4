"""A page's charts are compiled once for each version of the code."""

import subprocess
import sys
from pathlib import Path

import pytest

from shopstream_platform.serving.render import charts
from shopstream_platform.serving.render.catalogue import PAGES

PAGE = PAGES["sales_overview"]
USED = """
import sys
from pathlib import Path
from shopstream_platform.serving.render import charts, page, preview, publish
from shopstream_platform.serving.render.catalogue import PAGES
for name, one in PAGES.items():
    assert list(charts.kept(Path(sys.argv[1]))(one)) == one.charts
    charts.preview_of(one)
print(*sys.modules)
"""


def kept(folder: Path) -> list[str]:
    return [file.name for file in folder.glob(f".charts-{PAGE.name}-*")]


def test_they_are_kept_and_compiled_again_only_for_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dashboards"
    first = charts.kept(folder)(PAGE)
    assert first == charts.compiled(PAGE)
    assert list(first) == PAGE.charts
    monkeypatch.setattr(charts, "compiled", lambda _: {"compiled": "again"})
    assert charts.kept(folder)(PAGE) == first
    before = kept(folder)
    monkeypatch.setattr(charts, "code_of_pages", lambda: "other")
    assert charts.kept(folder)(PAGE) == {"compiled": "again"}
    assert kept(folder) == [f".charts-{PAGE.name}-other.json"] != before


@pytest.mark.parametrize("damaged", [b"", b'{"revenue', b"\xff\xfe"])
def test_a_file_that_was_damaged_is_made_again(tmp_path: Path, damaged: bytes) -> None:
    charts.kept(tmp_path)(PAGE)
    (name,) = kept(tmp_path)
    (tmp_path / name).write_bytes(damaged)
    assert charts.kept(tmp_path)(PAGE) == charts.compiled(PAGE)


def test_with_what_is_kept_a_page_imports_no_chart_library(tmp_path: Path) -> None:
    for page in PAGES.values():
        charts.kept(tmp_path)(page)
    command = [sys.executable, "-c", USED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "shopstream_platform.serving.render.publish" in done.stdout.split()
    assert "altair" not in done.stdout.split()
