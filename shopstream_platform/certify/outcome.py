"""How a case ends: as documented, different, or not run; never silently."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shopstream_platform.config.errors import ShopStreamError

ARCHITECTURE = "docs/architecture.md"


class Status(StrEnum):
    """The three ends of a case."""

    AS_DOCUMENTED = "as documented"
    DIFFERENT = "different"
    NOT_RUN = "not run"


class Different(Exception):
    """Something is not as documented; the message says what."""


class NotRun(Exception):
    """A case says nothing here; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """One case of a group: its end, what was different or why it was not run, or what was measured; and its page."""

    group: str
    case: str
    status: Status
    detail: str = ""
    seconds: float = 0.0
    page: str = ARCHITECTURE

    def __str__(self) -> str:
        return f"{self.status}: {self.detail}" if self.detail else str(self.status)


def prove(group: str, case: str, attempt: Callable[[], str | None], page: str = ARCHITECTURE) -> Outcome:
    """Run one case; what it returns is the detail. Whatever it raises is its end, an interrupt excepted."""
    began = time.monotonic()
    try:
        status, detail = Status.AS_DOCUMENTED, attempt() or ""
    except NotRun as why:
        status, detail = Status.NOT_RUN, str(why)
    except (Different, ShopStreamError) as what:
        status, detail = Status.DIFFERENT, str(what)
    except Exception as error:
        # Of any client: a case that breaks is a finding, and the next ones still run.
        status, detail = Status.DIFFERENT, f"{type(error).__name__}: {error}"
    return Outcome(group, case, status, " ".join(detail.split()), time.monotonic() - began, page)


def not_run(group: str, case: str, why: str, page: str = ARCHITECTURE) -> Outcome:
    """A case that is left out, with its reason."""
    return Outcome(group, case, Status.NOT_RUN, why, page=page)
