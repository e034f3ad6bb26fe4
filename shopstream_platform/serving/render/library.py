"""Vega's scripts as one text, which vl-convert takes seconds to make."""

from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import vl_convert

from shopstream_platform.config.files import write_private

_EXPORT = "window.vegaEmbed=vegaEmbed;"
# In a function: the bundle declares constants that would meet the page's.
_BEFORE, _AFTER = "(()=>{", "})();"


@lru_cache
def bundle() -> str:
    """The text, made now."""
    return _BEFORE + vl_convert.javascript_bundle(_EXPORT) + _AFTER


def kept(folder: Path) -> str:
    """The text, made only if the folder does not keep it of this version and these words."""
    made_of = version("vl-convert-python") + _EXPORT + _BEFORE + _AFTER
    file = folder / f".vega-{sha256(made_of.encode()).hexdigest()[:16]}.js"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for earlier in folder.glob(".vega-*.js"):
            earlier.unlink(missing_ok=True)
        write_private(file, bundle())
    return file.read_text(encoding="utf-8")
