"""The pages on this machine: files of one folder, each there whole or not at all."""

import os
from pathlib import Path

from shopstream_platform.config.settings import Settings


def local_folder(settings: Settings) -> Path:
    """Where the pages lie on this machine."""
    return settings.home / "dashboards"


def write_locally(settings: Settings, name: str, body: bytes) -> None:
    """A file of the local folder, renamed into place: a reader never sees half of it."""
    folder = local_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{name}.{os.getpid()}"
    fresh.touch(mode=0o600)
    # With personal data in it, a page is for its owner alone.
    fresh.chmod(0o600 if settings.show_pii else 0o644)
    fresh.write_bytes(body)
    fresh.replace(folder / name)


def remove_locally(settings: Settings, name: str) -> None:
    """Take a file away; one that is not there is no error."""
    (local_folder(settings) / name).unlink(missing_ok=True)
