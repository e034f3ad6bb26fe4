"""The pages on this machine: files of one folder, each there whole or not at all."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LocalFolder:
    """The folder. With personal data in them, pages are for their owner alone."""

    path: Path
    private: bool

    def write(self, name: str, body: bytes) -> None:
        """Write a file and rename it into place: a reader never sees half of it."""
        self.path.mkdir(parents=True, exist_ok=True)
        fresh = self.path / f".{name}.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.chmod(0o600 if self.private else 0o644)
        fresh.write_bytes(body)
        fresh.replace(self.path / name)

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        (self.path / name).unlink(missing_ok=True)


def local_folder(home: Path, *, show_pii: bool) -> LocalFolder:
    """The pages' folder below the home."""
    return LocalFolder(home / "dashboards", private=show_pii)
