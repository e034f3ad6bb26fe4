"""Every case of the conformance suite that differs from Snowflake has a row in the documentation."""

from pathlib import Path

from shopstream_platform_tests.localsnow.integration.conformance import metadata, statements, test_queries

DIFFERENCES = (Path(__file__).parents[3] / "docs" / "local-warehouse.md").read_text("utf-8")


def test_every_known_difference_is_documented() -> None:
    differing = [case.differs for case in (*test_queries.CASES, *statements.CASES, *metadata.CASES) if case.differs]
    assert len(differing) > 10
    assert [differs for differs in differing if differs not in DIFFERENCES] == []
