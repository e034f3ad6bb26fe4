"""Files of the embedded services: private ones, atomic ones, and the home folder that they own."""

import contextlib
import errno
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import get_ident
from typing import Any

from shopstream_platform.config.errors import ShopStreamError

FREE_SHARE, FREE_BYTES = 0.01, 16 * 2**20
HOME_MARKER = ".shopstream-home"
LOG_BYTES_KEPT = 10_000_000
# The name of a socket has at most 103 bytes on macOS, 107 on Linux.
LONGEST_FOLDER = 90
OPEN_TO_OTHERS = 0o077
# Of a home that root made, where PostgreSQL runs as an account of its own, which has to get through to its folder.
PASSED_THROUGH = 0o710


class DamagedFile(ShopStreamError):
    """A file of the home does not hold what was written."""

    def __init__(self, path: Path, advice: str = "") -> None:
        super().__init__(f"{path} is damaged: put the file back{advice}.")


def open_private(path: Path, flags: int = 0) -> int:
    """A descriptor of a file that only its owner may read; created if need be."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
    if os.geteuid() == 0:
        # Root must not lock out the user to whom the folder belongs.
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step: a reader sees the old text or the new, also after a crash. Mode 0600."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, content: bytes) -> None:
    """`write_private` for bytes."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.tmp")
    with open(open_private(temporary, os.O_TRUNC), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """`write_private` for a JSON object."""
    write_private(path, json.dumps(value, indent=1))


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in the file; empty if there is none, DamagedFile if it holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DamagedFile(path) from error
    except OSError as error:
        raise explained(error, path) from error
    if not isinstance(content, dict):
        raise DamagedFile(path)
    return content


def bytes_below(folder: Path) -> int:
    """Bytes of all files below the folder; a file that vanishes meanwhile counts nothing."""
    return sum(found.st_size for found in files_below(folder))


def files_below(folder: Path) -> Iterator[os.stat_result]:
    """Size, time and the like of all files below the folder; a file that vanishes meanwhile is left out."""
    for directory, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                yield (Path(directory) / name).lstat()


def claim_home(home: Path) -> None:
    """Create the home, for its owner alone; mark it as ours if it is new or empty, so that `reset` may empty it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(home.iterdir()):
        write_private(home / HOME_MARKER, "Made by ShopStream's embedded services; `shopstream reset` empties it.\n")
    if is_claimed(home) and is_open(home):
        close_to_others(home)


def is_open(home: Path) -> bool:
    """Whether other users of the machine may look into the home."""
    mode = stat.S_IMODE(home.stat().st_mode)
    return bool(mode & OPEN_TO_OTHERS) and mode != PASSED_THROUGH


def close_to_others(home: Path) -> None:
    """Take every right of other users away from the home and all in it."""
    # From the top: what lies in a closed folder is out of reach while the rest is being closed.
    for folder, _, names in os.walk(home):
        for path in (Path(folder), *(Path(folder) / name for name in names)):
            with contextlib.suppress(OSError):
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode) and mode & OPEN_TO_OTHERS:
                    path.chmod(stat.S_IMODE(mode) & ~OPEN_TO_OTHERS)


@contextlib.contextmanager
def private(folder: Path) -> Iterator[Path]:
    """The folder, empty and of this user alone; one with a shorter name if its name is too long for a socket's."""
    shutil.rmtree(folder, ignore_errors=True)
    if len(os.fsencode(folder)) > LONGEST_FOLDER:
        folder = Path(tempfile.mkdtemp(prefix="shopstream-"))
    else:
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def trim_log(log: Path) -> None:
    """Keep the end of a log that has grown too long beside it, as NAME.1, and empty the log itself.

    Whoever writes it must append: the file stays the same one. A line that is written between the two is lost.
    """
    try:
        if log.stat().st_size <= LOG_BYTES_KEPT:
            return
        with log.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.seek(-LOG_BYTES_KEPT, os.SEEK_END)
            write_private_bytes(log.with_name(f"{log.name}.1"), file.read(LOG_BYTES_KEPT))
            file.truncate(0)
    except (FileNotFoundError, BlockingIOError):
        return


def is_claimed(home: Path) -> bool:
    """Whether the home was made by the embedded services."""
    return (home / HOME_MARKER).is_file()


def full_disk(folder: Path) -> ShopStreamError | None:
    """The error if the folder's disk has no room; SeaweedFS writes nothing more below a hundredth of it."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    if usage.free >= max(usage.total * FREE_SHARE, FREE_BYTES):
        return None
    return ShopStreamError(
        f"The disk is full: {usage.free / 2**20:,.0f} MB of {usage.total / 2**20:,.0f} MB are free at {folder}; "
        "free some space, then run again."
    )


def explained(error: OSError, path: Path) -> ShopStreamError:
    """The error as one sentence about what a user can do."""
    where = error.filename or path
    if isinstance(error, PermissionError):
        return ShopStreamError(
            f"No permission for {where}: it belongs to another user (was the service first started as root?); "
            "run as that user, or set SHOPSTREAM_HOME to a folder of your own."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ShopStreamError(f"The disk is full: nothing more can be written to {where}; free some space.")
    if error.errno == errno.EROFS:
        return ShopStreamError(f"The disk of {where} is read-only: mount it for writing, then run again.")
    if isinstance(error, NotADirectoryError | FileExistsError):
        return ShopStreamError(f"{where} is a file where a folder is needed: set SHOPSTREAM_HOME to another place.")
    return ShopStreamError(f"{where} cannot be used: {error.strerror or error}.")
