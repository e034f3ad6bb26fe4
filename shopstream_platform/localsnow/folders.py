"""Where a warehouse keeps its files."""

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Below a root that nobody but its owner may enter."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def scratch(self) -> Path:
        """Downloads of running COPY statements, and what DuckDB spills; emptied at every start."""
        return self.root / "scratch"

    def prepare(self) -> None:
        self.root.chmod(0o700)
        self.data.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(mode=0o700)


def quoted(path: Path) -> str:
    """The path inside a literal of SQL."""
    return str(path).replace("'", "''")
