"""Which version of the platform a home was made by, kept in version.json: a home of a newer one is left alone.

A home without the file is of version 1, from before there were versions; it differs in nothing else, so that all there
is to do is to write the version down. The warehouse in it has a version of its own (pipeline/upgrade).
"""

from pathlib import Path

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import read_json, write_json

NAME = "version.json"
VERSION = 2


def refuse_newer(home: Path) -> None:
    """ShopStreamError, with nothing written, for the home of a newer version."""
    found = _version(home)
    if found is not None and found > VERSION:
        raise ShopStreamError(
            f"{home} was made by a newer ShopStream ({NAME} says {found}, this one knows {VERSION}): install the newer "
            "one, or set SHOPSTREAM_HOME to another folder"
        )


def write_version(home: Path) -> None:
    """Note that this version uses the home from now on."""
    if _version(home) != VERSION:
        write_json(home / NAME, {"version": VERSION})


def _version(home: Path) -> int | None:
    found = read_json(home / NAME).get("version")
    return found if isinstance(found, int) else None
