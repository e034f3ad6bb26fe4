"""`shopstream dev`, `webserver` and `ui-url`."""

from pathlib import Path
from typing import Annotated

import typer

from shopstream_platform.cli.console import console, results
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import load_settings
from shopstream_platform.services import embedded
from shopstream_platform.services.process.ports import LOOPBACK, accepts_connections

Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the UI.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Show everything; start, stop and change nothing.")]
AllowedHost = Annotated[
    list[str] | None,
    typer.Option("--allowed-host", help="A further name of the UI in browsers, NAME or NAME:PORT; repeatable."),
]


def dev(port: Port = 3000, read_only: ReadOnly = False, allowed_host: AllowedHost = None) -> None:
    """Start the services and the Dagster UI with its daemon, on the persistent instance."""
    from shopstream_platform.cli import environment
    from shopstream_platform.cli.report import print_services
    from shopstream_platform.cli.ui import processes, serve

    settings = load_settings()
    # Before the services: a port that is taken is said at once. The web server takes it again.
    serve.listen(LOOPBACK, port).close()
    if settings.embedded_services:
        with console.status("starting the embedded services"):
            print_services(console, embedded.up(settings.home))
    names = [option for name in allowed_host or () for option in ("--allowed-host", name)]
    variables, keys = environment.dagster_home(settings), serve.keys_of(settings.home).folder
    # It is told the folder: reading the settings would take the keys of compute logs out of its environment.
    command = ["shopstream", "webserver", "--port", str(port), "--token-folder", str(keys), *names]
    processes.run([*command, *(["--read-only"] if read_only else [])], variables, keys / f"run-{port}")
    console.print("The Dagster UI is stopped; the services stay.")


def webserver(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Dagster's workspace.yaml.")],
    port: Port = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOOPBACK,
    read_only: ReadOnly = False,
    allowed_host: AllowedHost = None,
    no_token: Annotated[bool, typer.Option("--no-token", help="Behind a proxy that asks for a login.")] = False,
    token_folder: Annotated[Path | None, typer.Option(help="Where the token is kept; by default in the home.")] = None,
) -> None:
    """Serve the Dagster UI alone, guarded: for deployments; `shopstream dev` starts it by itself."""
    from shopstream_platform.cli.ui import serve

    listening = serve.listen(host, port)
    keys = None if no_token else serve.keys_in(token_folder) if token_folder else serve.keys_of(load_settings().home)

    def ready(port: int) -> None:
        if keys is None:
            console.print(f"Dagster UI on port {port} of {host}, without a login of its own.")
            return
        results.print(f"Dagster UI: [bold]{serve.address(port, keys)}[/]", soft_wrap=True)
        console.print("The address logs one browser in, once. Ctrl-C stops the UI; the services stay.")

    # 2 s of imports, after the port is taken.
    from shopstream_platform.cli.ui.dagster import application

    with application(workspace, read_only=read_only) as app:
        serve.serve(app, listening, keys, allowed=allowed_host or (), ready=ready)


def ui_url(port: Port = 3000) -> None:
    """Print a new address that logs a browser in to `shopstream dev`, or to `shopstream dashboards --port`."""
    from shopstream_platform.cli.ui import serve

    if not accepts_connections(port):
        raise ShopStreamError(f"nothing listens on port {port}: start `shopstream dev --port {port}` first")
    results.print(serve.address(port, serve.keys_of(load_settings().home)), soft_wrap=True)
