"""A page's charts as Vega's specifications, compiled once for the code that draws them.

Altair (0.6 s) and Vega-Lite's compiler are imported and run only for that; what is kept is read by every later page.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from shopstream_platform.config.files import write_private
from shopstream_platform.serving import pages
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.render.record import code_of_pages

# Chart -> its specification, without data.
Charts = dict[str, Any]
Draw = Callable[[Page], Charts]


def charts_of(page: Page) -> ModuleType:
    """The page's charts.py: CHARTS has a function for each chart."""
    return import_module(f"{pages.__name__}.{page.name}.charts")


def preview_of(page: Page) -> ModuleType:
    """The page's preview.py: `rows_of_first` has the rows of the first chart, unfiltered."""
    return import_module(f"{pages.__name__}.{page.name}.preview")


@lru_cache
def compiled(page: Page) -> Charts:
    """The page's charts, compiled now."""
    from shopstream_platform.serving.kit.marks import as_vega

    return {name: as_vega(charts_of(page).CHARTS[name]()) for name in page.charts}


def kept(folder: Path) -> Draw:
    """The same, compiled only if the folder does not keep it of this code."""
    return lambda page: _kept(folder, page)


def _kept(folder: Path, page: Page) -> Charts:
    file = folder / f".charts-{page.name}-{code_of_pages()}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # There is none, or the disk has damaged it.
        pass
    charts = compiled(page)
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob(f".charts-{page.name}-*.json"):
        earlier.unlink(missing_ok=True)
    write_private(file, json.dumps(charts))
    return charts
