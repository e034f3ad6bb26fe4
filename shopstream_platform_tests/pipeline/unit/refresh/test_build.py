"""A build that left out tables is made whole once they can be loaded."""

from shopstream_platform.pipeline.refresh.build import why_complete
from shopstream_platform.stores.build_log import Build

WHOLE = Build("a", 1, "code", None)
PARTIAL = Build("a", 1, "code", None, ("archive__letters", "archive__authors"))


def test_what_is_still_refused_gives_no_reason_to_build_again() -> None:
    assert why_complete(None, {}) is None
    assert why_complete(WHOLE, {"archive__letters": "down"}) is None
    assert why_complete(PARTIAL, {"archive__letters": "down", "archive__authors": "down", "orders": "x"}) is None


def test_what_is_back_does() -> None:
    assert why_complete(PARTIAL, {"archive__letters": "down"}) == (
        "the last build left out what is made from archive__authors"
    )
    assert why_complete(PARTIAL, {}) == ("the last build left out what is made from archive__letters, archive__authors")
