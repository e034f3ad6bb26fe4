"""`shopstream diff BASE`: what a change of the dbt project changes in the data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import console, only_json_on_stdout, print_json, results
from shopstream_platform.cli.tables import print_rows
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings

if TYPE_CHECKING:
    from shopstream_platform.diff.comparison import Comparison


def diff(
    base: Annotated[str, typer.Argument(help="The branch or commit to compare with, such as origin/main.")],
    markdown: Annotated[Path | None, typer.Option(help="Write the comment of a pull request to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with the dashboards before and after.")] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            help="How the schemas begin that both versions are built in.", show_default="the home's, and DIFF_"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Build the models that a change can touch in both versions, and compare them: rows, columns, metrics, pages."""
    from shopstream_platform.diff import report
    from shopstream_platform.diff.run import compare_with

    if as_json:
        only_json_on_stdout()
    try:
        found = compare_with(base, load_settings(), prefix, lambda line: console.print(escape(line), soft_wrap=True))
    except ShopStreamError:
        # CI shows it instead of that of an earlier push.
        if markdown:
            report.write(markdown, report.failure_as_markdown())
        raise
    if markdown:
        report.write(markdown, report.as_markdown(found))
    if html:
        report.write(html, report.as_page(found))
    if as_json:
        print_json(report.as_json(found))
    else:
        _print(found)
    if found.failed:
        raise typer.Exit(1)


def _print(found: "Comparison") -> None:
    from shopstream_platform.diff.report import closing_line, columns_line, loaded_line, shown

    if found.models:
        names = ("model", "before", "after", "added", "removed", "changed", "columns")
        rows = [
            (one.model, one.before, one.after, one.added, one.removed, one.changed, columns_line(one))
            for one in found.models
        ]
        print_rows(results, names, rows)
    if moved := [metric for metric in found.metrics if metric.moved]:
        rows = [(metric.label, shown(metric.before), shown(metric.after)) for metric in moved]
        print_rows(results, ("metric", "before", "after"), rows)
    for failure in (*found.not_built, *found.tests):
        results.print(f"[red]{escape(failure.told)}[/]", soft_wrap=True)
    for failure in found.base_not_built:
        results.print(escape(f"{found.commit}: {failure.told}"), soft_wrap=True)
    if loaded := loaded_line(found):
        results.print(f"[yellow]{escape(loaded)}[/]", soft_wrap=True)
    for line in (*(f"{one.model}: {note}" for one in found.models for note in one.notes), *found.not_compared):
        results.print(escape(line), soft_wrap=True)
    results.print(escape(closing_line(found)), soft_wrap=True)
