"""Which ShopStream this is."""

from importlib.metadata import PackageNotFoundError, version

from shopstream_platform.defs.git import commit

PACKAGE = "shopstream-platform"


def version_of_this() -> str:
    """`shopstream 0.1.0`, with the commit where it runs from a clone."""
    try:
        number = version(PACKAGE)
    except PackageNotFoundError:
        number = "not installed"
    found = commit()
    return f"shopstream {number}{f' ({found[:12]})' if found else ''}"
