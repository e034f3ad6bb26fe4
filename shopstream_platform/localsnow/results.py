"""DuckDB's results in the types and arrow layout that Snowflake's connectors read."""

import json
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.upstream import ColumnInfo, to_sf_schema

INTEGERS = {
    "BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UHUGEINT", "UINTEGER", "USMALLINT", "UTINYINT",
}  # fmt: skip
OTHER_TYPES = {
    "BLOB": "binary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "real",
    "FLOAT": "real",
    "JSON": "variant",
    "TIME": "time",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP_S": "timestamp_ntz",
}
DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
LONGEST_TEXT = 16_777_216
# Snowflake's limit for one value.
MOST_BYTES_OF_A_TEXT = 128 * 2**20
JSON_AT_ONCE = 4096


def row_type(description: list[tuple[str, str]]) -> list[ColumnInfo]:
    """Columns for the client.

    Upstream knows 16 of DuckDB's types and fails on the others (lists, structs, intervals, small integers), and runs
    every statement's DESCRIBE to learn what DuckDB has told it already.
    """
    return [_column(name, duckdb_type) for name, duckdb_type in description]


def _column(name: str, duckdb_type: str) -> ColumnInfo:
    info: ColumnInfo = {
        "name": name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": True,
        "type": _snowflake_type(duckdb_type),
        "byteLength": None,
        "length": None,
        "scale": None,
        "precision": None,
        "collation": None,
    }
    if info["type"] == "fixed":
        decimal = DECIMAL.match(duckdb_type)
        info["precision"], info["scale"] = (int(decimal[1]), int(decimal[2])) if decimal else (38, 0)
    elif info["type"] == "text":
        info["byteLength"] = info["length"] = LONGEST_TEXT
    elif info["type"] == "binary":
        info["byteLength"] = info["length"] = 8_388_608
    elif info["type"].startswith("time"):
        info["precision"], info["scale"] = 0, 9
    return info


def _snowflake_type(duckdb_type: str) -> str:
    if duckdb_type in INTEGERS or duckdb_type.startswith("DECIMAL"):
        return "fixed"
    if duckdb_type.endswith("]") or duckdb_type.startswith(("STRUCT", "MAP", "UNION")):
        return "variant"
    return OTHER_TYPES.get(duckdb_type, "text")


def to_snowflake_arrow(table: pa.Table, columns: list[ColumnInfo], most: int) -> pa.Buffer:
    """An Arrow stream, empty without rows; an error if the result is larger than `most` bytes."""
    if not table.num_rows:
        return pa.py_buffer(b"")
    _check(table, most)
    arrays = [_snowflake_column(column, most) for column in table.columns]
    fields = [field.with_type(array.type) for field, array in zip(table.schema, arrays, strict=True)]
    schema = to_sf_schema(pa.schema(fields), columns)
    converted = pa.Table.from_arrays(arrays, schema=schema)
    if converted.nbytes > most:
        raise errors.result_too_large(most)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(converted)
    return sink.getvalue()


def _check(table: pa.Table, most: int) -> None:
    if table.nbytes <= min(most, MOST_BYTES_OF_A_TEXT):
        return
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            lengths = pc.binary_length(column)  # pyright: ignore[reportAttributeAccessIssue]
            if (pc.max(lengths).as_py() or 0) > MOST_BYTES_OF_A_TEXT:  # pyright: ignore[reportAttributeAccessIssue]
                longest = pc.index(lengths, pc.max(lengths)).as_py()  # pyright: ignore[reportAttributeAccessIssue]
                raise errors.text_too_long(pc.utf8_slice_codeunits(column.slice(longest, 1), 0, 10)[0].as_py())  # pyright: ignore[reportAttributeAccessIssue]
    if table.nbytes > most:
        raise errors.result_too_large(most)


def _snowflake_column(column: pa.ChunkedArray, most: int) -> Any:
    if pa.types.is_nested(column.type):
        return _json_texts(column, most)
    return _snowflake_array(pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0))


def _json_texts(column: pa.ChunkedArray, most: int) -> pa.ChunkedArray:
    """Lists and structs as JSON, some thousand at a time: as Python's objects they take ten times their size."""
    chunks, size = [], 0
    for start in range(0, len(column), JSON_AT_ONCE):
        values = column.slice(start, JSON_AT_ONCE).to_pylist()
        texts = [None if value is None else json.dumps(value, default=str) for value in values]
        chunks.append(pa.array(texts, pa.string()))
        size += chunks[-1].nbytes
        if size > most:
            raise errors.result_too_large(most)
    return pa.chunked_array(chunks, pa.string())


def _snowflake_array(array: Any) -> Any:
    kind = array.type
    if pa.types.is_timestamp(kind):
        return timestamp_struct(array)
    if pa.types.is_time(kind):
        return array.cast(pa.time64("ns")).cast(pa.int64())
    if pa.types.is_uint64(kind):
        # Upstream casts to int64: half of all 64-bit hashes would fail.
        return array.cast(pa.decimal128(20, 0))
    if pa.types.is_decimal(kind) and kind.scale == 0:
        return _small_integers(array)
    if pa.types.is_unsigned_integer(kind):
        return array.cast(pa.int64())
    if pa.types.is_float32(kind):
        return array.cast(pa.float64())
    if pa.types.is_null(kind) or pa.types.is_dictionary(kind):
        return array.cast(pa.string())
    if pa.types.is_interval(kind) or pa.types.is_duration(kind):
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
    return array


def _small_integers(array: Any) -> Any:
    """Snowflake sends whole numbers as integers where they fit, which clients read ten times faster."""
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        return array


def timestamp_struct(array: pa.TimestampArray) -> pa.StructArray:
    """Snowflake's struct of seconds and nanoseconds.

    Upstream leaves out the validity bitmap, so that every NULL timestamp arrives as 1970-01-01.
    """
    missing = np.asarray(array.is_null())
    divisor = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    ticks = array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    seconds, rest = np.divmod(ticks, divisor)
    arrays = [pa.array(seconds, pa.int64()), pa.array((rest * (10**9 // divisor)).astype(np.int32), pa.int32())]
    fields = [pa.field("epoch", pa.int64(), nullable=False), pa.field("fraction", pa.int32(), nullable=False)]
    if array.type.tz:
        arrays.append(pa.array(np.full(len(array), 1440, dtype=np.int32)))
        fields.append(pa.field("timezone", pa.int32(), nullable=False))
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=pa.array(missing))
