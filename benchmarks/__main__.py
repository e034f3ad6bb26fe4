"""`python -m benchmarks`: makes a source of its own, measures group by group, prints ratios, writes JSON."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import quote

import psycopg2
import typer
from psycopg2.extensions import parse_dsn
from rich.console import Console
from rich.table import Table

from benchmarks.cases import DAY_SQL
from benchmarks.measure import Result, compare, python, result, run, write_json
from benchmarks.memory import Sampler
from benchmarks.source import fill
from shopstream_platform.services import embedded

console = Console(highlight=False)
Environment = Mapping[str, str]
# Of others.txt, if it was made.
OTHERS = Path("build/others/bin/python")


def extraction(table: str, of: str, rounds: int, environment: Environment) -> list[Result]:
    """One table, or one day of it, by each way; other ways than ours once, since they take ten times as long."""

    def command(case: str) -> list[str]:
        return python("-m", "benchmarks.cases", case, table, of)

    ways = {"COPY to /dev/null": command("limit"), "rows -> objects": command("rows"), "measures": command("measure")}
    ways["whole extraction"] = command("extraction")
    query = DAY_SQL[table] if of == "day" else ""
    group = f"extract {table}, {'one day' if of == 'day' else 'all'}"
    results = compare(group, ways, environment, rounds)
    slow = {"pandas (the reports)": command("reports")}
    if OTHERS.exists():
        slow |= {
            name: [str(OTHERS), str(Path(__file__).with_name("others.py")), name, table] for name in ("sling", "dlt")
        }
        environment = {**environment, **_addresses(Path(environment["SHOPSTREAM_HOME"])), "QUERY": query}
    once = [result(group, case, [run(way, environment)], results[0].wall) for case, way in slow.items()]
    return [*results, *once]


def _addresses(home: Path) -> dict[str, str]:
    """Where the services are, for those who do not know ours."""
    dsn, lake = parse_dsn(embedded.ensure_postgres(home).dsn), embedded.ensure_object_store(home)
    source = "postgresql://{user}:{password}@{host}:{port}/{dbname}"
    store = {"type": "s3", "bucket": lake.bucket, "endpoint": lake.endpoint_url, "region": lake.region}
    store |= {"access_key_id": lake.access_key_id, "secret_access_key": lake.secret_access_key}
    return {
        "SOURCE": source.format(**{name: quote(str(value), safe="") for name, value in dsn.items()}),
        "LAKE": json.dumps(store),
    }


def tables(of: str, rounds: int, environment: Environment) -> list[Result]:
    """Two tables one after another, and both at once."""
    ways = {
        "one after another": python("-m", "benchmarks.cases", "one-by-one", "events", of),
        "two at once": python("-m", "benchmarks.cases", "two-at-once", "events", of),
    }
    return compare(f"order lines and events, {'one day' if of == 'day' else 'all'}", ways, environment, rounds)


def imports(rounds: int, environment: Environment) -> list[Result]:
    """What the definitions cost over Dagster itself."""
    ways = {
        "import dagster": python("-c", "import dagster"),
        "import dagster_dbt too": python("-c", "import dagster, dagster_dbt"),
        "import the definitions": python("-c", "import shopstream_platform.definitions"),
    }
    return compare("import", ways, environment, rounds)


def load(rounds: int, environment: Environment) -> list[Result]:
    """COPY into the local warehouse against DuckDB alone; the objects are those of the extraction."""
    run(python("-m", "benchmarks.cases", "rows", "order_items", "table"), environment)
    embedded.ensure_warehouse(Path(environment["SHOPSTREAM_HOME"]))
    ways = {
        "DuckDB alone": python("-m", "benchmarks.cases", "duckdb", "order_items", "table"),
        "COPY INTO": python("-m", "benchmarks.cases", "copy", "order_items", "table"),
        "the connector alone": python("-m", "benchmarks.cases", "connect", "order_items", "table"),
    }
    return compare("load order_items", ways, environment, rounds)


def shop(scale: float, rounds: int, environment: Environment) -> list[Result]:
    """A shop from nothing, a day of it loaded again, a refresh that finds nothing to do; and the generator alone."""
    command, group = python("-m", "shopstream_platform.cli.app"), f"scale {scale:g}"
    with TemporaryDirectory() as folder:
        own = {**environment, "SHOPSTREAM_HOME": folder, "SHOPSTREAM_SCALE": str(scale)}
        try:
            with Sampler(Path(folder)) as memory:
                demo = run([*command, "demo"], own)
            days = []
            for _ in range(rounds):
                run(python("-m", "benchmarks.cases", "touch", "orders", "day"), own)
                days.append(run([*command, "refresh", "--days", "90"], own))
            idle = [run([*command, "refresh"], own) for _ in range(rounds)]
            embedded.reset(Path(folder))
            seed = run([*command, "seed"], own)
        finally:
            embedded.reset(Path(folder))
    everything = replace(demo, peak=memory.peak)
    cases = {"demo": [everything], "daily run": days, "refresh, nothing to do": idle, "generator": [seed]}
    return [result(group, case, taken, demo.wall) for case, taken in cases.items()]


def main(
    groups: Annotated[
        list[str] | None, typer.Argument(help="lines, events, day, tables, load, import, shop; default: all.")
    ] = None,
    lines: Annotated[int, typer.Option(help="Order lines of the source.")] = 5_000_000,
    events: Annotated[int, typer.Option(help="Events of the source.")] = 2_000_000,
    scale: Annotated[list[float] | None, typer.Option(help="Scale of the simulated shop; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(help="Rounds of each case.")] = 3,
    output: Annotated[Path, typer.Option(help="JSON of all figures.")] = Path("build/benchmarks.json"),
) -> None:
    """Measure side by side."""
    with TemporaryDirectory() as parent:
        # Not there until a service needs it: a folder that no service has made is not reset.
        folder = str(Path(parent) / "home")
        # Settings of the shell would lead the cases elsewhere, or have each compile its libraries again.
        others = ("SHOPSTREAM_", "SNOWFLAKE_", "AWS_", "PG", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        environment = kept | {"SHOPSTREAM_HOME": folder}
        parts: dict[str, Callable[[], list[Result]]] = {
            "lines": lambda: extraction("order_items", "table", rounds, environment),
            "events": lambda: extraction("events", "table", rounds, environment),
            "day": lambda: [r for t in ("order_items", "events") for r in extraction(t, "day", rounds, environment)],
            "tables": lambda: [r for of in ("table", "day") for r in tables(of, rounds, environment)],
            "import": lambda: imports(rounds, environment),
            "load": lambda: load(rounds, environment),
            "shop": lambda: [r for s in scale or [1] for r in shop(s, rounds, environment)],
        }
        wanted = groups or list(parts)
        try:
            if {"lines", "events", "day", "tables", "load"} & set(wanted):
                with console.status("making the source"):
                    fill(psycopg2.connect(embedded.ensure_postgres(Path(folder)).dsn), lines, events)
                    embedded.ensure_object_store(Path(folder))
            results: list[Result] = []
            for name in wanted:
                with console.status(f"measuring {name}"):
                    results += parts[name]()
        finally:
            embedded.reset(Path(folder))
    machine = {"date": f"{date.today()}", "cpus": os.cpu_count(), "platform": platform.platform()}
    machine |= {"load": os.getloadavg(), "python": platform.python_version(), "lines": lines, "events": events}
    _print(results)
    write_json(output, results, machine)
    console.print(f"{output}; {machine}", soft_wrap=True)


def _print(results: list[Result]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("group", "case", "ratio", "wall s", "CPU s", "peak MiB"):
        table.add_column(heading, justify="left" if heading in ("group", "case") else "right")
    for one in results:
        table.add_row(one.group, one.case, f"{one.ratio:.2f}", f"{one.wall:.2f}", f"{one.cpu:.2f}", f"{one.peak:.0f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
