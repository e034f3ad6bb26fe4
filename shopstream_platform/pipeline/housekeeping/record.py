"""How long things stay, what the last sweep dropped, and when that was."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from shopstream_platform.config.files import DamagedFile, read_json, write_json
from shopstream_platform.config.groups import OperationSettings

EMBEDDED_DAYS = 30.0
RECORD = "housekeeping.json"


@dataclass(frozen=True)
class Swept:
    """What one sweep dropped."""

    runs: int = 0
    checks: int = 0
    versions: int = 0
    version_bytes: int = 0
    tracebacks: int = 0
    snapshots: int = 0
    loads: int = 0

    def __str__(self) -> str:
        return (
            f"{self.runs:,} superseded runs, {self.checks:,} old executions of checks, {self.versions:,} old versions "
            f"of lake objects ({self.version_bytes / 2**20:,.1f} MiB), {self.tracebacks:,} kept tracebacks, "
            f"{self.snapshots:,} lake objects of old snapshots, {self.loads:,} superseded entries of the load log"
        )


def days_of_files(operation: OperationSettings) -> float:
    """How long old versions in the embedded lake, and kept tracebacks, stay."""
    return operation.retention_days or EMBEDDED_DAYS


def last_sweep(home: Path) -> datetime | None:
    """When what is old was dropped last; None if it never was, or if the note of it is damaged."""
    try:
        finished = datetime.fromisoformat(read_json(home / RECORD)["finished_at"])
    except (DamagedFile, KeyError, TypeError, ValueError):
        return None
    # Without a zone it is not ours, and could not be compared.
    return finished if finished.tzinfo else None


def note_sweep(home: Path, now: datetime, swept: Swept) -> None:
    """Note what was dropped, and when."""
    if home.exists():
        write_json(home / RECORD, {"finished_at": now.isoformat(), **asdict(swept)})
