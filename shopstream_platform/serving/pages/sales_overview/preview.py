"""The rows of the first chart of sales overview, for its picture."""

from collections import Counter
from datetime import timedelta

from shopstream_platform.serving.kit.data import EPOCH, Data, Rows
from shopstream_platform.serving.kit.texts import Wording

DAY_MS = 86_400_000


def rows_of_first(data: Data, wording: Wording) -> Rows:
    """The rows of revenue over time, by month."""
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
        return [point | {"line": "whole"} for point in points]
    dashed = [point | {"line": "running", "point": False} for point in points[-2:]]
    whole = [point | {"line": "whole"} for point in points[:-1]]
    return [*whole, *dashed, points[-1] | {"line": "none", "partial": True}]
