"""Runs, shown while they go; what Dagster and dbt print goes to a log file."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shopstream_platform.cli.console import PlainConsole, console, errors
from shopstream_platform.cli.runs import Outcome, keys_of, run_steps
from shopstream_platform.config.settings import Settings
from shopstream_platform.pipeline.refresh.plan import Step


def run_with_progress(settings: Settings, steps: Sequence[Step]) -> list[Outcome]:
    """Run the steps; what each run did. Prints what was done and what to look at."""
    log = settings.home / "logs" / "runs.log"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        _noticing_interrupts() as interrupted,
        _output_to(log) as terminal,
        Progress(*columns, console=terminal, transient=True) as progress,
    ):
        task = progress.add_task(f"{'starting':<32}", total=len(keys_of(settings, steps)))

        def tell(name: str) -> None:
            progress.update(task, advance=1, description=f"{name:<32}")
            if console.verbose:
                terminal.print(f"  {progress.tasks[0].elapsed or 0:6.1f} s  {escape(name)}", soft_wrap=True)

        outcomes = run_steps(
            settings,
            steps,
            tell,
            lambda sentence: terminal.print(f"  {escape(sentence)}", soft_wrap=True),
        )
        if interrupted():
            raise KeyboardInterrupt
    for outcome in outcomes:
        _print(outcome, log)
    return outcomes


@contextmanager
def _noticing_interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: Dagster takes the signal and ends the run as a failed one, dbt's as dbt's failure."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield lambda: signal.SIGINT in _arrived(readable)
    finally:
        signal.set_wakeup_fd(before)
        os.close(readable)
        os.close(writable)


def _arrived(readable: int) -> bytes:
    try:
        return os.read(readable, 4096)
    except BlockingIOError:
        return b""


@contextmanager
def _output_to(log: Path) -> Iterator[Console]:
    """Send this process's and its children's output to a file; the console given still writes to the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    terminal, errors = os.dup(1), os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        with os.fdopen(os.dup(errors if console.stderr else terminal), "w") as stream:
            yield PlainConsole(file=stream, quiet=console.quiet)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        os.close(terminal)
        os.close(errors)


def _print(outcome: Outcome, log: Path) -> None:
    result = "[green]succeeded[/]" if outcome.success else "[red]failed[/]"
    console.print(
        f"run {outcome.run_id.split('-')[0]} {result}: {len(outcome.materialized)} assets materialized, "
        f"{outcome.checks_passed} checks passed, {len(outcome.warnings)} warned"
    )
    for warning in outcome.warnings:
        console.print(f"  [yellow]warning[/] {escape(warning)}")
    if not outcome.success:
        console.print(f"  everything that was printed is in {escape(str(log))}", soft_wrap=True)
    for failure in outcome.failures:
        errors.print(f"[red]error:[/] {escape(failure)}", soft_wrap=True)
