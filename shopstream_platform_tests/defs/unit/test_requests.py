"""What a run is told by its tags."""

from dataclasses import replace

from shopstream_platform.defs.assets.common import NOTHING, TESTS_TAG, WITHOUT_TAG
from shopstream_platform.defs.requests import step_tags
from shopstream_platform.pipeline.refresh.plan import Step

BUILD = Step(tables=[], days=None, build=True, models=("stg_orders",))


def test_only_where_a_plan_chose_the_models_do_their_tests_look_at_new_partitions() -> None:
    assert TESTS_TAG in step_tags(BUILD)
    assert TESTS_TAG not in step_tags(replace(BUILD, models=None))
    assert TESTS_TAG not in step_tags(replace(BUILD, build=False))


def test_a_run_that_builds_knows_which_tables_could_not_be_loaded() -> None:
    assert step_tags(BUILD)[WITHOUT_TAG] == NOTHING
    assert step_tags(replace(BUILD, without=("visits", "carts")))[WITHOUT_TAG] == "visits, carts"
    assert WITHOUT_TAG not in step_tags(replace(BUILD, build=False))
