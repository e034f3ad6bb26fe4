"""Less work for Python's collector of garbage in processes that import much and end soon."""

import atexit
import gc

# Dagster and dbt make a million objects that live as long as the process; by default 700 are a reason to look.
OBJECTS_AT_ONCE = 50_000


def collect_seldom() -> None:
    """Look for garbage after many new objects, and not at all while the interpreter ends: 0.5 s with Dagster's."""
    gc.set_threshold(OBJECTS_AT_ONCE, 20, 20)
    atexit.register(gc.freeze)
