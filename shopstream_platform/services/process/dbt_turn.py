"""One dbt after another on the embedded warehouse, which cannot take more."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt import child as dbt_child
from shopstream_platform.services.process.turn import turn


@contextmanager
def turn_of_dbt(settings: Settings, holder: str, on_wait: Callable[[str], None]) -> Iterator[None]:
    """The block's dbt runs alone; nobody waits where the warehouse is an account. The lock outlives no process."""
    if not settings.warehouse_is_embedded:
        yield
        return
    child = settings.home / "dbt.child.lock"
    with turn(settings.home / "dbt.lock", holder, on_wait):
        # A dbt whose parent was killed holds this one until it has ended.
        with turn(child, holder, on_wait):
            pass
        own = {dbt_child.LOCK: str(child), dbt_child.PARENT: str(os.getpid())}
        os.environ.update(own)
        try:
            yield
        finally:
            for name in own:
                os.environ.pop(name, None)
