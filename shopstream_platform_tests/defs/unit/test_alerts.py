"""A failed run or check is logged as JSON, posted to a webhook that a local server plays, and leaks no secret."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import dagster as dg
import pytest
from pydantic import SecretStr

from shopstream_platform.config.groups import OperationSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs import alerts
from shopstream_platform.defs.checks import checks_job

TOKEN = "T0KEN-of-the-webhook"


class Receiver:
    """A webhook: what was posted, and the status codes that it answers."""

    def __init__(self) -> None:
        self.bodies: list[dict] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the console."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def settings(self) -> Settings:
        return with_webhook(f"http://127.0.0.1:{self.server.server_port}/{TOKEN}")


def with_webhook(url: str) -> Settings:
    return Settings(operation=OperationSettings(alert_webhook_url=SecretStr(url)))


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(alerts, "FIRST_PAUSE_SECONDS", 0.01)
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@dg.op
def load_orders() -> None:
    raise dg.Failure("orders of 2026-01-05 would hold 3 rows but the manifest says 4")


@dg.job(executor_def=dg.in_process_executor)
def failing() -> None:
    load_orders()


@dg.asset
def raw_orders() -> None:
    """A table."""


@dg.asset_check(asset=raw_orders)
def volume() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="2026-01-05: 3 rows")


@dg.asset_check(asset=raw_orders)
def good() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


def failed_run_alert(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = failing.execute_in_process(instance=instance, raise_on_error=False, tags=RANGE)
        context = dg.build_run_status_sensor_context(
            "alert_on_failed_run",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        on_run, _ = alerts.build_alert_sensors(settings, checks_job)
        on_run(context)


RANGE = {"dagster/asset_partition_range_start": "2026-01-05", "dagster/asset_partition_range_end": "2026-01-06"}


def test_a_failed_run_is_posted_with_its_reason_and_days(receiver: Receiver) -> None:
    failed_run_alert(receiver.settings)
    (body,) = receiver.bodies
    assert (body["event"], body["job"], body["env"]) == ("run_failed", "failing", "local")
    assert (body["first_day"], body["last_day"]) == ("2026-01-05", "2026-01-06")
    assert body["steps"] == {"load_orders": "orders of 2026-01-05 would hold 3 rows but the manifest says 4"}
    assert "the manifest says 4" in body["text"]


def test_without_a_webhook_the_log_has_it(caplog: pytest.LogCaptureFixture) -> None:
    failed_run_alert(Settings())
    (record,) = [r for r in caplog.records if r.name == alerts.__name__]
    assert record.levelno == logging.ERROR
    assert json.loads(record.message)["steps"].keys() == {"load_orders"}


def test_checks_that_fail_in_a_good_run_are_posted(receiver: Receiver) -> None:
    assert checked(receiver.settings, [raw_orders, volume, good])
    (body,) = receiver.bodies
    assert body["checks"] == {"raw_orders: volume": {"severity": "WARN", "description": "2026-01-05: 3 rows"}}


def test_a_good_run_is_not_worth_an_alert(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    assert checked(receiver.settings, [raw_orders, good])
    assert receiver.bodies == []
    assert not [r for r in caplog.records if r.name == alerts.__name__]


def checked(settings: Settings, assets: list) -> bool:
    with dg.DagsterInstance.ephemeral() as instance:
        definitions = dg.Definitions(assets=[raw_orders], asset_checks=assets[1:], executor=dg.in_process_executor)
        job = definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance)
        context = dg.build_run_status_sensor_context(
            "alert_on_failed_check",
            dagster_event=result.all_events[-1],
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        )
        _, on_check = alerts.build_alert_sensors(settings, checks_job)
        on_check(context)
        return result.success


PLAIN = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def test_slack_gets_a_message_and_nothing_else(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SLACK", "127.0.0.1")
    alerts.send(receiver.settings, "run_failed", "Run 1 failed", {"job": "everything"})
    assert receiver.bodies == [{"text": "[local] Run 1 failed"} | PLAIN]


@pytest.mark.security
def test_what_a_message_quotes_is_text_for_slack(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SLACK", "127.0.0.1")
    alerts.send(receiver.settings, "run_failed", "<!channel> <http://evil|here> & *b* \u202e\x1b[2J", {})
    text = "[local] &lt;!channel&gt; &lt;http://evil|here&gt; &amp; *b* \\u202e\\x1b[2J"
    assert receiver.bodies == [{"text": text} | PLAIN]


def test_a_webhook_that_stumbles_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [503, 500]
    alerts.send(receiver.settings, "run_failed", "x", {})
    assert len(receiver.bodies) == alerts.ATTEMPTS


def test_a_webhook_that_refuses_stops_nothing_and_its_address_shows_nowhere(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [404] * alerts.ATTEMPTS
    alerts.send(receiver.settings, "run_failed", "x", {})
    assert "HTTP status 404" in caplog.messages[-1]
    assert TOKEN not in caplog.text + repr(receiver.settings)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/{}", "http://no-such-host.invalid/{}", "http://bad host/{}"])
def test_an_address_where_nobody_listens_stops_nothing(
    address: str, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    alerts.send(with_webhook(address.format(TOKEN)), "run_failed", "x", {})
    assert json.loads(caplog.messages[-1])["event"] == "alert_not_delivered"
    assert TOKEN not in caplog.text


def test_an_address_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="not a web address") as caught:
        Settings(operation=OperationSettings(alert_webhook_url=SecretStr(f"file:///{TOKEN}")))
    assert TOKEN not in str(caught.value)
