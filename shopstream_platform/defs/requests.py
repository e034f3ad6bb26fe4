"""The job over the whole graph, and how the steps of a plan become requests for its runs."""

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import OperationSettings
from shopstream_platform.defs.assets.common import NOTHING, RUN_TAGS, TESTS_TAG, WITHOUT_TAG
from shopstream_platform.defs.latency import since_tag
from shopstream_platform.defs.named import named_tags
from shopstream_platform.defs.selection import keys_of_step
from shopstream_platform.pipeline.refresh.plan import Step

JOB = "everything"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
PRIORITY_TAG = "dagster/priority"
# A build that overtook its tick's loads would have to be done again.
BUILD_PRIORITY = "-1"
ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


everything = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    description="From the OLTP tables to the marts, for one day or one contiguous range of days.",
    tags=RUN_TAGS,
)


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that give a run of the job its days."""
    return {RANGE_START_TAG: str(first), RANGE_END_TAG: str(last)}


def step_tags(step: Step) -> dict[str, str]:
    """What a run is told of its step: days, what the change feed says of them, tests, tables that are left out.

    Where a plan has chosen the models to build, their tests look at new partitions; a build of all tests all.
    """
    days = range_tags(*step.days) if step.days else {}
    tests = {TESTS_TAG: "new partitions"} if step.build and step.models is not None else {}
    without = {WITHOUT_TAG: ", ".join(step.without) or NOTHING} if step.build else {}
    return days | named_tags(step.named) | since_tag(step.since) | tests | without


def run_requests(steps: Iterable[Step], graph: BaseAssetGraph, tick: str) -> list[dg.RunRequest]:
    """One run per step. A tick that is evaluated twice gives the same run keys, so that nothing runs twice."""
    return [
        dg.RunRequest(
            run_key=f"{tick}/{_digest(step)}",
            job_name=JOB,
            asset_selection=keys_of_step(step, graph),
            tags=_tags(step),
        )
        for step in steps
    ]


def requests(
    context: dg.ScheduleEvaluationContext | dg.SensorEvaluationContext | dg.RunStatusSensorContext,
    steps: list[Step],
    tick: str,
    nothing: str,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A request a step; `nothing` says why there is none."""
    repository = context.repository_def
    if repository is None:
        raise ShopStreamError("the tick has no repository to take its assets from: evaluate it by the daemon")
    yield from run_requests(steps, repository.asset_graph, tick)
    if not steps:
        yield dg.SkipReason(nothing)


def _tags(step: Step) -> dict[str, str]:
    layers = [*(step.layers if step.tables or not step.build else ()), *(["dbt"] if step.build else [])]
    tags = {"layers": ".".join(layers)} | step_tags(step)
    return tags | ({PRIORITY_TAG: BUILD_PRIORITY} if step.build and not step.tables else {})


def _digest(step: Step) -> str:
    return sha256(repr(step).encode()).hexdigest()[:16]


def sensor_status(operation: OperationSettings) -> dg.DefaultSensorStatus:
    """Sensors run by themselves where automation is on."""
    return dg.DefaultSensorStatus.RUNNING if operation.automation else dg.DefaultSensorStatus.STOPPED


def newest_success(instance: dg.DagsterInstance) -> str:
    """The id of the newest run that has succeeded."""
    done = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    return done[0].dagster_run.run_id if done else "first"
