"""What the published pages were made from; cheap to compare, so that a refresh knows whether to make them again."""

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.groups import PageSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import resolve
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.stores.build_log import Build, newest_build
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import Warehouse

PREFIX = "bi/dashboards/"
MANIFEST = f"{PREFIX}_manifest.json"
_CODE_SUFFIXES = {".py", ".js", ".css", ".html", ".json"}
_LIBRARIES = ("altair", "vl-convert-python")


@dataclass(frozen=True)
class Made:
    """What one page was made from."""

    build: str | None
    locale: str
    show_pii: bool
    code: str

    def as_dict(self) -> dict[str, Any]:
        """As the manifest keeps it."""
        return asdict(self)


def page_key(name: str) -> str:
    """The lake's object of a page."""
    return f"{PREFIX}{name}.html"


def preview_key(name: str) -> str:
    """The lake's object of a page's preview."""
    return f"{PREFIX}{name}.png"


def current(settings: PageSettings, build: Build | None) -> Made:
    """What a page would be made from now."""
    invocation = build.invocation if build else None
    return Made(build=invocation, locale=str(settings.locale), show_pii=settings.show_pii, code=code_of_pages())


def published(lake: Lake) -> dict[str, Any]:
    """Page -> what it was made from, of the pages that the lake holds as they were written."""
    objects = lake.etags(PREFIX)
    pages = _recorded(lake) if MANIFEST in objects else {}
    return {name: made for name, made in pages.items() if made["etag"] == objects.get(page_key(name))}


def _recorded(lake: Lake) -> dict[str, Any]:
    """What the manifest says; a page of which it does not say all is one that was never built."""
    try:
        pages = lake.read_json(MANIFEST)["pages"].items()
    except TransientError:
        raise
    except (ShopStreamError, AttributeError, KeyError, TypeError):
        return {}
    wanted = {*(field.name for field in fields(Made)), "etag"}
    return {name: made for name, made in pages if isinstance(made, dict) and wanted <= made.keys()}


def why_stale(settings: Settings, warehouse: Warehouse) -> str | None:
    """Why the pages must be made again although the marts are up to date; None if they are as they would become."""
    now = current(settings.pages, newest_build(warehouse, settings.dbt.schema_of("CORE")))
    return stale_reason(published(Lake(resolve.object_store(settings))), now)


def stale_reason(found: dict[str, Any], now: Made) -> str | None:
    """Why the pages must be made again; None if all of them are as they would become."""
    if not found:
        return "the dashboards were never built"
    if missing := [name for name in PAGES if name not in found]:
        return f"dashboards are missing: {', '.join(missing)}"
    made = [found[name] for name in PAGES]
    if any(one["build"] != now.build for one in made):
        return "the marts were built after the dashboards"
    if any((one["locale"], one["show_pii"]) != (now.locale, now.show_pii) for one in made):
        return "language or visibility of personal data has changed since the dashboards were built"
    if any(one["code"] != now.code for one in made):
        return "the dashboards' code has changed since they were built"
    return None


@lru_cache
def code_of_pages() -> str:
    """A hash of the files and libraries that make the pages."""
    digest = sha256(" ".join(version(library) for library in _LIBRARIES).encode())
    room = Path(__file__).parents[1]
    for path in sorted(path for folder in ("kit", "pages", "render") for path in (room / folder).rglob("*")):
        if path.suffix in _CODE_SUFFIXES:
            digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
