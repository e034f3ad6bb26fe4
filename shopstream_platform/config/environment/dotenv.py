"""The one `.env` file that the commands read."""

import os
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from shopstream_platform.config.errors import ShopStreamError

FILE_NAME = ".env"
# Relative ones are meant from where the file lies, wherever a command is started.
PATHS = ("SHOPSTREAM_HOME", "SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_TOKEN_FILE_PATH")


@dataclass(frozen=True)
class DotEnv:
    """The file that was read, if any, the names that it set, and one of the working directory that was not read."""

    path: Path | None = None
    names: frozenset[str] = frozenset()
    passed_over: Path | None = None

    def __str__(self) -> str:
        if self.path is None:
            return "no .env was read"
        passed_over = f"; {self.passed_over} was not, since the checkout has one" if self.passed_over else ""
        return f"{self.path} was read{passed_over}"


# Of this process: errors about settings and `doctor` name the file.
_read = DotEnv()


def last_read() -> DotEnv:
    """What `read_dotenv` read in this process."""
    return _read


def read_dotenv(checkout: Path | None, environ: MutableMapping[str, str] = os.environ) -> DotEnv:
    """Set the variables of the checkout's `.env`, or without one of the working directory's, that are not set yet.

    A variable that is there, be it empty, stays. Relative paths are of the file's folder. Raises ShopStreamError if the
    file cannot be read.
    """
    global _read
    path, passed_over = _find(checkout, Path.cwd())
    values = _values(path) if path else {}
    new = {name: value for name, value in values.items() if name not in environ}
    environ.update(new)
    _read = DotEnv(path, frozenset(new), passed_over)
    return _read


def _find(checkout: Path | None, working: Path) -> tuple[Path | None, Path | None]:
    places = [place / FILE_NAME for place in (checkout, working) if place is not None]
    found = [path for path in dict.fromkeys(places) if path.is_file()]
    return (found[0] if found else None), (found[1] if len(found) > 1 else None)


def _values(path: Path) -> dict[str, str]:
    try:
        # Windows' editors write a mark at the beginning, which is no part of the first name.
        with path.open(encoding="utf-8-sig") as file:
            wrong = [binding.original.line for binding in parse_stream(file) if binding.error]
        values = dotenv_values(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ShopStreamError(f"{path} cannot be read: {error}. Save it as UTF-8 text, or delete it") from error
    if wrong:
        raise ShopStreamError(f"{path}: line {wrong[0]} is not of the form NAME=value: correct or delete it")
    return {name: _from(path.parent, name, value) for name, value in values.items() if value is not None}


def _from(folder: Path, name: str, value: str) -> str:
    if name not in PATHS or not value or value.startswith("~"):
        return value
    return str(folder.absolute() / value)
