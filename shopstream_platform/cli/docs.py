"""`shopstream docs`: dbt's documentation site, or how much of the project is documented and tested."""

from typing import Annotated

import typer
from rich.markup import escape

from shopstream_platform.cli.console import errors, results
from shopstream_platform.cli.refresh import run
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings


def docs(
    coverage: Annotated[bool, typer.Option("--coverage", help="Print what is documented and tested instead.")] = False,
    build_only: Annotated[bool, typer.Option("--build-only", help="Do not open a browser.")] = False,
) -> None:
    """Build dbt's documentation site from the warehouse as it is, and open it."""
    from shopstream_platform.pipeline.refresh.plan import Step

    settings = load_settings()
    if coverage:
        _print_coverage(settings)
        return
    run(settings, [Step(tables=[], days=None, build=False, layers=("docs",))])
    results.print(f"documentation: {escape(str(settings.docs_page))}", soft_wrap=True)
    if not build_only:
        typer.launch(settings.docs_page.as_uri())


def _print_coverage(settings: Settings) -> None:
    from shopstream_platform.dbt.coverage import coverage
    from shopstream_platform.dbt.project import read_manifest

    shares = coverage(read_manifest(settings.dbt))
    for share in shares:
        results.print(str(share))
        for name in share.missing:
            errors.print(f"  missing: {escape(name)}")
    if any(share.missing for share in shares):
        raise typer.Exit(1)
