"""The chunks of snapshot tables that a plan has named, as tags of the run that extracts them."""

from collections.abc import Mapping

from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.declare import Table

NAMED_TAG = "shopstream/chunks_of_{}"


def named_tags(named: Mapping[str, Named]) -> dict[str, str]:
    """A tag a table. A run that somebody starts has none, and compares all chunks."""
    return {NAMED_TAG.format(table): chunks.text for table, chunks in named.items()}


def named_of(tags: Mapping[str, str], table: Table) -> Named | None:
    """What the plan of a run with these tags has named of the table."""
    text = tags.get(NAMED_TAG.format(table.name))
    return Named.of(text) if text else None
