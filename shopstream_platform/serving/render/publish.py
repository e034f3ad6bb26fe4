"""From the marts to finished pages in the lake and in a local folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from shopstream_platform.config.groups import PageSettings
from shopstream_platform.serving.kit.data import Figures, Marts, Options
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.render import charts, record
from shopstream_platform.serving.render.files import LocalFolder
from shopstream_platform.serving.render.library import kept
from shopstream_platform.serving.render.page import render
from shopstream_platform.serving.render.preview import picture
from shopstream_platform.stores.build_log import Build
from shopstream_platform.stores.lake import Lake

HTML, PNG = "text/html; charset=utf-8", "image/png"


@dataclass(frozen=True)
class Published:
    """A finished page: where it lies, what its cards say, and how it looks."""

    path: Path
    uri: str
    etag: str
    figures: Figures
    preview: bytes | None
    size: int
    seconds: float


def publish(
    page: Page, marts: Marts, lake: Lake, folder: LocalFolder, settings: PageSettings, build: Build | None
) -> Published:
    """Make one page and put it where readers find it; each file appears whole or not at all."""
    started = perf_counter()
    data, draw = page.read(marts, Options(show_pii=settings.show_pii)), charts.kept(folder.path)
    html = render(
        page,
        data,
        locale=str(settings.locale),
        built_at=build.finished_at if build else None,
        library=lambda: kept(folder.path),
        draw=draw,
    ).encode()
    preview = picture(page, data, locale=str(settings.locale), draw=draw)
    etag = lake.write(record.page_key(page.name), html, HTML)
    folder.write(f"{page.name}.html", html)
    if preview is None:
        lake.delete([record.preview_key(page.name)])
        folder.remove(f"{page.name}.png")
    else:
        lake.write(record.preview_key(page.name), preview, PNG)
        folder.write(f"{page.name}.png", preview)
    return Published(
        path=folder.path / f"{page.name}.html",
        uri=lake.uri(record.page_key(page.name)),
        etag=etag,
        figures=page.figures(marts),
        preview=preview,
        size=len(html),
        seconds=perf_counter() - started,
    )


def remember(
    lake: Lake, folder: LocalFolder, settings: PageSettings, pages: Mapping[str, Published], build: Build | None
) -> None:
    """Note what these pages were made from, beside the notes of the others."""
    made = record.current(settings, build).as_dict()
    notes = {name: {**made, "etag": page.etag} for name, page in pages.items()}
    text = json.dumps({"pages": record.published(lake) | notes}, indent=2).encode()
    lake.write(record.MANIFEST, text, "application/json")
    folder.write(Path(record.MANIFEST).name, text)
