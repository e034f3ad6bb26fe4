"""The pages of this platform: every folder below serving/pages that has a page.py, in the order of the navigation."""

from importlib import import_module
from pathlib import Path

from shopstream_platform.serving import pages
from shopstream_platform.serving.kit.declaration import Page


def _found() -> list[Page]:
    files = Path(pages.__path__[0]).glob("*/page.py")
    found: list[Page] = [import_module(f"{pages.__name__}.{file.parent.name}.page").PAGE for file in files]
    return sorted(found, key=lambda page: (page.position, page.name))


PAGES = {page.name: page for page in _found()}
