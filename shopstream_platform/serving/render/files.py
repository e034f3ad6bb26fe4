"""The pages on this machine: files of one folder, each there whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

from shopstream_platform.config.files import write_private_bytes


@dataclass(frozen=True)
class LocalFolder:
    """The folder; its files are for their owner alone."""

    path: Path

    def write(self, name: str, body: bytes) -> None:
        """Write a file and rename it into place: a reader never sees half of it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private_bytes(self.path / name, body)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        (self.path / name).unlink(missing_ok=True)


def local_folder(home: Path) -> LocalFolder:
    """The pages' folder below the home."""
    return LocalFolder(home / "dashboards")
