"""The job over the whole graph, and what starts it by itself: a schedule, a sensor, a weekly comparison.

All of them plan as `shopstream refresh` does and request one run per range of near days, up to raw/*, then one that
builds. The runs of a tick are independent: if a load fails, dbt builds from what RAW has, and the next tick finds the
rest.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from time import time
from typing import Any

import dagster as dg

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import OperationSettings
from shopstream_platform.config.settings import Environment, Settings
from shopstream_platform.defs.alerts import build_alert_sensors, send
from shopstream_platform.defs.assets.common import RUN_TAGS
from shopstream_platform.defs.checks import checks_job
from shopstream_platform.defs.cycles import build_cycle_sensor
from shopstream_platform.defs.housekeeping import housekeeping_job, housekeeping_schedule
from shopstream_platform.defs.openlineage import build_openlineage_sensors
from shopstream_platform.defs.requests import ACTIVE, everything, newest_success, requests, sensor_status
from shopstream_platform.pipeline.refresh.plan import Plan, Step, make_plan, prepare_repair
from shopstream_platform.pipeline.refresh.summary import VERIFIED, closing_line, explain, idle
from shopstream_platform.serving.render.record import why_stale

WEEKLY_CRON = "0 4 * * 0"
WHOLE = "all models are built and tested once a week, whatever has changed"
# When yesterday is due in RAW.
CHECKS_CRON = "0 6 * * *"
SENSOR_SECONDS = 30 * 60
# A drift whose load failed is tried again after this time, not at every tick.
RETRY_SECONDS = 6 * 60 * 60


def build_automation(settings: Settings) -> dict[str, Any]:
    """Jobs, schedules and sensors, as arguments of Definitions. Nothing starts by itself in CI."""
    comparison, housekeeping = _comparison_job(settings), housekeeping_job(settings)
    jobs = {"jobs": [everything, comparison, checks_job, housekeeping]}
    if settings.env is Environment.CI:
        return jobs
    return jobs | {
        "schedules": [
            _daily(settings),
            _weekly(settings, comparison),
            _checks(settings),
            housekeeping_schedule(settings, housekeeping, _schedule_status(settings.operation)),
        ],
        "sensors": [
            _drift_sensor(settings),
            *([build_cycle_sensor(settings)] if settings.feed_is_on else []),
            _after_comparison(settings, comparison),
            *build_alert_sensors(settings, checks_job),
            *build_openlineage_sensors(settings),
        ],
    }


def _daily(settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="daily",
        job=everything,
        cron_schedule=settings.operation.daily_cron,
        execution_timezone=settings.calendar.source_timezone,
        default_status=_schedule_status(settings.operation),
        description="The day that has ended and what there is of the running one, the drifted days of the newest "
        "SHOPSTREAM_DRIFT_DAYS and of the first partition.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        try:
            plan = make_plan(settings, window_days=settings.oltp.drift_days, why_stale=why_stale)
        except ShopStreamError as error:
            # Ticks go unwatched: without an alert the day would be missing in silence.
            text = f"The schedule daily could not look for drift: {error}"
            send(settings, "tick_failed", text, {"schedule": "daily"})
            raise
        _report(settings, plan)
        yield from requests(context, plan.steps, context.scheduled_execution_time.isoformat(), idle(plan))

    return daily


def _drift_sensor(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="drift",
        job=everything,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=sensor_status(settings.operation),
        description="The same as the schedule, during the day: this is how new rows of the running day come in. Waits "
        "while anything is queued or running.",
    )
    def drift(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        if active := context.instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE)):
            yield dg.SkipReason(f"{active} runs are queued or running; the next tick looks again")
            return
        try:
            plan = make_plan(settings, window_days=settings.oltp.drift_days, why_stale=why_stale)
        except ShopStreamError as error:
            yield dg.SkipReason(f"{error} (the next tick tries again)")
            return
        yield from requests(context, plan.steps, _attempt(context.instance), idle(plan))

    return drift


def _comparison_job(settings: Settings) -> dg.JobDefinition:
    @dg.op(description="Verifies source, load log, RAW, lake and marts; what does not agree is the output's metadata.")
    def compare_all_history(context: dg.OpExecutionContext) -> None:
        try:
            plan = make_plan(settings, why_stale=why_stale, verify=True)
            plan = replace(plan, chosen=None, build_reason=plan.build_reason or WHOLE)
            prepare_repair(settings, plan)
        except ShopStreamError as error:
            raise dg.Failure(description=str(error)) from None
        for line in [*explain(plan), closing_line(plan)]:
            context.log.info(line)
        left = [*plan.drift.reasons, *(plan.damage.beyond_repair if plan.damage else [])]
        for line in left:
            context.log.error(line)
        _report(settings, plan)
        steps = json.dumps([_as_json(step) for step in plan.steps])
        metadata = {"steps": steps, "verdict": "; ".join(left) or VERIFIED}
        context.add_output_metadata({name: dg.MetadataValue.text(text) for name, text in metadata.items()})

    @dg.job(
        name="full_comparison",
        executor_def=dg.in_process_executor,
        tags=RUN_TAGS,
        description="What `shopstream verify` does; loads nothing, but marks damaged models to be built again.",
    )
    def full_comparison() -> None:
        compare_all_history()

    return full_comparison


def _weekly(settings: Settings, comparison: dg.JobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="weekly_full_comparison",
        job=comparison,
        cron_schedule=WEEKLY_CRON,
        execution_timezone=settings.calendar.source_timezone,
        default_status=_schedule_status(settings.operation),
        description="Verifies all of history; the sensor after_full_comparison requests what does not agree.",
    )


def _checks(settings: Settings) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="daily_checks",
        job=checks_job,
        cron_schedule=CHECKS_CRON,
        execution_timezone=settings.calendar.source_timezone,
        default_status=_schedule_status(settings.operation),
        description="The source's schema, RAW's freshness and volume, whether or not anything was loaded.",
    )


def _after_comparison(settings: Settings, comparison: dg.JobDefinition) -> dg.SensorDefinition:
    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[comparison],
        request_job=everything,
        name="after_full_comparison",
        default_status=sensor_status(settings.operation),
        description="Requests what a full comparison found.",
    )
    def after_full_comparison(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        run_id = context.dagster_run.run_id
        steps, verdict = _found_by(context.instance, run_id)
        yield from requests(context, steps, run_id, verdict)

    return after_full_comparison


def _found_by(instance: dg.DagsterInstance, run_id: str) -> tuple[list[Step], str]:
    """The steps that the comparison asks for, and what it says where it asks for none."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_OUTPUT)
    outputs = [entry.dagster_event.step_output_data for entry in entries if entry.dagster_event]
    (found,) = (output.metadata for output in outputs)
    return [_from_json(step) for step in json.loads(str(found["steps"].value))], str(found["verdict"].value)


def _report(settings: Settings, plan: Plan) -> None:
    """Send alerts for tables that every run leaves out, and for damage that no run repairs."""
    if plan.damage and plan.damage.beyond_repair:
        send(settings, "beyond_repair", "; ".join(plan.damage.beyond_repair), {})
    if plan.drift.missed:
        send(settings, "change_feed_missed", "; ".join(plan.drift.missed), {})
    if plan.drift.refused:
        send(
            settings,
            "tables_refused",
            "; ".join(plan.drift.reasons),
            {"tables": list(plan.drift.refused)},
        )


def _attempt(instance: dg.DagsterInstance) -> str:
    """Changes when a run has succeeded, or after a while: the same drift is not requested again and again."""
    return f"{newest_success(instance)}/{int(time() // RETRY_SECONDS)}"


def _as_json(step: Step) -> dict[str, Any]:
    return asdict(step) | {"days": [str(day) for day in step.days] if step.days else None}


def _from_json(step: dict[str, Any]) -> Step:
    days = [date.fromisoformat(day) for day in step["days"] or ()]
    span = (days[0], days[-1]) if days else None
    return Step(
        tables=step["tables"],
        days=span,
        build=step["build"],
        layers=tuple(step["layers"]),
        without=tuple(step.get("without", ())),
        models=tuple(step["models"]) if step.get("models") is not None else None,
    )


def _schedule_status(operation: OperationSettings) -> dg.DefaultScheduleStatus:
    return dg.DefaultScheduleStatus.RUNNING if operation.automation else dg.DefaultScheduleStatus.STOPPED
