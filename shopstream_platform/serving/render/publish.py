"""From the marts to finished pages in the lake and in a local folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from shopstream_platform.config.groups import PageSettings
from shopstream_platform.serving.kit.data import Figures, Marts, Options
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.kit.quality import Quality
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
    """A finished page: where it lies, what its cards say, and how it looks; the first language is the settings'."""

    path: Path
    uri: str
    etags: dict[str, str]
    figures: Figures
    preview: bytes | None
    size: int
    seconds: float


def publish(
    page: Page,
    marts: Marts,
    lake: Lake,
    folder: LocalFolder,
    settings: PageSettings,
    build: Build | None,
    quality: Quality,
) -> Published:
    """Make one page in every language and put it where readers find it; each file appears whole or not at all."""
    started = perf_counter()
    data, draw = page.read(marts, Options(show_pii=settings.show_pii)), charts.kept(folder.path)
    etags, size = {}, 0
    for name, locale in record.files_of(page.name, settings.locale).items():
        html = render(
            page,
            data,
            locale=locale,
            main_locale=settings.locale,
            built_at=build.finished_at if build else None,
            quality=quality,
            library=lambda: kept(folder.path),
            draw=draw,
        ).encode()
        etags[name] = lake.write(record.page_key(name), html, HTML)
        folder.write(f"{name}.html", html)
        size = size or len(html)
    # Of when another language was the main one. Looked for: in a bucket with versions each deletion leaves a marker.
    former = f"{page.name}.{settings.locale}"
    if record.page_key(former) in lake.etags(record.PREFIX):
        lake.delete([record.page_key(former)])
    folder.remove(f"{former}.html")
    preview = picture(page, data, locale=str(settings.locale), draw=draw)
    if preview is None:
        lake.delete([record.preview_key(page.name)])
        folder.remove(f"{page.name}.png")
    else:
        lake.write(record.preview_key(page.name), preview, PNG)
        folder.write(f"{page.name}.png", preview)
    return Published(
        path=folder.path / f"{page.name}.html",
        uri=lake.uri(record.page_key(page.name)),
        etags=etags,
        figures=page.figures(marts),
        preview=preview,
        size=size,
        seconds=perf_counter() - started,
    )


def remember(
    lake: Lake, folder: LocalFolder, settings: PageSettings, pages: Mapping[str, Published], build: Build | None
) -> None:
    """Note what these pages were made from, beside the notes of the others."""
    made = record.current(settings, build).as_dict()
    notes = {name: {**made, "etags": page.etags} for name, page in pages.items()}
    text = json.dumps({"pages": record.published(lake) | notes}, indent=2).encode()
    lake.write(record.MANIFEST, text, "application/json")
    folder.write(Path(record.MANIFEST).name, text)
