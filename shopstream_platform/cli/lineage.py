"""`shopstream lineage`: the asset graph for catalogues outside."""

from typing import Annotated

import typer

from shopstream_platform.cli.console import console
from shopstream_platform.config.load import load_settings


def lineage(
    send: Annotated[bool, typer.Option("--send", help="Send the events to SHOPSTREAM_OPENLINEAGE_URL.")] = False,
) -> None:
    """Print the asset graph as OpenLineage events, one a line: what each asset is made from, and its columns."""
    from shopstream_platform.definitions import defs
    from shopstream_platform.defs import openlineage

    settings = load_settings()
    events = openlineage.Graph(settings, defs.resolve_all_asset_specs()).job_events()
    if send:
        sent = openlineage.send(settings.lineage, events)
        console.print(f"{sent} events sent to {settings.lineage.openlineage_url}", soft_wrap=True)
        return
    for line in openlineage.as_lines(events):
        typer.echo(line)
