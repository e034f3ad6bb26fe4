"""Files of the home and of the dbt project that are neither a service's data nor records: logs, pages, artifacts."""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.pipeline.forget.needles import FILL, Needles
from shopstream_platform.pipeline.forget.record import FOLDER

# Searched by their own servers, or, like state.json, of use to nobody if they were changed.
SERVICES_DATA = ("object_store/data", "postgres/data", "warehouse/data")
OF_DBT = ("target", "logs")


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
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return []
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return list(needles.found(content))  # pyright: ignore[reportArgumentType] - a pattern searches it
    except FileNotFoundError:
        return []


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
