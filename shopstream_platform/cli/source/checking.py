"""Each declared source against its database, and what there is to say of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console

from shopstream_platform.cli.console import cell
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.source_dsn import source_connection
from shopstream_platform.contract.source import Source
from shopstream_platform.intake.compare import Difference, compare
from shopstream_platform.intake.inspect import inspect
from shopstream_platform.pipeline.extract.schema import check_server
from shopstream_platform.stores.postgres import snapshot


@dataclass(frozen=True)
class Checked:
    """A source: the number of its tables, why it could not be looked at if so, and every difference."""

    source: str
    tables: int
    error: str | None = None
    differences: list[Difference] = field(default_factory=list)
    loads: bool = True


def checked_sources(sources: Iterable[Source]) -> list[Checked]:
    """One after another; a source that cannot be reached keeps no other from being compared."""
    return [_checked(source) for source in sources]


def print_checked(console: Console, found: Iterable[Checked]) -> None:
    """A paragraph for each source."""
    said = False
    for one in found:
        said = True
        stopping = [difference for difference in one.differences if difference.stops]
        console.print(f"[bold]{cell(one.source)}[/]: {_summary(one)}", soft_wrap=True)
        for difference in one.differences:
            colour = "red" if difference in stopping else "yellow"
            console.print(
                f"  [{colour}]{difference.what}[/] {cell(difference.at)}: {cell(difference.says)}", soft_wrap=True
            )
        if stopping:
            console.print(
                f"  Correct the database, or the declaration in shopstream_platform/contract/sources/{one.source}.py.",
                soft_wrap=True,
            )
    if not said:
        console.print("No source is declared beside the shop's: `shopstream source add` brings one.", soft_wrap=True)


def _summary(one: Checked) -> str:
    if one.error is not None:
        return f"not compared: {cell(one.error)}"
    stopping = sum(difference.stops for difference in one.differences)
    undeclared = sum(difference.what == "undeclared" for difference in one.differences)
    stops = _counted(stopping, "difference stops a table", "differences stop tables")
    return (
        f"{_counted(one.tables, 'table', 'tables')} declared, {stops if stopping else 'all can be loaded'}; "
        f"{_counted(undeclared, 'undeclared relation or column', 'undeclared relations and columns')}"
    )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _checked(source: Source) -> Checked:
    number = len(source.tables)
    try:
        connection = source_connection(source.name, source.dsn_env)
        with snapshot(connection.dsn, setting=connection.setting) as conn:
            check_server(conn)
            differences = compare(conn, source, inspect(conn))
    except ShopStreamError as error:
        return Checked(source.name, number, error=str(error), loads=False)
    return Checked(source.name, number, None, differences, loads=not any(one.stops for one in differences))
