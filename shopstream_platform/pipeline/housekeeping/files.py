"""The logs of the home: the newest part of each is kept."""

from datetime import datetime
from pathlib import Path

from shopstream_platform.config.files import trim_log

TRACEBACKS = "error-*.log"


def tidy_logs(folder: Path, before: datetime) -> int:
    """Trim logs that have grown too long, delete kept tracebacks of before a moment; how many were deleted."""
    old = [path for path in folder.glob(TRACEBACKS) if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    for path in folder.glob("*.log"):
        trim_log(path)
    return len(old)
