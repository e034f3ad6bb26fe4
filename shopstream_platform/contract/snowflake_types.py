"""Snowflake's types as sizes that can be compared: of a declaration, of DESCRIBE, and of SHOW COLUMNS."""

import json
import re
from dataclasses import dataclass

# What a type without its sizes means.
# https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
_DEFAULTS = {
    "NUMBER": (38, 0),
    "VARCHAR": (16_777_216,),
    "BINARY": (8_388_608,),
    "TIME": (9,),
    "TIMESTAMP_NTZ": (9,),
    "TIMESTAMP_LTZ": (9,),
    "TIMESTAMP_TZ": (9,),
}
_SYNONYMS = {"TEXT": "VARCHAR", "STRING": "VARCHAR", "DECIMAL": "NUMBER", "FIXED": "NUMBER", "REAL": "FLOAT"}
_TYPE = re.compile(r"(\w+)(?: PRECISION)?\s*(?:\(([\d\s,]+)\))?")
# What may grow in place, while the values stay. Of a number the digits before the point, not its scale.
# https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
_GROWS = ("VARCHAR", "BINARY", "NUMBER")


@dataclass(frozen=True)
class SnowflakeType:
    """A type and its sizes: length of a text, precision and scale of a number, digits of a second's fraction."""

    name: str
    sizes: tuple[int, ...]

    def holds(self, other: "SnowflakeType") -> bool:
        """Whether every value of the other type is one of this."""
        if self.name != other.name:
            return False
        return self == other or (self._grows_like(other) and self.sizes[0] > other.sizes[0])

    def grows_to(self, other: "SnowflakeType") -> bool:
        """Whether Snowflake turns a column of this type into the other, wider one in place."""
        return self != other and other.holds(self)

    def _grows_like(self, other: "SnowflakeType") -> bool:
        return self.name in _GROWS and self.sizes[1:] == other.sizes[1:]

    def __str__(self) -> str:
        return f"{self.name}({','.join(map(str, self.sizes))})" if self.sizes else self.name


def parsed(text: str) -> SnowflakeType:
    """A type as a declaration or DESCRIBE writes it, whatever follows it; ValueError for what is none."""
    found = _TYPE.match(text.strip().upper())
    if not found:
        raise ValueError(f"{text!r} is not a type of Snowflake")
    name = _SYNONYMS.get(found[1], found[1])
    sizes = tuple(int(size) for size in found[2].split(",")) if found[2] else ()
    default = _DEFAULTS.get(name, ())
    return SnowflakeType(name, sizes + default[len(sizes) :])


def shown(text: str) -> tuple[SnowflakeType, bool]:
    """The type, and whether it may be NULL, of SHOW COLUMNS' `data_type`: a JSON text."""
    found = json.loads(text)
    name = _SYNONYMS.get(str(found["type"]), str(found["type"]))
    match name:
        case "NUMBER":
            sizes = (found["precision"], found["scale"])
        case "VARCHAR" | "BINARY":
            sizes = (found["length"],)
        case "TIME" | "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ":
            sizes = (found["scale"],)
        case _:
            sizes = ()
    return SnowflakeType(name, sizes), bool(found.get("nullable", True))
