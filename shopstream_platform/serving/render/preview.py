"""The first chart of each page as a picture, for the Dagster UI and for whoever lists the lake."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import vl_convert

from shopstream_platform.serving.render.charts import CHARTS
from shopstream_platform.serving.render.data import EPOCH, Data
from shopstream_platform.serving.render.marks import as_vega
from shopstream_platform.serving.render.page import formats
from shopstream_platform.serving.render.palette import LIGHT, literal
from shopstream_platform.serving.render.texts import texts

WIDTH, SCALE = 640, 1.0
DAY_MS = 86_400_000
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Wording:
    """How a language calls a value and writes a count."""

    words: dict[str, str]
    thousands: str

    def word(self, value: str) -> str:
        """The value's name; itself if it has none."""
        return self.words.get(value, value)

    def count(self, value: int) -> str:
        """The number with its thousands apart."""
        return f"{value:,}".replace(",", self.thousands)


def picture(page: str, data: Data, *, locale: str) -> bytes | None:
    """PNG of the page's first chart, unfiltered; none without rows."""
    chart, rows = _PREVIEWS[page](data, Wording(texts(locale)["words"], "\u202f" if locale == "fr" else ","))
    if not rows:
        return None
    specification = as_vega(CHARTS[chart]())
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


def _sales(data: Data, wording: Wording) -> tuple[str, Rows]:
    daily, months = data["daily"], Counter()
    for day, revenue in zip(daily["day"], daily["revenue"], strict=True):
        if day is not None:
            months[(EPOCH + timedelta(days=day)).replace(day=1)] += revenue
    whole_to = data["status"]["whole_to"]
    is_running = bool(months) and (whole_to is None or max(months) > EPOCH + timedelta(days=whole_to))
    points = [
        {"time": (month - EPOCH).days * DAY_MS, "value": cents / 100, "point": True, "size": 46, "partial": False}
        for month, cents in sorted(months.items())
    ]
    if not is_running:
        return "revenue_over_time", [point | {"line": "whole"} for point in points]
    dashed = [point | {"line": "running", "point": False} for point in points[-2:]]
    whole = [point | {"line": "whole"} for point in points[:-1]]
    return "revenue_over_time", [*whole, *dashed, points[-1] | {"line": "none", "partial": True}]


def _products(data: Data, wording: Wording) -> tuple[str, Rows]:
    products = data["products"]
    total, reached, rows = sum(products["revenue"]), 0, []
    every = max(len(products["revenue"]) // 200, 1)
    for rank, (revenue, number) in enumerate(zip(products["revenue"], products["abc_class"], strict=True)):
        reached += revenue
        if total > 0 and rank % every == 0:
            rows.append(
                {
                    "rank": rank,
                    "rank_end": rank + every,
                    "value": revenue / 100,
                    "share": reached / total,
                    "abc_class": data["classes"][number],
                }
            )
    return "pareto", rows


def _customers(data: Data, wording: Wording) -> tuple[str, Rows]:
    found, customers = data["by_segment"], Counter()
    for segment, count in zip(found["segment"], found["customers"], strict=True):
        customers[data["segments"][segment]] += count
    rows = [
        {"name": wording.word(name), "segment": name, "value": customers[name], "label": wording.count(customers[name])}
        for name in data["segments"]
        if customers[name]
    ]
    return "segments", rows


def _acquisition(data: Data, wording: Wording) -> tuple[str, Rows]:
    funnel = data["funnel"]
    counts = [sum(funnel["sessions"]), *(sum(funnel[step]) for step in data["steps"])]
    rows = [
        {"name": wording.word(step), "value": count, "before": before, "label": wording.count(count)}
        for step, before, count in zip(data["steps"], counts[:-1], counts[1:], strict=True)
    ]
    return "funnel", rows if counts[0] and data["steps"] else []


_PREVIEWS = {
    "sales_overview": _sales,
    "product_performance": _products,
    "customer_analysis": _customers,
    "acquisition": _acquisition,
}
