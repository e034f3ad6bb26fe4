"""Names in a sentence: the first of them, and how many more there are."""

from collections.abc import Sequence


def first_of(names: Sequence[str], most: int) -> str:
    """'a, b, c', or 'a, b, 7 more'."""
    more = len(names) - most
    return ", ".join([*names[:most], *([f"{more} more"] if more > 0 else [])])
