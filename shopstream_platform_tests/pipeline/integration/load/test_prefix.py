"""A lake that begins below a prefix of its bucket, beside another lake."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shopstream_platform.contract.raw import STAGE
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform_tests.fixtures.pipeline import EVENTS, USERS, Pipeline, day, days

PREFIX = "teams/shop/"


@pytest.fixture
def below(pipeline: Pipeline, running_home: Path) -> Iterator[Pipeline]:
    """The pipeline with its lake below the prefix, and the stage there too."""
    at, whole = embedded.ensure_object_store(running_home), pipeline.lake
    pipeline.lake = Lake(replace(at, prefix=PREFIX))
    url = f"s3://{at.bucket}/"
    pipeline.warehouse.execute(f"ALTER STAGE {STAGE} SET URL = '{url}{PREFIX}raw/'")
    yield pipeline
    pipeline.warehouse.execute(f"ALTER STAGE {STAGE} SET URL = '{url}raw/'")
    pipeline.lake.delete(pipeline.lake.etags(""))
    pipeline.lake = whole


def test_a_load_comes_from_there_and_leaves_the_other_lake_alone(below: Pipeline, running_home: Path) -> None:
    whole = Lake(embedded.ensure_object_store(running_home))
    before = whole.etags("raw/")
    below.insert_one_of_each(day(3))
    below.move(USERS)
    below.move(EVENTS, days(3))
    assert below.raw_rows(USERS) == below.source_rows(USERS)
    assert below.raw_rows(EVENTS) == below.source_rows(EVENTS)
    assert whole.etags("raw/") == before
    assert {key.removeprefix(PREFIX) for key in whole.etags(PREFIX)} == set(below.lake.etags(""))


def test_names_are_the_same_as_at_the_top_of_a_bucket(below: Pipeline) -> None:
    lake = below.lake
    etag = lake.write("doctor/probe.txt", b"probe", "text/plain")
    assert lake.etags("doctor/") == {"doctor/probe.txt": etag}
    assert lake.uri("doctor/probe.txt").endswith(f"/{PREFIX}doctor/probe.txt")
    lake.delete(["doctor/probe.txt"])
    assert lake.etags("doctor/") == {}
