"""The rows of the first chart of product performance, for its picture."""

from shopstream_platform.serving.kit.data import Data, Rows
from shopstream_platform.serving.kit.texts import Wording


def rows_of_first(data: Data, wording: Wording) -> Rows:
    """The rows of the Pareto curve."""
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
    return rows
