"""What the published pages were made from; cheap to compare, so that a refresh knows which to make again.

A page is of the newest build that has built one of the tables that it reads: one that built others does not touch it.
"""

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.groups import DbtSettings, PageSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.metrics import LOCALES
from shopstream_platform.services import resolve
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.stores.build_log import Build, builds_of_tables
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import Warehouse

PREFIX = "bi/dashboards/"
MANIFEST = f"{PREFIX}_manifest.json"
_CODE_SUFFIXES = {".py", ".js", ".css", ".html", ".json"}
_LIBRARIES = ("altair", "babel", "vl-convert-python")
NEVER = "they were never made"
MISSING = "they are not in the lake as they were made"
BUILT = "their marts were built after them"
SETTINGS = "language or visibility of personal data has changed since they were made"
CODE = "their code has changed since they were made"


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


def files_of(name: str, main_locale: str) -> dict[str, str]:
    """The page's files without their ending -> their language; the main one first, whose file has no suffix."""
    return {
        f"{name}{suffix(locale, main_locale)}": locale for locale in sorted(LOCALES, key=lambda one: one != main_locale)
    }


def suffix(locale: str, main_locale: str) -> str:
    """What the names of a language's files end with, before `.html`."""
    return "" if locale == main_locale else f".{locale}"


def page_key(name: str) -> str:
    """The lake's object of a page's file."""
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
    return {
        name: made
        for name, made in pages.items()
        if all(etag == objects.get(page_key(file)) for file, etag in made["etags"].items())
    }


def _recorded(lake: Lake) -> dict[str, Any]:
    """What the manifest says; a page of which it does not say all is one that was never built."""
    try:
        pages = lake.read_json(MANIFEST)["pages"].items()
    except TransientError:
        raise
    except (ShopStreamError, AttributeError, KeyError, TypeError):
        return {}
    wanted = {*(field.name for field in fields(Made)), "etags"}
    return {
        name: made
        for name, made in pages
        if isinstance(made, dict) and wanted <= made.keys() and isinstance(made["etags"], dict)
    }


def builds_of_pages(warehouse: Warehouse, dbt: DbtSettings) -> dict[str, Build | None]:
    """Page -> the build of its own marts; None if the log does not say it of all of them."""
    builds = builds_of_tables(warehouse, dbt.schema_of("CORE"))
    found: dict[str, Build | None] = {}
    for name, page in PAGES.items():
        layers = (path.split("/") for path in page.reads)
        relations = {f"{dbt.schema_of(layer)}.{table}".upper() for layer, table in layers}
        known = [builds[relation] for relation in relations & builds.keys()]
        is_known = len(known) == len(relations)
        found[name] = max(known, key=lambda one: one.number).build if is_known else None
    return found


def why_stale(settings: Settings, warehouse: Warehouse) -> dict[str, str]:
    """Page -> why it must be made again, as the marts are now; without those that are as they would become."""
    builds = builds_of_pages(warehouse, settings.dbt)
    now = {name: current(settings.pages, build) for name, build in builds.items()}
    return stale_pages(published(Lake(resolve.object_store(settings))), now)


def stale_pages(found: dict[str, Any], now: dict[str, Made]) -> dict[str, str]:
    """Page -> why it must be made again."""
    reasons = {name: _reason(found.get(name), made) for name, made in now.items()}
    return {name: (reason if found else NEVER) for name, reason in reasons.items() if reason}


def _reason(made: dict[str, Any] | None, now: Made) -> str | None:
    if made is None:
        return MISSING
    if made["build"] != now.build:
        return BUILT
    if (made["locale"], made["show_pii"]) != (now.locale, now.show_pii):
        return SETTINGS
    return CODE if made["code"] != now.code else None


@lru_cache
def code_of_pages() -> str:
    """A hash of the files and libraries that make the pages."""
    digest = sha256(" ".join(version(library) for library in _LIBRARIES).encode())
    room = Path(__file__).parents[1]
    for path in sorted(path for folder in ("kit", "pages", "render") for path in (room / folder).rglob("*")):
        if path.suffix in _CODE_SUFFIXES:
            digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
