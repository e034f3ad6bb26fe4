"""Tell people that a run or a check failed: a structured log line always, a webhook where one is configured."""

import json
import logging
from collections.abc import Mapping
from http.client import HTTPException
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import dagster as dg

from shopstream_platform.config.settings import Settings
from shopstream_platform.config.visible import visible

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
    from dagster._core.events import DagsterEvent

logger = logging.getLogger(__name__)
ATTEMPTS, FIRST_PAUSE_SECONDS, TIMEOUT_SECONDS = 3, 1.0, 10
LONGEST_REASON = 1000
# Slack's webhooks take a text and few switches beside it.
SLACK = "hooks.slack.com"


def send(settings: Settings, event: str, text: str, fields: Mapping[str, Any]) -> None:
    """Log one JSON line and post the same to the webhook. A webhook that is down stops nothing."""
    text = visible(text)
    record = {"event": event, "text": text, "env": str(settings.env), **fields}
    logger.error(json.dumps(record, default=str))
    if settings.operation.alert_webhook_url is None:
        return
    url = settings.operation.alert_webhook_url.get_secret_value()
    body = _for_slack(f"[{settings.env}] {text}") if urlsplit(url).hostname == SLACK else record
    payload, pause = json.dumps(body, default=str).encode(), FIRST_PAUSE_SECONDS
    problem = _post(url, payload)
    for _ in range(ATTEMPTS - 1):
        if problem is None:
            return
        sleep(pause)
        pause *= 2
        problem = _post(url, payload)
    if problem:
        # Never the address: who knows it can post.
        text = f"the webhook did not take an alert: {problem}"
        logger.error(json.dumps({"event": "alert_not_delivered", "text": text}))


def _for_slack(text: str) -> dict[str, Any]:
    """A message that is text whatever it quotes: <!channel> wakes nobody, *b* is shown as it is."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def failure_reason(event: "DagsterEvent") -> str:
    """Why a step failed: the sentence of our own failures; for anything else what the deepest cause says."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else event.message or "the run failed"


def build_alert_sensors(settings: Settings, checks: "UnresolvedAssetJobDefinition") -> list[dg.SensorDefinition]:
    """One sensor for runs of any job that fail, one for checks that fail in the job that looks at the state of things.

    A check that fails while a range is loaded may be mended by the next range: that is no reason to wake anybody.
    """
    status = dg.DefaultSensorStatus.RUNNING if settings.operation.automation else dg.DefaultSensorStatus.STOPPED

    @dg.run_failure_sensor(
        name="alert_on_failed_run",
        default_status=status,
        description="Tells why a run failed: in the log, and by the webhook if one is configured.",
    )
    def alert_on_failed_run(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        steps = {event.step_key: failure_reason(event)[:LONGEST_REASON] for event in context.get_step_failure_events()}
        # A run can fail outside its steps: it did not start, or took too long.
        why = "; ".join(dict.fromkeys(steps.values())) or context.failure_event.message or "no reason given"
        text = f"Run {run.run_id[:8]} of {run.job_name} failed: {why}"
        send(settings, "run_failed", text, _fields(run) | {"steps": steps})

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=[checks],
        name="alert_on_failed_check",
        default_status=status,
        description="Tells which checks of the job failed or warned.",
    )
    def alert_on_failed_check(context: dg.RunStatusSensorContext) -> None:
        run = context.dagster_run
        entries = context.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        checks = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
        failed = {
            f"{check.asset_key.to_user_string()}: {check.check_name}": {
                "severity": check.severity.value,
                "description": check.description,
            }
            for check in checks
            if not check.passed
        }
        if failed:
            text = f"Checks that did not pass in run {run.run_id[:8]} of {run.job_name}: {', '.join(failed)}"
            send(settings, "checks_failed", text, _fields(run) | {"checks": failed})

    return [alert_on_failed_run, alert_on_failed_check]


def _fields(run: dg.DagsterRun) -> dict[str, Any]:
    first, last = (run.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
    return {"job": run.job_name, "run_id": run.run_id, "first_day": first, "last_day": last}


def _post(url: str, body: bytes) -> str | None:
    """None, or why the address did not take it."""
    request = Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - settings allow http(s) alone
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return None
    except HTTPError as error:
        return f"HTTP status {error.code}"
    except URLError as error:
        return str(error.reason)
    except (OSError, HTTPException) as error:
        return type(error).__name__
