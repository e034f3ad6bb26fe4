"""One line of `shopstream doctor`'s report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, ok / warning / error, and what was seen or how to fix it."""

    subject: str
    state: str
    detail: str

    @property
    def is_error(self) -> bool:
        """Whether something cannot work as it is."""
        return self.state == "error"
