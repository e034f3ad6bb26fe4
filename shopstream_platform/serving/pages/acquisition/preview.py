"""The rows of the first chart of acquisition, for its picture."""

from shopstream_platform.serving.kit.data import Data, Rows
from shopstream_platform.serving.kit.texts import Wording


def rows_of_first(data: Data, wording: Wording) -> Rows:
    """The rows of the funnel."""
    funnel = data["funnel"]
    counts = [sum(funnel["sessions"]), *(sum(funnel[step]) for step in data["steps"])]
    rows = [
        {"name": wording.word(step), "value": count, "before": before, "label": wording.count(count)}
        for step, before, count in zip(data["steps"], counts[:-1], counts[1:], strict=True)
    ]
    return rows if counts[0] and data["steps"] else []
