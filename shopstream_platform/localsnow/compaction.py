"""Write the databases' files anew, while no server runs: `python -m ...localsnow.compaction --root DIR`.

DuckDB keeps the blocks of deleted rows in its file and uses them again one day. A file that holds what the database
holds, and nothing else, is a copy of it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import duckdb

from shopstream_platform.localsnow import upstream
from shopstream_platform.localsnow.folders import Folders, quoted

SUFFIX = ".compacted"
COPY = "_compacted"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the local warehouse's files anew.")
    parser.add_argument("--root", type=Path, required=True, help="folder of the databases; its server must be stopped")
    compact(Folders(parser.parse_args().root.resolve()))


def compact(folders: Folders) -> None:
    """Copy each database into a new file, which takes the old one's name. Killed, it leaves the old file."""
    folders.prepare()
    for left in folders.data.glob(f"*{SUFFIX}*"):
        left.unlink()
    for file in sorted(folders.data.glob("*.db")):
        _compact(folders, file)


def _compact(folders: Folders, file: Path) -> None:
    fresh = file.with_name(f"{file.name}{SUFFIX}")
    with duckdb.connect(":memory:", config={"temp_directory": str(folders.scratch / "spill")}) as duck:
        # All of them, under the names that views have for them.
        duck.execute(f"ATTACH '{quoted(folders.data / 'catalogue.duckdb')}' AS {upstream.GLOBAL_DATABASE} (READ_ONLY)")
        for other in sorted(folders.data.glob("*.db")):
            duck.execute(f"ATTACH '{quoted(other)}' AS {other.stem}")
            # What is in the log beside the file would be lost with it.
            duck.execute(f"CHECKPOINT {other.stem}")
        duck.execute(f"ATTACH '{quoted(fresh)}' AS {COPY}")
        duck.execute(f"COPY FROM DATABASE {file.stem} TO {COPY}")
        duck.execute(f"CHECKPOINT {COPY}")
    fresh.chmod(0o600)
    with fresh.open("rb") as written:
        os.fsync(written.fileno())
    fresh.replace(file)


if __name__ == "__main__":
    main()
