"""Partitions are finished in threads while the next are streamed."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

UPLOAD_THREADS = 4
PARTITIONS_IN_FLIGHT = 16

Finished = TypeVar("Finished")
Submit = Callable[[Callable[[], Finished]], Future[Finished]]


@contextmanager
def partition_pool() -> Iterator[Submit[Finished]]:
    """Finish partitions in threads, a bounded number at a time; the first failure stops the stream."""
    in_flight: deque[Future[Finished]] = deque()
    with ThreadPoolExecutor(UPLOAD_THREADS) as pool:

        def submit(job: Callable[[], Finished]) -> Future[Finished]:
            if len(in_flight) >= PARTITIONS_IN_FLIGHT:
                in_flight.popleft().result()
            in_flight.append(pool.submit(job))
            return in_flight[-1]

        yield submit
