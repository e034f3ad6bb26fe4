"""Names in the warehouse for whatever a source calls its tables and columns."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from shopstream_platform.contract.names import is_plain

LONGEST = 60
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def plain(name: str, otherwise: str) -> str:
    """The name in lower-case letters, digits and single _; `otherwise` if no letter or digit of it can be kept."""
    latin = unicodedata.normalize("NFKD", _WORD_ENDS.sub("_", name).replace("ß", "ss"))
    letters = "".join(c for c in latin if not unicodedata.combining(c)).casefold()
    words = "_".join(re.findall(r"[a-z0-9]+", letters))[:LONGEST].rstrip("_")
    if not words:
        return otherwise
    if not words[0].isalpha():
        words = f"{otherwise}_{words}"
    return words


def unique(names: Iterable[str]) -> list[str]:
    """The names, each with a number behind it that an earlier one has taken."""
    given: list[str] = []
    wanted = list(names)
    taken: set[str] = set()
    for name in wanted:
        number, fresh = 2, name
        # Nor one that a later name has by itself.
        while fresh in taken or (fresh != name and fresh in wanted):
            number, fresh = number + 1, f"{name.rstrip('_')}_{number}"
        taken.add(fresh)
        given.append(fresh)
    return given


def column_names(at_source: Sequence[str]) -> list[str]:
    """The names of a relation's columns in the warehouse, in the same order; none is a word that Snowflake reserves."""
    names = (plain(name, "column_name") for name in at_source)
    return unique(name if is_plain(name) else f"{name}_" for name in names)


def table_names(at_source: Sequence[tuple[str, str]]) -> list[str]:
    """The names of relations, each given by schema and name: with the schema's only where two are else called alike."""
    short = [plain(name, "table_name") for _, name in at_source]
    times = Counter(short)
    return unique(
        f"{plain(schema, 'schema_name')}_{name}" if times[name] > 1 else name
        for (schema, _), name in zip(at_source, short, strict=True)
    )
