"""A page's charts, which import Altair (0.9 s): nobody who only needs the page's declaration pays for it."""

from importlib import import_module
from types import ModuleType

from shopstream_platform.serving import pages
from shopstream_platform.serving.kit.declaration import Page


def charts_of(page: Page) -> ModuleType:
    """The page's charts.py: CHARTS has a function for each chart, `preview` the rows of the first one."""
    return import_module(f"{pages.__name__}.{page.name}.charts")
