"""dbt in a process of its own that runs one command after another: it imports dbt once, 3 s."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from shopstream_platform.config.modules import hide_pandas
from shopstream_platform.dbt.child import LOCK, end_with_parent

# What dbt has to say of a command that failed; empty if it did not.
Said = list[str]


class Worker:
    """Commands run in their order, each with the whole environment that it is given."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Future[Said]:
        """Begin a command of dbt's; the future is what it says if it fails."""
        return self._pool.submit(_invoke, list(arguments), dict(environment))


@contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """So many processes, none of which outlives the block, nor this process."""
    # Not forked: this process has threads.
    how = {"max_workers": 1, "mp_context": get_context("spawn")}
    pools = [ProcessPoolExecutor(**how, initializer=_begin, initargs=(os.getpid(),)) for _ in range(count)]
    try:
        yield [Worker(pool) for pool in pools]
    except BaseException:
        # What runs is of no use any more.
        for process in [process for pool in pools for process in (pool._processes or {}).values()]:
            process.terminate()
        raise
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _begin(parent: int) -> None:
    end_with_parent(parent)
    hide_pandas()
    if lock := os.environ.get(LOCK):
        # Held beside the other worker until this process ends: the next dbt waits for one that is being ended, too.
        fcntl.flock(os.open(lock, os.O_RDONLY), fcntl.LOCK_SH)


def _invoke(arguments: list[str], environment: dict[str, str]) -> Said:
    os.environ.clear()
    os.environ.update(environment)
    # As the module says.
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg

    said: Said = []

    def note(event: EventMsg) -> None:
        if event.info.level == "error":
            said.append(event.info.msg)  # pyright: ignore[reportAttributeAccessIssue]

    done = dbtRunner(callbacks=[note]).invoke(["--log-level", "none", *arguments])
    if done.success:
        return []
    return said or [str(done.exception or "dbt does not say why")]
