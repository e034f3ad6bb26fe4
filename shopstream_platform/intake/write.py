"""Write the files of a proposal into the checkout: all of them or none, and never over one that is there."""

import os
import tempfile
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path, PurePosixPath

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import explained
from shopstream_platform.contract.source import Source, checked
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.intake.render.files import declaration_path, models_folder


def check_free(checkout: Path, source: str) -> None:
    """ShopStreamError if the source is declared already; a folder of models is looked at when they are written."""
    path = checkout / declaration_path(source)
    if path.exists():
        raise ShopStreamError(
            f"{path} exists, and is yours: nothing was written. Edit it (docs/sources.md), compare it with the "
            f"database by `shopstream source check {source}`, or delete it and "
            f"{checkout / models_folder(source)} to begin anew"
        )


def write(checkout: Path, source: str, files: Mapping[PurePosixPath, str]) -> None:
    """Write beside, look whether the declaration holds, then move: the models, and the declaration behind them.

    Killed in between, there are models without a declaration; the same command then goes on from there. Raises
    ShopStreamError if a file is there, or the disk refuses one.
    """
    check_free(checkout, source)
    declared, models = declaration_path(source), models_folder(source)
    beside = checkout / models.parent.parent.parent / "target"
    try:
        beside.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-source-", dir=beside) as folder:
            for path, text in files.items():
                new = Path(folder) / path
                new.parent.mkdir(parents=True, exist_ok=True)
                _write(new, text)
            _check(Path(folder) / declared, source)
            _move_models(Path(folder) / models, checkout / models)
            # A link, unlike a rename, replaces nothing.
            os.link(Path(folder) / declared, checkout / declared)
    except FileExistsError as error:
        raise ShopStreamError(
            f"{error.filename2 or error.filename} exists, and is yours: nothing was written"
        ) from None
    except OSError as error:
        raise explained(error, checkout) from error


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _check(path: Path, source: str) -> None:
    """A declaration that does not hold would keep every command from starting."""
    spec = spec_from_file_location(f"shopstream_new_{source}", path)
    if spec is None or spec.loader is None:
        raise ShopStreamError(f"{path} cannot be read as a module of Python: nothing was written")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        found = module.SOURCE
        if isinstance(found, Source):
            checked(*TABLES, *found.tables)
    except ValueError as error:
        raise ShopStreamError(f"the proposal breaks a rule of declarations, so nothing was written: {error}") from error


def _move_models(new: Path, folder: Path) -> None:
    if folder.exists():
        if _texts(folder) != _texts(new):
            raise ShopStreamError(
                f"{folder} exists and holds other files than would be written there: nothing was written. Move it away"
            )
        return
    new.rename(folder)


def _texts(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
