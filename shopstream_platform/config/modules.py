"""Libraries that take another one where it is installed, and do without where it is not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


def hide_pandas() -> None:
    """Let pandas not be found in this process: Snowflake's connector imports it, and with it numpy, where it is."""
    # Python's own way to say that a module is not to be found.
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType]


@contextmanager
def not_found(name: str) -> Iterator[None]:
    """Let what is imported meanwhile not find this module; nothing where it has been imported before."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        del sys.modules[name]
