"""What a tick of the change feed leaves to the next one, in the sensor's cursor."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from shopstream_platform.config.errors import TransientError
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import tables_of
from shopstream_platform.defs.alerts import send
from shopstream_platform.pipeline.feed.glance import Glance
from shopstream_platform.pipeline.refresh.plan import Plan

# Ticks in a row that could not look, until people are told: a migration of the source ends by itself.
FAILURES_BEFORE_ALERT = 10
# What could not be loaded, or a slot that could not be made, is tried again after this time.
RETRY_SECONDS = 600
# Why it was in vain, and when.
Tried = tuple[str, float]


@dataclass(frozen=True)
class Memory:
    """The day on which everything was in RAW and built, and what is wrong with sources ("" is the shop).

    When a day ends, it is to be loaded once more, and another one begins, whether or not a row has changed. `failures`
    are the ticks in a row that could not look at a source, `unmade` says why its slot could not be made, and when.
    """

    settled_on: str = ""
    failures: dict[str, int] = field(default_factory=dict)
    unmade: dict[str, Tried] = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """As the next tick reads it."""
        return json.dumps(asdict(self))

    def of(self, one: Glance, now: float) -> Glance:
        """What was seen, but for a slot that was tried to be made not long ago: nothing has changed there."""
        why, at = self.unmade.get(one.source, ("", now - RETRY_SECONDS))
        left = at + RETRY_SECONDS - now
        if left <= 0 or not one.missing:
            return one
        return replace(one, changed=False, failed=True, why=f"{why} (tried again in {left:.0f} s)")

    def after(
        self, seen: list[Glance], problems: Mapping[str, str], in_vain: Mapping[str, Tried] | None = None
    ) -> "Memory":
        """With the sources counted that could not be looked at; `in_vain` is of a plan, if there was one."""
        missing = {one.source for one in seen if one.missing}
        waiting = {source: tried for source, tried in self.unmade.items() if source in missing}
        return replace(
            self,
            failures={source: self.failures.get(source, 0) + 1 for source in problems},
            unmade=waiting if in_vain is None else dict(in_vain),
        )


def memory_of(cursor: str | None) -> Memory:
    """What the tick before has left."""
    known = json.loads(cursor) if cursor else {}
    if not isinstance(known.get("failures", {}), dict):
        # An earlier version counted for all sources together.
        known["failures"] = {}
    return Memory(**known)


def tried_in_vain(seen: list[Glance], outcome: Plan | Exception, now: float) -> dict[str, Tried]:
    """The sources whose slot was missing, and is missing still after a plan that came out so."""
    missing = [one for one in seen if one.missing]
    if isinstance(outcome, Exception):
        # Of what passes by itself, the slot need not be the cause.
        return {} if isinstance(outcome, TransientError) else {one.source: (str(outcome), now) for one in missing}
    fed = set(outcome.compared.fed.tables) if outcome.compared else set[str]()
    return {one.source: (_why_not(outcome, one), now) for one in missing if fed.isdisjoint(_tables(one))}


def _why_not(plan: Plan, one: Glance) -> str:
    refused = [plan.drift.refused[name] for name in _tables(one) if name in plan.drift.refused]
    named = f"source {one.source}" if one.source else "the shop"
    said = [line for line in plan.drift.blind if f"{named} is " in line]
    return next(iter([*refused, *said]), one.why)


def _tables(one: Glance) -> list[str]:
    return [table.name for table in tables_of(one.source)]


def tell_of_failures(settings: Settings, memory: Memory, problems: Mapping[str, str]) -> None:
    """Send an alert for each source that could not be looked at for too long, once."""
    for source, problem in problems.items():
        if memory.failures.get(source) == FAILURES_BEFORE_ALERT:
            named = f" of source {source}" if source else ""
            text = f"The change feed{named} could not be read {FAILURES_BEFORE_ALERT} times in a row: {problem}"
            send(settings, "change_feed_stopped", text, {"failures": FAILURES_BEFORE_ALERT, "source": source or "shop"})
