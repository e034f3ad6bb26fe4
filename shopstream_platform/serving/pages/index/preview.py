"""The rows of the first chart of the morning report, for its picture."""

from datetime import timedelta

from shopstream_platform.serving.kit.data import EPOCH, Data, Rows
from shopstream_platform.serving.kit.texts import Wording

WEEKS = 4


def rows_of_first(data: Data, wording: Wording) -> Rows:
    """Revenue of the newest whole day and of the same weekday before it."""
    daily = dict(zip(data["daily"]["day"], data["daily"]["revenue"], strict=True))
    newest = data["whole_to"]
    if newest is None or not daily:
        return []
    days = [newest - 7 * week for week in range(WEEKS + 1)]
    return [
        {
            "name": (EPOCH + timedelta(days=day)).isoformat(),
            "value": daily.get(day, 0),
            "newest": day == newest,
            "label": f"€{wording.count(round(daily.get(day, 0) / 100))}",
        }
        for day in days
        if day >= (data["first"] or 0)
    ]
