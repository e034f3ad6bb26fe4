"""Vega's scripts as one text. The same for each version of vl-convert, which takes seconds to make it."""

from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import vl_convert

from shopstream_platform.embedded.files import write_private


@lru_cache
def bundle() -> str:
    """The text, made now."""
    # In a function: the bundle declares constants that would meet the page's.
    return "(()=>{" + vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;") + "})();"


def kept(folder: Path) -> str:
    """The text, made only if the folder does not keep it of this version."""
    file = folder / f".vega-{version('vl-convert-python')}.js"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_private(file, bundle())
    return file.read_text(encoding="utf-8")
