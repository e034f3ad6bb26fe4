"""What a command says about an unexpected error, and where it keeps the traceback."""

import errno
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from shopstream_platform.config.files import explained, full_disk, open_private

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)


def sentence(error: Exception, home: Path) -> str:
    """One sentence; the traceback of an unexpected error is in a file of the home's logs, for its owner alone."""
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        return str(explained(error, home))
    # Whoever noticed it first, in whatever words.
    if full := full_disk(home):
        return str(full)
    if _was_emptied(home):
        return (
            f"{home} was emptied while the command ran (by `shopstream reset`?), and what it had done there is gone. "
            "Run the command again, which begins anew"
        )
    kept = _keep(error, home)
    if _is_of_the_instance(error):
        return (
            "Dagster's database could not be used any more (was its server, the embedded PostgreSQL, stopped?), so the "
            f"run ended in the middle. What it had loaded stays; safe to run again. {kept}"
        )
    return f"an unexpected {type(error).__name__} stopped the command: {_short(error)}. {kept}"


def _was_emptied(home: Path) -> bool:
    """Whether the folder of Dagster's instance, which the command had made, is no longer there."""
    dagster = home / "dagster"
    return os.environ.get("DAGSTER_HOME") == str(dagster) and not dagster.exists()


def _is_of_the_instance(error: BaseException | None) -> bool:
    """Whether SQLAlchemy raised it: the platform itself uses it nowhere, Dagster for its instance."""
    while error is not None:
        if any(kind.__module__.startswith("sqlalchemy.") for kind in type(error).__mro__):
            return True
        error = error.__cause__ or error.__context__
    return False


def _short(error: Exception) -> str:
    first = next(iter(str(error).strip().splitlines()), "no message")
    return first[:300].rstrip(".")


def _keep(error: Exception, home: Path) -> str:
    now = datetime.now(UTC)
    path = home / "logs" / f"error-{now:%Y%m%d-%H%M%S}-{os.getpid()}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(open_private(path, os.O_TRUNC), "w", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(error))
    except OSError as failure:
        return f"The traceback could not be kept in {path}: {failure.strerror}"
    return f"The traceback is in {path}"
