"""Files of the home and of the dbt project that are neither a service's data nor records: logs, pages, artifacts."""

import os
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.pipeline.forget.needles import FILL, Needles
from shopstream_platform.pipeline.forget.record import FOLDER

# Searched by their own servers, or, like state.json, of use to nobody if they were changed.
SERVICES_DATA = ("object_store/data", "postgres/data", "warehouse/data")
OF_DBT = ("target", "logs")
CHUNK, OVERLAP = 1 << 23, 4096


def searched(home: Path) -> Iterator[Path]:
    """Every file that may hold what somebody wrote."""
    left_out = {home / FOLDER, *(home / folder for folder in SERVICES_DATA)}
    for root in (home, *(PROJECT_DIR / name for name in OF_DBT)):
        for folder, folders, names in os.walk(root):
            here = Path(folder)
            folders[:] = [name for name in folders if here / name not in left_out]
            files = (here / name for name in names)
            yield from (path for path in files if path.is_file() and not path.is_symlink())


def places(path: Path, needles: Needles) -> list[tuple[int, int]]:
    """(start, end) of every place in a file that holds the person."""
    found: dict[int, int] = {}
    try:
        with path.open("rb") as file:
            at, end = 0, b""
            while part := file.read(CHUNK):
                content = end + part
                base = at - len(end)
                found |= {base + start: base + stop for start, stop in needles.found(content)}
                at, end = at + len(part), content[-OVERLAP:]
    except FileNotFoundError:
        return []
    return sorted(found.items())


def scrub(path: Path, needles: Needles) -> int:
    """Overwrite every place in the file itself; whoever appends to it goes on. How many there were."""
    found = places(path, needles)
    if found:
        with path.open("r+b") as file:
            for start, end in found:
                file.seek(start)
                file.write(FILL.encode() * (end - start))
            file.flush()
            os.fsync(file.fileno())
    return len(found)
