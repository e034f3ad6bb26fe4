"""The first chart of each page as a picture, for the Dagster UI and for whoever lists the lake."""

import json
from copy import deepcopy

import vl_convert

from shopstream_platform.serving.kit.data import Data, Rows
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.kit.palette import LIGHT, literal
from shopstream_platform.serving.kit.texts import TITLE_MARK, texts_of_script, wording
from shopstream_platform.serving.render.charts import Draw, compiled, preview_of
from shopstream_platform.serving.render.page import formats

WIDTH, SCALE = 640, 1.0


def picture(page: Page, data: Data, *, locale: str, draw: Draw = compiled) -> bytes | None:
    """PNG of the page's first chart, unfiltered; none without rows."""
    rows: Rows = preview_of(page).rows_of_first(data, wording(locale))
    if not rows:
        return None
    # A copy: the page has the same one, without rows.
    specification = deepcopy(draw(page)[page.charts[0]])
    next(source for source in specification["data"] if source["name"] == "rows")["values"] = rows
    for signal in specification.get("signals", []):
        if signal["name"] == "peak":
            signal["value"] = max(row.get("before", row["value"]) for row in rows)
        if signal["name"] == "width":
            signal.clear()
            signal.update(name="width", value=WIDTH)
    words = texts_of_script(page, locale, ())["page"]
    for axis in specification.get("axes", []):
        if str(axis.get("title", "")).startswith(TITLE_MARK):
            axis["title"] = words[axis["title"].removeprefix(TITLE_MARK)]
    specification |= {"background": LIGHT["card"], "padding": 12}
    return vl_convert.vega_to_png(
        literal(json.dumps(specification)),
        scale=SCALE,
        format_locale=formats(locale)["number"],
        time_format_locale=formats(locale)["time"],
    )
