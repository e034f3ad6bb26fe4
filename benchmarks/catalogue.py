"""What a large catalogue costs: the shop's tables against the same and those of a second database.

    python -m benchmarks.catalogue --tables 194 --home /tmp/wide

Two copies of the checkout share a home: one as it is, one in which `shopstream source add` has declared the tables.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import compare

CHECKOUT = Path(__file__).resolve().parents[1]
VARIABLE = "WIDE_DSN"
GRAPH = "from shopstream_platform.definitions import defs; defs.resolve_asset_graph()"
COMMAND = "from shopstream_platform.cli.app import main; main()"
TABLE = """
CREATE TABLE t{0:04} (
    id bigint PRIMARY KEY, name text NOT NULL, kind varchar(20), amount numeric(12,2), is_open boolean,
    note text, made_at timestamptz NOT NULL, changed_at timestamptz
);
INSERT INTO t{0:04} SELECT i, 'n' || i, 'k', i * 1.5, TRUE, NULL, timestamptz '2026-01-01' + i * interval '1 minute'
FROM generate_series(1, 200) AS i;
"""


def main() -> None:
    """Make both copies, then measure: the graph in turns, the refresh of one after that of the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=194)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, required=True)
    arguments = parser.parse_args()
    environment = {**os.environ, "SHOPSTREAM_HOME": str(arguments.home), "SHOPSTREAM_SCALE": "0.02"}
    environment[VARIABLE] = _database(arguments.home, arguments.tables)
    copies = {name: _copy(arguments.home / "copies" / name) for name in ("small", "large")}
    _shopstream(copies["small"], environment, "refresh")
    _shopstream(copies["large"], environment, "source", "add", "wide", "--dsn-env", VARIABLE, "--yes")
    # Loads the tables, and parses the project, which the graph would have to wait for.
    _shopstream(copies["large"], environment, "refresh")
    graphs = {name: _command(folder, GRAPH) for name, folder in copies.items()}
    results = compare("definitions and graph", graphs, environment, arguments.rounds)
    for name, folder in copies.items():
        # Each has models of its own, so that what the other has built is brought up to date before its rounds.
        _shopstream(folder, environment, "refresh")
        idle = {name: _command(folder, COMMAND, "refresh")}
        results += compare("refresh, nothing to do", idle, environment, arguments.rounds)
    for result in results:
        print(f"{result.group}, {result.case} catalogue: {result.wall:.1f} s, CPU {result.cpu:.1f} s")


def _command(folder: Path, code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", f"import os, sys; os.chdir({str(folder)!r}); sys.path[0] = '.'; {code}", *words]


def _database(home: Path, tables: int) -> str:
    import psycopg2

    from shopstream_platform.services import embedded

    dsn = embedded.database(home, "wide").dsn
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for number in range(tables):
            cursor.execute(TABLE.format(number))
    return dsn


def _copy(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0")[:-1]:
        if (source := CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def _shopstream(folder: Path, environment: Mapping[str, str], *words: str) -> None:
    subprocess.run(_command(folder, COMMAND, *words), env=environment, check=True)


if __name__ == "__main__":
    main()
