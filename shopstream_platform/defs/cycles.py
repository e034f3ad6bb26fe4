"""The sensor of the change feed: every minute one look at the slots, and runs for what has changed since the last.

A tick that sees no change wakes no warehouse and starts no run. A cycle begins when no run of the job is queued or
running, so that cycles never overlap; what changes meanwhile is the next one's.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from time import time

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.days import today
from shopstream_platform.defs.alerts import send
from shopstream_platform.defs.requests import ACTIVE, JOB, everything, newest_success, requests, sensor_status
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.feed.glance import glance
from shopstream_platform.pipeline.feed.slot import Unread
from shopstream_platform.pipeline.refresh.compare import Fed
from shopstream_platform.pipeline.refresh.plan import Plan, Step, make_plan
from shopstream_platform.pipeline.refresh.summary import idle
from shopstream_platform.serving.render.record import why_stale

NAME = "change_feed"
# Ranges of days that one cycle loads, the newest first; the others are remembered and are the next one's.
MOST_RANGES = 8
# Ticks in a row that could not look, until people are told: a migration of the source ends by itself.
FAILURES_BEFORE_ALERT = 10
# What could not be loaded is tried again after this time, unless something else has changed.
RETRY_SECONDS = 600


@dataclass(frozen=True)
class Memory:
    """What a tick leaves to the next one: the day on which everything was in RAW and built, how many could not look.

    When a day ends, it is to be loaded once more, and another one begins, whether or not a row has changed.
    """

    settled_on: str = ""
    failures: int = 0


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
        memory = _memory(context.cursor)
        try:
            seen = glance(settings)
            now = str(today(settings.calendar))
            if memory.settled_on == now and not any(one.changed for one in seen):
                context.update_cursor(_cursor(replace(memory, failures=0)))
                yield dg.SkipReason(f"nothing has changed ({'; '.join(map(str, seen))})")
                return
            plan = make_plan(settings, why_stale=why_stale, feed=FeedUse.CYCLE)
        except (ShopStreamError, Unread) as error:
            yield _could_not_look(context, settings, memory, str(error))
            return
        context.update_cursor(_cursor(Memory(settled_on="" if plan.steps else now)))
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


def _could_not_look(
    context: dg.SensorEvaluationContext, settings: Settings, memory: Memory, problem: str
) -> dg.SkipReason:
    failures = memory.failures + 1
    if failures == FAILURES_BEFORE_ALERT:
        text = f"The change feed could not be read {failures} times in a row: {problem}"
        send(settings, "change_feed_stopped", text, {"failures": failures})
    context.update_cursor(_cursor(replace(memory, failures=failures)))
    return dg.SkipReason(f"{problem} (attempt {failures}, the next tick tries again)")


def _memory(cursor: str | None) -> Memory:
    return Memory(**json.loads(cursor)) if cursor else Memory()


def _cursor(memory: Memory) -> str:
    return json.dumps(asdict(memory))
