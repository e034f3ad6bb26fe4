"""How old a change was when it had reached the marts: a tag of a cycle's runs, and metadata of what they make."""

from collections.abc import Mapping
from time import time
from typing import Any

SINCE_TAG = "shopstream/oldest_change"
LATENCY = "seconds_from_commit"


def since_tag(since: float | None) -> dict[str, str]:
    """The tag that carries the commit of the oldest change that a run loads, in epoch seconds."""
    return {} if since is None else {SINCE_TAG: f"{since:.3f}"}


def latency(tags: Mapping[str, str]) -> dict[str, Any]:
    """Metadata: seconds from the commit of the run's oldest change until now, which the UI plots; none without one."""
    since = tags.get(SINCE_TAG)
    return {} if since is None else {LATENCY: round(max(time() - float(since), 0), 1)}
