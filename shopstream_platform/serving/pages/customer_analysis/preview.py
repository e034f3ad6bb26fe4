"""The rows of the first chart of customer analysis, for its picture."""

from collections import Counter

from shopstream_platform.serving.kit.data import Data, Rows
from shopstream_platform.serving.kit.texts import Wording


def rows_of_first(data: Data, wording: Wording) -> Rows:
    """The rows of the segments."""
    found, customers = data["by_segment"], Counter()
    for segment, count in zip(found["segment"], found["customers"], strict=True):
        customers[data["segments"][segment]] += count
    return [
        {"name": wording.word(name), "segment": name, "value": customers[name], "label": wording.count(customers[name])}
        for name in data["segments"]
        if customers[name]
    ]
