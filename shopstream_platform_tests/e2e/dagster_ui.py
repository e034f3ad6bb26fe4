"""`shopstream dev` as a process that can be killed, its runs by GraphQL, and its pages by a browser."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, expect

from shopstream_platform_tests.e2e.browser import GraphQL
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Shop

Key = tuple[str, ...]

START_SECONDS, RUN_SECONDS, STOP_SECONDS = 180, 300, 45
# What was killed itself ends its children only when these notice; dbt takes up to ten seconds.
ORPHANS_SECONDS = 15
PAGE_MS = 60_000
# A command that starts another one, for tests of what that one is started by.
BEFORE: list[str] = []
SCREENSHOTS = ROOT / "build" / "screenshots"
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}

LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename
    ... on PythonError { message }
    ... on RepositoryLocation { repositories { name } }
} } } } }"""
RELOAD = """mutation Reload($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
    ... on WorkspaceLocationEntry { locationOrLoadError { __typename } }
} }"""
NODES = "{ assetNodes { assetKey { path } groupName isMaterializable dependencyKeys { path } } }"
LAUNCH = """mutation Launch($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
} }"""
RUN = """query Run($id: ID!) { runOrError(runId: $id) { ... on Run {
    runId status tags { key value } stats { ... on RunStatsSnapshot { stepsSucceeded stepsFailed materializations } }
} } }"""
EVENTS = """query Events($id: ID!) { logsForRun(runId: $id) { ... on EventConnection { events {
    ... on ExecutionStepFailureEvent { stepKey error { message causes { message } } }
    ... on RunFailureEvent { message }
} } } }"""
RUNS = "{ runsOrError(limit: 50) { ... on Runs { results { runId status tags { key value } } } } }"


class Dev:
    """`shopstream dev` of a shop, and the processes that it starts."""

    def __init__(self, shop: Shop, log: Path, *options: str) -> None:
        self.log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.graphql = GraphQL(port)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*BEFORE, PROGRAMS / "shopstream", "dev", "--port", str(port), *options],
                cwd=ROOT,
                env=shop.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self) -> str | None:
        """The address with a token that it has printed."""
        found = re.search(r"http://\S+/\?token=\S+", self.log.read_text())
        return found[0] if found else None

    def wait_until_up(self) -> None:
        """Log in by the address that it prints, and wait until the code location is loaded."""
        wait_until(lambda: self.printed or self._process.poll() is not None, START_SECONDS, self.log.read_text)
        assert self.printed, f"shopstream dev ended:\n{self.log.read_text()}"
        self.graphql.log_in(self.printed)

        def up() -> bool:
            assert self._process.poll() is None, f"shopstream dev ended:\n{self.log.read_text()}"
            return self.graphql.answers()

        wait_until(up, START_SECONDS, self.log.read_text)

    def kill(self, *commands: str) -> None:
        """SIGKILL to all of its processes, or to those whose command line has one of the words."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                if not commands or any(command in " ".join(process.cmdline()) for command in commands):
                    process.kill()

    def stop(self) -> None:
        """As Ctrl-C does, and what is left after a while by force."""
        self.end(signal.SIGINT)

    def end(self, number: signal.Signals) -> list[psutil.Process]:
        """Send `shopstream dev` a signal; which of its processes lived on when it had ended, until they were killed."""
        processes = self.processes()
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        _, living = psutil.wait_procs(processes, timeout=ORPHANS_SECONDS)
        for process in living:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        return living

    @property
    def ended(self) -> int | None:
        """Its exit code."""
        return self._process.poll()

    def processes(self) -> list[psutil.Process]:
        """Itself, its children and theirs, as far as they work; not the services that it starts, which stay."""
        found = []
        with suppress(psutil.NoSuchProcess):
            dev = psutil.Process(self._process.pid)
            for process in [dev, *dev.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    if process.status() != psutil.STATUS_ZOMBIE and os.getsid(process.pid) == self._process.pid:
                        found.append(process)
        return found

    def process(self, command: str) -> int | None:
        """The process whose command line has the words."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                if command in " ".join(process.cmdline()):
                    return process.pid
        return None


@contextmanager
def dev(shop: Shop, folder: Path, *options: str) -> Iterator[Dev]:
    """A running `shopstream dev`, stopped with all its processes afterwards."""
    started = Dev(shop, folder / f"dev-{time.monotonic_ns()}.log", *options)
    try:
        started.wait_until_up()
        yield started
    finally:
        started.stop()


def wait_until(true: Callable[[], Any], seconds: float, explain: Callable[[], Any] = str) -> None:
    """Poll; an assertion with the explanation if it takes too long."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s:\n{str(explain())[-5000:]}"
        time.sleep(0.5)


def nodes(ui: GraphQL) -> list[dict[str, Any]]:
    """The platform's assets; a table that it only reads is none."""
    return [node for node in ui.ask(NODES)["assetNodes"] if node["isMaterializable"]]


def graph(ui: GraphQL) -> dict[Key, set[Key]]:
    """Asset -> the assets that it is made from."""
    return {
        tuple(node["assetKey"]["path"]): {tuple(key["path"]) for key in node["dependencyKeys"]} for node in nodes(ui)
    }


def location(ui: GraphQL) -> dict[str, Any]:
    """The one code location."""
    (entry,) = ui.ask(LOCATION)["workspaceOrError"]["locationEntries"]
    return entry


def reloads(ui: GraphQL) -> bool:
    """Whether the code location can be loaded again, as by the button of the UI."""
    entry = ui.ask(RELOAD, name=location(ui)["name"])["reloadRepositoryLocation"]
    return entry.get("locationOrLoadError", {}).get("__typename") == "RepositoryLocation"


def launch(ui: GraphQL, assets: Iterable[Key], day: object) -> str:
    """Start a run of one day, as the UI does; its id."""
    entry = location(ui)
    (repository,) = entry["locationOrLoadError"]["repositories"]
    launched = ui.ask(
        LAUNCH,
        params={
            "mode": "default",
            "runConfigData": "{}",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(day)}]},
            "selector": {
                "repositoryLocationName": entry["name"],
                "repositoryName": repository["name"],
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": list(key)} for key in assets],
            },
        },
    )["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return launched["run"]["runId"]


def run(ui: GraphQL, run_id: str) -> dict[str, Any]:
    """Status and figures of a run."""
    return ui.ask(RUN, id=run_id)["runOrError"]


def why(ui: GraphQL, run_id: str) -> list[dict[str, Any]]:
    """What failed in a run, for assertions' messages."""
    return [event for event in ui.ask(EVENTS, id=run_id)["logsForRun"]["events"] if event]


def runs(ui: GraphQL) -> list[dict[str, Any]]:
    """The newest runs."""
    return ui.ask(RUNS)["runsOrError"]["results"]


def finished(ui: GraphQL, run_id: str, seconds: float = RUN_SECONDS) -> dict[str, Any]:
    """The run when it has ended."""
    wait_until(lambda: run(ui, run_id)["status"] in FINISHED, seconds, lambda: run(ui, run_id))
    return run(ui, run_id)


def open_graph(tab: Page, ui: GraphQL, *, selection: str | None = None, expanded: Iterable[str] = ()) -> None:
    """The lineage page, some of its groups unfolded, filtered as a user would: by typing."""
    tab.goto(f"{ui.address}/asset-groups?expanded=" + ",".join(f"global@global:{group}" for group in expanded))
    # The list on the left.
    expect(tab.get_by_text("marts", exact=True).first).to_be_visible(timeout=PAGE_MS)
    if selection:
        tab.locator(".CodeMirror").first.click()
        tab.keyboard.type(selection, delay=15)
        # Closes the suggestions, which would take the other key.
        tab.keyboard.press("Escape")
        tab.keyboard.press("Enter")


def materialize_newest_day(tab: Page) -> str:
    """Press the buttons that materialize all that is shown for the newest partition; the day that was chosen."""
    tab.get_by_role("button", name=re.compile("Materialize all")).click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Latest", exact=True).click()
    chosen = dialog.get_by_placeholder(re.compile("^ex:"))
    expect(chosen).to_have_value(re.compile(r"^\d{4}-\d\d-\d\d$"))
    day = chosen.input_value()
    tab.screenshot(path=SCREENSHOTS / "materialize.png")
    dialog.get_by_role("button", name=re.compile("^Launch")).click()
    expect(dialog).to_have_count(0, timeout=PAGE_MS)
    return day
