"""The imported tables as the warehouse has them: names, kinds and types."""

from collections.abc import Iterator
from pathlib import Path

from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.pbip.check.queries import source_of
from shopstream_platform.pbip.check.reading import ReadModel, ReadTable, read_model
from shopstream_platform.serving.power_bi.contracts import contracts
from shopstream_platform.stores.warehouse import Warehouse

_TYPES = {
    "int64": {"NUMBER", "DECIMAL"},
    "decimal": {"NUMBER", "DECIMAL"},
    "double": {"NUMBER", "DECIMAL", "FLOAT"},
    "string": {"TEXT", "VARCHAR"},
    "dateTime": {"DATE", "TIMESTAMP_NTZ"},
    "boolean": {"BOOLEAN"},
}
_COLUMNS = """
    SELECT c.column_name, c.data_type, c.numeric_scale, t.table_type
    FROM information_schema.columns AS c
    INNER JOIN information_schema.tables AS t ON c.table_schema = t.table_schema AND c.table_name = t.table_name
    WHERE c.table_schema = %s AND c.table_name = %s
"""


def warehouse_problems(project: Path, warehouse: Warehouse, settings: DbtSettings) -> list[str]:
    """What an import would not find there, or would find of another type."""
    model, _ = read_model(project, contracts())
    tables = [table for table in model.tables.values() if table.kind == "m"]
    return [problem for table in tables for problem in _table_problems(model, table, warehouse, settings)]


def _table_problems(model: ReadModel, table: ReadTable, warehouse: Warehouse, settings: DbtSettings) -> Iterator[str]:
    source = source_of(model, table)
    if source is None:
        return
    schema = settings.schema_of(source.schema)
    rows = warehouse.rows(_COLUMNS, (schema, source.name.upper()))
    place = f"{schema}.{source.name.upper()}"
    if not rows:
        yield f"{place} is not in the warehouse, or the role may not read it: build it with `shopstream refresh`"
        return
    # Snowflake's connector lists views elsewhere, so that the import of one would fail.
    if any(kind != "BASE TABLE" for *_, kind in rows):
        yield f"{place} is no table"
    found = {name: (kind, scale) for name, kind, scale, _ in rows}
    for column in table.columns.values():
        kind, scale = found.get(column.source, ("", None))
        if not kind:
            yield f"{place} has no column {column.source}"
        elif kind not in _TYPES[column.data_type] or (column.data_type == "int64" and scale):
            yield f"{place}.{column.source} is {kind} with scale {scale}, which {column.data_type} cannot hold"
