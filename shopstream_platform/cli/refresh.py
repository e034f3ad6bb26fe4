"""Commands that move data: they plan, run what is planned, and end with what was compared and what was not."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from shopstream_platform.cli.console import console, errors, only_json_on_stdout, print_json, results
from shopstream_platform.cli.documents import of_outcomes, of_plan
from shopstream_platform.cli.feed import print_feed_status
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings

if TYPE_CHECKING:
    from shopstream_platform.cli.runs import Outcome
    from shopstream_platform.pipeline.refresh.plan import Plan, Step

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document; what is for people goes to stderr.")]

AcceptDeletes = Annotated[
    bool, typer.Option("--accept-deletes", help="Delete from RAW what is gone at the source, however much it is.")
]


def refresh(
    days: Annotated[int | None, typer.Option(min=1, help="Compare only the newest days (default: all).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run, run nothing.")] = False,
    accept_deletes: AcceptDeletes = False,
    feed_status: Annotated[
        bool,
        typer.Option("--feed-status", help="Say how the change feed is, run nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the warehouse up to date with the source: load what is missing or has drifted, then build the marts."""
    if feed_status and as_json:
        raise ShopStreamError("--feed-status and --json exclude each other")
    if feed_status:
        print_feed_status(load_settings())
        return
    if as_json:
        only_json_on_stdout()
    bring_up_to_date(load_settings(), window_days=days, dry_run=dry_run, accept_deletes=accept_deletes, as_json=as_json)


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Reload and rebuild whatever no longer matches.")] = False,
    accept_deletes: AcceptDeletes = False,
    as_json: AsJson = False,
) -> None:
    """Prove that source, RAW, lake and marts agree by counting all of it again. Exit code 1 if they do not."""
    from shopstream_platform.pipeline.refresh.plan import make_plan, prepare_repair
    from shopstream_platform.pipeline.refresh.summary import VERIFIED, closing_line, explain
    from shopstream_platform.serving.render.record import why_stale

    if as_json:
        only_json_on_stdout()
    settings = load_settings()
    with console.status("counting source, RAW, lake and marts"):
        plan = make_plan(settings, why_stale=why_stale, verify=True, accept_deletes=accept_deletes)
    _print_lines(explain(plan), results)
    outcomes: list[Outcome] = []
    if repair and plan.steps:
        prepare_repair(settings, plan)
        outcomes = _run(settings, plan.steps)
        # The proof that it was mended.
        plan = make_plan(settings, why_stale=why_stale, verify=True, accept_deletes=accept_deletes)
        _print_lines(explain(plan), results)
    _print_refused(plan)
    results.print(closing_line(plan), soft_wrap=True)
    agrees = plan.is_proven and _all_succeeded(outcomes)
    if as_json:
        print_json({"agrees": agrees, "runs": of_outcomes(outcomes)} | of_plan(plan))
    if not agrees:
        advice = "" if repair else " Nothing was changed; `shopstream verify --repair` repairs what can be repaired."
        results.print(f"Not everything agrees.{advice}", soft_wrap=True)
        raise typer.Exit(1)
    results.print(VERIFIED)


def rebuild_raw() -> None:
    """Load RAW again from the lake, whatever the source holds now, and build the marts."""
    from shopstream_platform.pipeline.refresh.rebuild import rebuild_steps

    settings = load_settings()
    run(settings, rebuild_steps(settings))


def prune() -> None:
    """Drop what is older than SHOPSTREAM_RETENTION_DAYS and proves nothing any more; it happens daily by itself."""
    from shopstream_platform.cli.environment import dagster_home

    settings = load_settings()
    os.environ.update(dagster_home(settings))
    # 0.5 s with Dagster.
    from dagster import DagsterInstance

    from shopstream_platform.defs.housekeeping import sweep

    with console.status("dropping what is old"), DagsterInstance.get() as instance:
        swept = sweep(settings, instance)
    console.print(f"Dropped: {swept}.", soft_wrap=True)


def bring_up_to_date(
    settings: Settings, *, window_days: int | None, dry_run: bool, accept_deletes: bool, as_json: bool = False
) -> None:
    """Compare, say what was found, run it, say what was left out; exit code 1 if anything was refused or failed."""
    from shopstream_platform.pipeline.evolve.stores import bring_stores
    from shopstream_platform.pipeline.feed.feed import FeedUse
    from shopstream_platform.pipeline.refresh.plan import make_plan
    from shopstream_platform.pipeline.refresh.summary import NOTHING_TO_DO, closing_line, explain
    from shopstream_platform.serving.render.record import why_stale

    if not dry_run:
        _print_lines(bring_stores(settings))
    feed = FeedUse.LOOK if dry_run else FeedUse.TAKE
    with console.status("comparing the source with the warehouse"):
        plan = make_plan(settings, window_days, why_stale=why_stale, accept_deletes=accept_deletes, feed=feed)
    outcomes: list[Outcome] = []
    with _dbt_ahead(settings, [] if dry_run else plan.steps):
        if plan.more_days and not dry_run:
            outcomes = _run(settings, [plan.more_days])
            if not _all_succeeded(outcomes):
                _end(plan, outcomes, dry_run=dry_run, as_json=as_json)
            plan = make_plan(settings, window_days, why_stale=why_stale, accept_deletes=accept_deletes)
        _print_lines(explain(plan))
        if dry_run and plan.steps:
            console.print(f"{len(plan.steps)} run(s) would follow; nothing was changed.")
        elif plan.steps:
            outcomes += _run(settings, plan.steps)
        elif not plan.drift.refused:
            console.print(NOTHING_TO_DO, soft_wrap=True)
    # Also where a run has failed: why the marts stay as they are would not be told otherwise.
    _print_refused(plan)
    console.print(closing_line(plan), soft_wrap=True)
    _end(plan, outcomes, dry_run=dry_run, as_json=as_json)


def _end(plan: "Plan", outcomes: "Sequence[Outcome]", *, dry_run: bool, as_json: bool) -> None:
    succeeded = not plan.drift.refused and _all_succeeded(outcomes)
    if as_json:
        print_json({"succeeded": succeeded, "dry_run": dry_run, "runs": of_outcomes(outcomes)} | of_plan(plan))
    if not succeeded:
        raise typer.Exit(1)


def _print_lines(lines: Sequence[str], to: Console = console) -> None:
    for line in lines:
        to.print(f"  {escape(line)}", soft_wrap=True)


def _print_refused(plan: "Plan") -> None:
    for reason in plan.drift.reasons:
        errors.print(f"[red]error:[/] {escape(reason)}", soft_wrap=True)


def run(settings: Settings, steps: "Sequence[Step]") -> None:
    """Run the steps; exit code 1 if one fails."""
    if not _all_succeeded(_run(settings, steps)):
        raise typer.Exit(1)


def _run(settings: Settings, steps: "Sequence[Step]") -> "list[Outcome]":
    from shopstream_platform.cli.environment import dagster_home
    from shopstream_platform.services import resolve

    # The warehouse's too, so that dbt parses the project once, with the profile that it will run with.
    os.environ.update(dagster_home(settings) | resolve.warehouse(settings).environment())
    with _dbt_ahead(settings, steps):
        # 0.5 s with Dagster, which a refresh that finds nothing to do need not wait for.
        from shopstream_platform.cli.progress import run_with_progress

        return run_with_progress(settings, steps)


def _dbt_ahead(settings: Settings, steps: "Sequence[Step]") -> AbstractContextManager[None]:
    """A dbt that gets ready beside Dagster, where the steps are to build anything."""
    if not any(step.build for step in steps):
        return nullcontext()
    from shopstream_platform.dbt.ahead import dbt_ahead

    return dbt_ahead(settings.home)


def _all_succeeded(outcomes: "Sequence[Outcome]") -> bool:
    return all(outcome.success for outcome in outcomes)
