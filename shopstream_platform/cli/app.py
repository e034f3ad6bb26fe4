"""`shopstream ...`: everything from one command line. Exit code 0 only if all succeeded."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from shopstream_platform.cli import power_bi as power_bi_commands
from shopstream_platform.cli import provision as provision_commands
from shopstream_platform.cli import refresh as commands
from shopstream_platform.cli import startup
from shopstream_platform.cli.certify import certify
from shopstream_platform.cli.clone import clone
from shopstream_platform.cli.console import console, errors, print_json, results, say_only
from shopstream_platform.cli.diff import diff
from shopstream_platform.cli.docs import docs
from shopstream_platform.cli.faults import sentence
from shopstream_platform.cli.forget import forget
from shopstream_platform.cli.lineage import lineage
from shopstream_platform.cli.live import live
from shopstream_platform.cli.migrate import migrate
from shopstream_platform.cli.own_shop import own_shop
from shopstream_platform.cli.query import sql
from shopstream_platform.cli.refresh import bring_up_to_date, run
from shopstream_platform.cli.source import commands as source_commands
from shopstream_platform.cli.tour import tour
from shopstream_platform.cli.ui import commands as ui_commands
from shopstream_platform.cli.version import version_of_this
from shopstream_platform.config.environment.dotenv import read_dotenv
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.garbage import collect_seldom
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.modules import hide_pandas
from shopstream_platform.config.settings import checkout, default_home
from shopstream_platform.services import embedded

app = typer.Typer(
    help="ShopStream: PostgreSQL -> S3 -> Snowflake -> dbt as software-defined assets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(provision_commands.app, name="provision")
app.add_typer(power_bi_commands.app, name="power-bi")
app.add_typer(source_commands.app, name="source")

# What the demo ends with.
NEXT = (
    ("shopstream dashboards", "shows the pages in the browser"),
    ("shopstream dev", "opens the Dagster UI: lineage, runs, checks, schedules"),
    ("shopstream refresh", "brings what has changed at the source; `shopstream live` lets something happen there"),
)
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Print configured secrets too.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_of_this())
        raise typer.Exit


@app.callback()
def options(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors and results alone.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print each asset as it is made.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    """ShopStream: PostgreSQL -> S3 -> Snowflake -> dbt as software-defined assets."""
    say_only(quiet=quiet, verbose=verbose)


@app.command()
def demo() -> None:
    """Everything, from nothing to dashboards: services, a simulated shop, one refresh, what came out of it."""
    from shopstream_platform.cli.report import print_layers, print_marts

    settings = load_settings()
    startup.import_ahead()
    startup.parse_ahead(settings)
    up()
    bring_up_to_date(settings, window_days=None, dry_run=False, accept_deletes=False)
    print_layers(console, settings)
    print_marts(console, settings)
    # With what the run has imported: before it, these imports would delay the services.
    from shopstream_platform.cli.dashboards import FIRST_PAGE

    console.print(f"\ndashboards: {escape(str(settings.home / 'dashboards' / FIRST_PAGE))}", soft_wrap=True)
    console.print("\nWhat next:")
    for command, does in NEXT:
        console.print(f"  [bold]{command:<22}[/] {does}", soft_wrap=True)


@app.command()
def up() -> None:
    """Start the embedded services that the configuration needs."""
    from shopstream_platform.cli.report import print_services

    settings = load_settings()
    if settings.embedded_services:
        with console.status("starting the embedded services"):
            print_services(console, embedded.up(settings.home))
    else:
        console.print("Nothing to start: every service is configured.")


@app.command()
def down() -> None:
    """Stop the embedded services; their data stays."""
    stopped = embedded.down(load_settings().home)
    console.print("The embedded services are stopped." if stopped else "No embedded service was running.")


@app.command()
def status(as_json: commands.AsJson = False) -> None:
    """What runs where; how much the home holds, how old it is, and how long it stays."""
    from shopstream_platform.cli.documents import of_status
    from shopstream_platform.cli.holdings import print_holdings
    from shopstream_platform.cli.report import print_services
    from shopstream_platform.cli.ui.serve import listening_ports

    settings = load_settings()
    services, ports = embedded.status(settings.home), listening_ports(settings.home)
    if as_json:
        print_json(of_status(settings, services, ports))
        return
    results.print(f"{version_of_this()}; the home is {escape(str(settings.home))}", soft_wrap=True)
    print_services(results, services)
    for port in ports:
        results.print(f"pages or the Dagster UI on port {port}: `shopstream ui-url --port {port}` logs a browser in")
    print_holdings(results, settings)


@app.command()
def reset(yes: Yes = False) -> None:
    """Stop the embedded services and delete their data. Touches nothing but SHOPSTREAM_HOME."""
    home = load_settings().home
    if not yes and not typer.confirm(f"Delete everything in {home}?"):
        raise typer.Exit(1)
    embedded.reset(home)
    console.print(f"{escape(str(home))} is empty.")


@app.command()
def seed() -> None:
    """Fill the simulated source up to now, without moving anything to the warehouse."""
    from shopstream_platform.contract.days import now_at_source
    from shopstream_platform.pipeline.refresh.missing import days_to_simulate
    from shopstream_platform.pipeline.simulated import SCHEMA, simulate_days
    from shopstream_platform.simulator.report import print_report, progress_bars, read_report

    settings = load_settings()
    if settings.oltp.source == "external":
        raise ShopStreamError("SHOPSTREAM_SOURCE=external: the source is somebody else's and is only read")
    with own_shop(settings) as conn:
        with progress_bars(console) as progress:
            summary = simulate_days(
                conn,
                days_to_simulate(settings),
                scale=settings.simulator.scale,
                seed=settings.simulator.seed,
                now=now_at_source(settings.calendar),
                progress=progress,
            )
        print_report(console, summary, read_report(conn, SCHEMA))


for command in (
    *(commands.refresh, commands.verify, commands.rebuild_raw, commands.prune),
    *(live, tour, migrate, forget, clone, diff, lineage, certify, docs),
):
    app.command()(command)


@app.command()
def dashboards(
    build_only: Annotated[bool, typer.Option("--build-only", help="Do not open a browser.")] = False,
    port: Annotated[int | None, typer.Option(help="Serve the pages on this port of 127.0.0.1 instead.")] = None,
) -> None:
    """Make the dashboards from the marts if they are stale, and open them."""
    from shopstream_platform.cli.dashboards import copy_pages, serve_pages, why_stale
    from shopstream_platform.pipeline.refresh.plan import dashboards_alone
    from shopstream_platform.pipeline.refresh.summary import explain_pages

    settings = load_settings()
    if stale := why_stale(settings):
        for line in explain_pages(stale):
            console.print(f"  {escape(line)}", soft_wrap=True)
        run(settings, [dashboards_alone(stale)])
    page = copy_pages(settings)
    if port is None or build_only:
        results.print(f"dashboards: {escape(str(page))}", soft_wrap=True)
        if not build_only:
            typer.launch(page.as_uri())
        return
    serve_pages(page.parent, settings.home, port)


@app.command()
def doctor(as_json: commands.AsJson = False) -> None:
    """Check every connection and permission; say what to do."""
    from shopstream_platform.cli.doctor.examine import examine, print_findings
    from shopstream_platform.cli.documents import of_findings

    findings = examine(load_settings())
    if as_json:
        print_json(of_findings(findings))
    else:
        print_findings(results, findings)
    if any(finding.is_error for finding in findings):
        raise typer.Exit(1)


@app.command()
def env(
    as_json: Annotated[bool, typer.Option("--json", help="Keyword arguments of each client instead.")] = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Connection settings as shell exports: eval "$(shopstream env)"."""
    from shopstream_platform.cli import environment

    settings = load_settings()
    if as_json:
        print_json(environment.as_json(settings, show_secrets=show_secrets))
    else:
        variables = environment.exports(settings, show_secrets=show_secrets)
        typer.echo(environment.as_shell(variables, unset=environment.superseded(settings)))


for command in (ui_commands.dev, ui_commands.webserver, ui_commands.ui_url, sql):
    app.command()(command)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the source; arguments are psql's own."""
    from shopstream_platform.config.environment.libpq import for_psql
    from shopstream_platform.services import resolve

    variables = for_psql(resolve.postgres(load_settings()).dsn, os.environ)
    os.execve(embedded.psql_program(), ["psql", *context.args], variables)  # noqa: S606


INTERRUPTED = 130


def main() -> None:
    """Entry point: whatever goes wrong is one sentence and an exit code, 130 after an interrupt."""
    collect_seldom()
    hide_pandas()
    startup.heed_interrupts()
    try:
        read_dotenv(checkout())
        app()
    except ShopStreamError as error:
        _end(str(error))
    except KeyboardInterrupt:
        _end_interrupted()
    except SystemExit as end:
        # Typer's answer to Ctrl-C.
        if end.code == INTERRUPTED:
            _end_interrupted()
        raise
    except Exception as error:
        _end(sentence(error, Path(os.environ.get("SHOPSTREAM_HOME") or default_home()).expanduser().absolute()))


def _end(message: str) -> NoReturn:
    errors.print(f"[red]error:[/] {escape(message)}", soft_wrap=True)
    sys.exit(1)


def _end_interrupted() -> NoReturn:
    errors.print("interrupted; safe to run again")
    # Without waiting for threads that an interrupt does not reach.
    sys.stdout.flush()
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
