"""Look at the dashboards: the pages of the lake, copied to this machine, opened or served on 127.0.0.1."""

import json
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import obstore

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import resolve
from shopstream_platform.serving.render import record
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.files import local_folder
from shopstream_platform.stores.build_log import newest_build
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import open_session

FIRST_PAGE = f"{next(iter(PAGES))}.html"
ADDRESS = "127.0.0.1"


def why_stale(settings: Settings) -> str | None:
    """Why the pages are to be made from the marts as they are now; ShopStreamError unless the marts are complete."""
    with open_session(resolve.warehouse(settings)) as warehouse:
        build = newest_build(warehouse, settings.dbt.schema_of("CORE"))
        if build is None:
            raise ShopStreamError("there are no marts to make dashboards from: run `shopstream refresh` first")
        if build.finished_at is None:
            raise ShopStreamError("the last build of the marts is not complete: run `shopstream refresh` first")
        return record.why_stale(settings, warehouse)


def copy_pages(settings: Settings) -> Path:
    """Copy what this machine does not have, or has older, from the lake; the first page."""
    lake, folder = Lake(resolve.object_store(settings)), local_folder(settings.home)
    found = record.published(lake)
    here = _local_record(folder.path)
    for name, made in found.items():
        if here.get(name) != made or not (folder.path / f"{name}.html").exists():
            with lake.translated():
                body = obstore.get(lake.store, record.page_key(name)).bytes().to_bytes()
            folder.write(f"{name}.html", body)
    folder.write(Path(record.MANIFEST).name, json.dumps({"pages": found}, indent=2).encode())
    return folder.path / FIRST_PAGE


def _local_record(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / Path(record.MANIFEST).name).read_text())["pages"]
    except (OSError, ValueError, KeyError):
        return {}


class PageHandler(SimpleHTTPRequestHandler):
    """The pages and nothing else, for browsers of this machine that meant to come here."""

    def do_GET(self) -> None:
        """A page; the root leads to the first."""
        if not self._is_meant():
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif self.path == "/":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", f"/{FIRST_PAGE}")
            self.end_headers()
        elif self.path.split("?")[0].lstrip("/") in _pages():
            super().do_GET()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        """Nobody needs it."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def end_headers(self) -> None:
        """A page that was made again is loaded again."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are of no interest."""

    def _is_meant(self) -> bool:
        """A page of somebody else's could reach this server under a name of its own (DNS rebinding)."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        return host in (ADDRESS, "localhost")


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder's pages on 127.0.0.1; port 0 takes any."""
    try:
        return ThreadingHTTPServer((ADDRESS, port), partial(PageHandler, directory=str(folder)))
    except OSError as error:
        raise ShopStreamError(
            f"port {port} of {ADDRESS} cannot be used: {error.strerror}; take another --port"
        ) from None


def _pages() -> set[str]:
    return {f"{name}.html" for name in PAGES}
