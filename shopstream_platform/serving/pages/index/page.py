"""The morning report: four questions, each with its answer, a small chart, and the way to the page that knows more."""

from pathlib import Path

from shopstream_platform.serving.kit.declaration import Block, Page
from shopstream_platform.serving.pages.index import queries

PAGE = Page(
    folder=Path(__file__).parent,
    position=0,
    description="How the newest whole day went, whether the month is on its way, what changed, what can be trusted.",
    read=queries.read,
    filters=(),
    cards={},
    blocks=(
        Block("newest_day", 6, kind="answer"),
        Block("month", 6, kind="answer"),
        Block("movers", 6, kind="answer"),
        Block("trust", 6, kind="answer"),
    ),
    needs=("daily",),
)
