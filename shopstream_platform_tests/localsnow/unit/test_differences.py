"""Every case of the conformance suite that differs from Snowflake has a row in the documentation."""

from itertools import chain
from pathlib import Path

from shopstream_platform.certify.cases import metadata, statements
from shopstream_platform.certify.conformance import QUERIES

DIFFERENCES = (Path(__file__).parents[3] / "docs" / "local-warehouse.md").read_text("utf-8")


def test_every_known_difference_is_documented() -> None:
    differing = [
        case.differs for case in (*chain(*QUERIES.values()), *statements.CASES, *metadata.CASES) if case.differs
    ]
    assert len(differing) > 10
    assert [differs for differs in differing if differs not in DIFFERENCES] == []
