"""Run the job in this process, as a recorded run of the instance, and report what happens while it does."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import dagster as dg

from shopstream_platform.cli.dead_runs import clean_up
from shopstream_platform.config.environment.variables import INSTANCE_URL
from shopstream_platform.config.listing import first_of
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.tables import holds_shop
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.alerts import failure_reason
from shopstream_platform.defs.assets.common import WAITING
from shopstream_platform.defs.housekeeping import sweep_if_due
from shopstream_platform.defs.instance_storage import POOL_OVERFLOW, POOL_RECYCLE_SECONDS, STATEMENT_TIMEOUT_MS
from shopstream_platform.defs.requests import JOB, step_tags
from shopstream_platform.defs.run_launcher import PID_TAG, own_process
from shopstream_platform.defs.selection import keys_of_step, left_as_they_are
from shopstream_platform.pipeline.evolve.raw import CHANGED
from shopstream_platform.pipeline.evolve.source import CHANGED as CHANGED_SOURCE
from shopstream_platform.pipeline.extract.proof import KEPT
from shopstream_platform.pipeline.housekeeping.record import Swept
from shopstream_platform.pipeline.refresh.plan import Step
from shopstream_platform.pipeline.upgrade.warehouse import UPGRADED

if TYPE_CHECKING:
    from dagster._core.events import DagsterEvent

# How the messages of a run begin that its caller is told.
TOLD = (WAITING, CHANGED_SOURCE, CHANGED, KEPT, UPGRADED)
NAMES_SHOWN = 12
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Outcome:
    """What one run did."""

    run_id: str
    success: bool = False
    materialized: set[str] = field(default_factory=set)
    checks_passed: int = 0
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


OnEvent = Callable[[str], None]


def run_steps(
    settings: Settings,
    steps: Sequence[Step],
    on_event: OnEvent,
    say: OnEvent = print,
) -> list[Outcome]:
    """The steps in order; after a run that failed, what is made from its tables is left as it is.

    A table of the shop that failed ends them, since the marts are made from it.

    `on_event` gets the asset of each materialization, `say` a sentence about what was cleaned up or is waited for.
    """
    definitions = build_definitions(settings)
    outcomes: list[Outcome] = []
    with _instance() as instance:
        if os.environ.get(INSTANCE_URL):
            # The instance is this machine's own, so that its runs' processes can be looked for.
            for sentence in clean_up(instance):
                say(sentence)
        failed: list[str] = []
        for step in steps:
            planned = replace(step, without=(*step.without, *failed))
            outcome = _run(definitions, instance, planned, on_event, say)
            outcomes += [outcome] if outcome else []
            if outcome and not outcome.success:
                if holds_shop(step.tables) or not step.tables:
                    break
                failed += step.tables
        _keep_house(settings, instance, say)
    return outcomes


def _keep_house(settings: Settings, instance: dg.DagsterInstance, say: OnEvent) -> None:
    try:
        swept = sweep_if_due(settings, instance)
    except Exception as error:
        # What is old can wait; the runs have been told as they ended.
        say(f"what is old was not dropped, and is tried again with the next run: {error}")
        return
    if swept and swept != Swept():
        say(f"dropped what was old: {swept}")


def keys_of(settings: Settings, steps: Sequence[Step]) -> list[dg.AssetKey]:
    """Every materialization that the steps ask for, a key once per run."""
    graph = build_definitions(settings).resolve_asset_graph()
    return [key for step in steps for key in keys_of_step(step, graph)]


@contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as instance:
        if INSTANCE_URL not in os.environ:
            # Not the platform's own, whose storage keeps its connections: one connection an event is slow.
            instance.optimize_for_webserver(
                statement_timeout=STATEMENT_TIMEOUT_MS, pool_recycle=POOL_RECYCLE_SECONDS, max_overflow=POOL_OVERFLOW
            )
        yield instance


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    step: Step,
    on_event: OnEvent,
    say: OnEvent,
) -> Outcome | None:
    """None if nothing is left to run."""
    graph = definitions.resolve_asset_graph()
    keys = keys_of_step(step, graph)
    if step.build and (left := sorted(key.to_user_string() for key in left_as_they_are(step, graph))):
        say(f"not built, since a table could not be loaded: {first_of(left, NAMES_SHOWN)}")
    if not keys:
        return None
    return _execute(definitions, instance, keys, step_tags(step), on_event, say)


def _execute(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: list[dg.AssetKey],
    tags: dict[str, str],
    on_event: OnEvent,
    say: OnEvent,
) -> Outcome:
    outcome = Outcome(run_id=str(uuid4()))

    def listen(entry: dg.EventLogEntry) -> None:
        if entry.dagster_event is None and entry.user_message.startswith(TOLD):
            say(entry.user_message)
        _observe(entry.dagster_event, outcome, on_event)

    instance.add_event_listener(outcome.run_id, listen)
    result = definitions.resolve_job_def(JOB).execute_in_process(
        instance=instance,
        asset_selection=keys,
        tags=tags | {PID_TAG: own_process()},
        run_id=outcome.run_id,
        run_config=QUIET,
        raise_on_error=False,
    )
    outcome.success = result.success
    return outcome


def _observe(event: "DagsterEvent | None", outcome: Outcome, on_event: OnEvent) -> None:
    if event is None:
        return
    match event.event_type:
        case dg.DagsterEventType.ASSET_MATERIALIZATION if event.asset_key:
            name = event.asset_key.to_user_string()
            if name not in outcome.materialized:
                outcome.materialized.add(name)
                on_event(name)
        case dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            _observe_check(event, outcome)
        case dg.DagsterEventType.STEP_FAILURE:
            outcome.failures.append(failure_reason(event))
        case _:
            pass


def _observe_check(event: "DagsterEvent", outcome: Outcome) -> None:
    check = event.asset_check_evaluation_data
    name = f"{check.asset_key.to_user_string()}: {check.check_name}"
    if check.passed:
        outcome.checks_passed += 1
    elif check.severity is dg.AssetCheckSeverity.WARN:
        outcome.warnings.append(f"{name}: {check.description}" if check.description else name)
    else:
        outcome.failures.append(f"check failed: {name}")
