"""Columns of numpy arrays to PostgreSQL by COPY FROM STDIN."""

from collections.abc import Iterable
from io import BytesIO

import numpy as np
from psycopg2.extensions import cursor as Cursor

from shopstream_platform.simulator.chance import Ints, Texts

NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Column = Iterable[str]


def integers(values: Ints) -> Column:
    """Whole numbers; -1 is NULL."""
    return (NULL if value == -1 else str(value) for value in values.tolist())


def money(cents: Ints) -> Column:
    """Cents as a decimal number."""
    return (f"{value // 100}.{value % 100:02d}" for value in cents.tolist())


def booleans(values: np.ndarray) -> Column:
    """true or false."""
    return ("t" if value else "f" for value in values.tolist())


def texts(values: Iterable[str | None]) -> Column:
    """Any text, escaped; None is NULL."""
    return (NULL if value is None else value.translate(_ESCAPES) for value in values)


def plain(values: Texts) -> Column:
    """Text of our own making without a character to escape; None is NULL."""
    return (NULL if value is None else value for value in values.tolist())


def timestamps(values: Ints, unit: str = "s") -> Column:
    """Seconds (`s`) or milliseconds (`ms`) since 1970; -1 is NULL."""
    written = np.datetime_as_string(values.astype(f"datetime64[{unit}]")).tolist()
    return (NULL if value == -1 else text for value, text in zip(values.tolist(), written, strict=True))


def copy_rows(cursor: Cursor, table: str, columns: dict[str, Column], *, freeze: bool = False) -> int:
    """COPY the columns into the table; how many rows. `freeze` needs a table made or emptied in this transaction."""
    rows = ["\t".join(row) for row in zip(*columns.values(), strict=True)]
    text = "\n".join([*rows, ""]).encode()
    options = " WITH (FREEZE)" if freeze else ""
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN{options}", BytesIO(text), 1 << 20)
    return len(rows)
