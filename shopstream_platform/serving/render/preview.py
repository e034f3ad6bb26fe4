"""The first chart of each page as a picture, for the Dagster UI and for whoever lists the lake."""

import json

import vl_convert

from shopstream_platform.serving.kit.data import Data, Rows
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.serving.kit.marks import as_vega
from shopstream_platform.serving.kit.palette import LIGHT, literal
from shopstream_platform.serving.kit.texts import wording
from shopstream_platform.serving.render.charts import charts_of
from shopstream_platform.serving.render.page import formats

WIDTH, SCALE = 640, 1.0


def picture(page: Page, data: Data, *, locale: str) -> bytes | None:
    """PNG of the page's first chart, unfiltered; none without rows."""
    charts = charts_of(page)
    rows: Rows = charts.preview(data, wording(locale))
    if not rows:
        return None
    specification = as_vega(charts.CHARTS[page.charts[0]]())
    next(source for source in specification["data"] if source["name"] == "rows")["values"] = rows
    for signal in specification.get("signals", []):
        if signal["name"] == "peak":
            signal["value"] = max(row.get("before", row["value"]) for row in rows)
        if signal["name"] == "width":
            signal.clear()
            signal.update(name="width", value=WIDTH)
    specification |= {"background": LIGHT["card"], "padding": 12}
    return vl_convert.vega_to_png(
        literal(json.dumps(specification)),
        scale=SCALE,
        format_locale=formats(locale)["number"],
        time_format_locale=formats(locale)["time"],
    )
