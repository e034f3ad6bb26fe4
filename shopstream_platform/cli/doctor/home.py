"""Whether other users of the machine can look into the home."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.files import OPEN_TO_OTHERS, is_open

SHOWN = 3
SERVERS_DATA = "data"


def home_findings(home: Path) -> Iterator[Finding]:
    """The home itself, then what lies in it; nothing if there is no home yet."""
    if not home.exists():
        return
    if is_open(home):
        detail = f"other users of this machine can look into {home}: run `chmod -R go-rwx {home}`"
        yield Finding("home", "error", detail)
        return
    if opened := list(_open_entries(home)):
        shown = ", ".join(map(str, opened[:SHOWN])) + (", ..." if len(opened) > SHOWN else "")
        detail = (
            f"{len(opened)} entries would be readable by others if the folder around them were ({shown}): "
            f"run `chmod -R go-rwx {home}`"
        )
        yield Finding("home", "warning", detail)
        return
    yield Finding("home", "ok", f"{home} and all in it are closed to other users of this machine")


def _open_entries(home: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(home):
        # What a server writes there it opens and closes as it likes; the folder above is closed.
        if Path(folder).parent == home and SERVERS_DATA in folders:
            folders.remove(SERVERS_DATA)
        for name in (*folders, *names):
            path = Path(folder) / name
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if not stat.S_ISLNK(mode) and mode & OPEN_TO_OTHERS:
                yield path.relative_to(home)
