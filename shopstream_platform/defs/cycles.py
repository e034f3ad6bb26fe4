"""The sensor of the change feed: every minute one look at the slots, and runs for what has changed since the last.

A tick that sees no change wakes no warehouse and starts no run. A cycle begins when no run of the job is queued or
running, so that cycles never overlap; what changes meanwhile is the next one's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import time

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import today
from shopstream_platform.defs.cycle_memory import RETRY_SECONDS, Memory, memory_of, tell_of_failures, tried_in_vain
from shopstream_platform.defs.requests import ACTIVE, JOB, everything, newest_success, requests, sensor_status
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.glance import Glance, glance
from shopstream_platform.pipeline.feed.slot import Unread
from shopstream_platform.pipeline.refresh.compare import Fed
from shopstream_platform.pipeline.refresh.plan import Plan, Step, make_plan
from shopstream_platform.pipeline.refresh.summary import explain, idle
from shopstream_platform.serving.render.record import why_stale

NAME = "change_feed"
# Ranges of days that one cycle loads, the newest first; the others are remembered and are the next one's.
MOST_RANGES = 8


def build_cycle_sensor(settings: Settings) -> dg.SensorDefinition:
    """Requests the partitions that the sources' write-ahead logs name, and what is made from them."""

    @dg.sensor(
        name=NAME,
        job=everything,
        minimum_interval_seconds=settings.feed.seconds,
        default_status=sensor_status(settings.operation),
        description="Loads what the sources' write-ahead logs say has changed, then builds. Tables that the feed "
        "cannot serve are left to the schedules. Waits while a run is queued or running.",
    )
    def change_feed(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if active := context.instance.get_runs_count(dg.RunsFilter(job_name=JOB, statuses=ACTIVE)):
            yield dg.SkipReason(f"{active} runs are queued or running; the next tick looks again")
            return
        memory = memory_of(context.cursor)
        seen = [memory.of(one, time()) for one in glance(settings)]
        problems = {one.source: one.why for one in seen if one.failed}
        now = str(today(settings.calendar))
        if len(problems) == len(seen) or (memory.settled_on == now and not any(one.changed for one in seen)):
            memory = memory.after(seen, problems)
            _keep(context, settings, memory, problems)
            yield dg.SkipReason(_nothing_to_plan(seen, memory))
            return
        try:
            plan = make_plan(settings, why_stale=why_stale, feed=FeedUse.CYCLE)
        except (ShopStreamError, Unread) as error:
            problems = {one.source: problems.get(one.source, str(error)) for one in seen}
            memory = memory.after(seen, problems, tried_in_vain(seen, error, time()))
            _keep(context, settings, memory, problems)
            attempt = max(memory.failures.values())
            yield dg.SkipReason(f"{error} (attempt {attempt}, the next tick tries again)")
            return
        for line in explain(plan):
            context.log.info(line)
        in_vain = tried_in_vain(seen, plan, time())
        problems |= {source: why for source, (why, _) in in_vain.items()}
        memory = replace(memory, settled_on="" if plan.steps else now).after(seen, problems, in_vain)
        _keep(context, settings, memory, problems)
        yield from requests(context, newest(plan.steps), _tick(context, plan), idle(plan))

    return change_feed


def newest(steps: list[Step]) -> list[Step]:
    """The steps of one cycle: of the loads of days the newest, and whatever has no days, in their order."""
    dated = sorted((step.days for step in steps if step.days), reverse=True)[:MOST_RANGES]
    return [step for step in steps if step.days is None or step.days in dated]


def _tick(context: dg.SensorEvaluationContext, plan: Plan) -> str:
    """Another one when something has changed or a run has succeeded, or after a while."""
    fed = plan.compared.fed if plan.compared else Fed()
    read = f"{fed.changes}.{fed.oldest(fed.since)}"
    return f"{NAME}/{newest_success(context.instance)}/{read}/{int(time() // RETRY_SECONDS)}"


def _keep(context: dg.SensorEvaluationContext, settings: Settings, memory: Memory, problems: Mapping[str, str]) -> None:
    tell_of_failures(settings, memory, problems)
    context.update_cursor(memory.cursor)


def _nothing_to_plan(seen: list[Glance], memory: Memory) -> str:
    """What was seen of each source, and how often one could not be looked at."""
    said = [f"{one} (attempt {memory.failures[one.source]})" if one.failed else str(one) for one in seen]
    what = "nothing could be looked at" if all(one.failed for one in seen) else "nothing has changed"
    return f"{what} ({'; '.join(said)})"
