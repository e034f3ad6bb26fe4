"""DuckDB's results in the types and arrow layout that Snowflake's connectors read."""

import json
import re
from typing import Any

import numpy as np
import pyarrow as pa

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


def to_snowflake_arrow(table: pa.Table, columns: list[ColumnInfo]) -> bytes:
    arrays = [_snowflake_array(column.combine_chunks()) for column in table.columns]
    fields = [field.with_type(array.type) for field, array in zip(table.schema, arrays, strict=True)]
    schema = to_sf_schema(pa.schema(fields), columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def _snowflake_array(array: Any) -> Any:
    kind = array.type
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], kind)
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
    if pa.types.is_nested(kind):
        values = array.to_pylist()
        return pa.array([None if value is None else json.dumps(value, default=str) for value in values], pa.string())
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
