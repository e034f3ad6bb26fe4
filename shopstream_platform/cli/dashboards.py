"""Look at the dashboards: the pages of the lake, copied to this machine, opened or served on 127.0.0.1."""

import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import obstore
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from shopstream_platform.cli.console import console
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import resolve
from shopstream_platform.services.process.ports import LOOPBACK
from shopstream_platform.serving.render import record
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.serving.render.files import local_folder
from shopstream_platform.stores.build_log import newest_build
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import open_session

FIRST_PAGE = f"{next(iter(PAGES))}.html"


def why_stale(settings: Settings) -> dict[str, str]:
    """Page -> why it is to be made from the marts as they are now; ShopStreamError unless the marts are complete."""
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
        for file in made["etags"]:
            if here.get(name) != made or not (folder.path / f"{file}.html").exists():
                with lake.translated():
                    body = obstore.get(lake.store, record.page_key(file)).bytes().to_bytes()
                folder.write(f"{file}.html", body)
    folder.write(Path(record.MANIFEST).name, json.dumps({"pages": found}, indent=2).encode())
    return folder.path / FIRST_PAGE


def _local_record(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / Path(record.MANIFEST).name).read_text())["pages"]
    except (OSError, ValueError, KeyError):
        return {}


def serve_pages(folder: Path, home: Path, port: int) -> None:
    """Serve the folder's pages on 127.0.0.1, to browsers that were logged in, until an interrupt; port 0 takes any."""
    from shopstream_platform.cli.ui import serve

    listening, keys = serve.listen(LOOPBACK, port), serve.keys_of(home)

    def ready(port: int) -> None:
        console.print(f"dashboards: [bold]{serve.address(port, keys)}[/]", soft_wrap=True)
        console.print("The address logs one browser in, once. Ctrl-C stops.")

    serve.serve(pages(folder), listening, keys, ready=ready)


def pages(folder: Path) -> Starlette:
    """The pages and nothing else; the root leads to the first."""

    async def page(request: Request) -> Response:
        name = request.path_params["name"]
        if name.split(".")[0] not in PAGES or not (folder / f"{name}.html").is_file():
            return PlainTextResponse("There is no such page.", HTTPStatus.NOT_FOUND)
        # A page that was made again is loaded again.
        return FileResponse(folder / f"{name}.html", headers={"Cache-Control": "no-cache"})

    async def first(request: Request) -> Response:
        return RedirectResponse(f"/{FIRST_PAGE}", HTTPStatus.FOUND)

    return Starlette(routes=[Route("/", first), Route("/{name}.html", page)])
