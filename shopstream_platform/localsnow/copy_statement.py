"""A COPY statement, understood: what goes from where into which columns."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from shopstream_platform.localsnow import copy_options, copy_query, stages
from shopstream_platform.localsnow.copy_files import LocalFile
from shopstream_platform.localsnow.copy_history import Table
from shopstream_platform.localsnow.copy_options import CopyOptions
from shopstream_platform.localsnow.copy_query import Query
from shopstream_platform.localsnow.copy_values import TargetColumn
from shopstream_platform.localsnow.errors import unsupported
from shopstream_platform.localsnow.interfaces import Cursor
from shopstream_platform.localsnow.stages import Location


@dataclass(frozen=True)
class Copy:
    """One COPY of one cursor."""

    cursor: Cursor
    table: Table
    columns: list[TargetColumn]
    select: exp.Select | None
    location: Location
    options: CopyOptions

    def query(self, files: list[LocalFile]) -> Query:
        return copy_query.build(self.cursor, self.select, files, self.columns, self.options)


def understood(cursor: Cursor, expression: exp.Copy) -> Copy:
    target = expression.this
    named = target.this if isinstance(target, exp.Schema) else target
    table = Table.of(cursor.session, named)
    source = expression.args["files"][0]
    select = source.this if isinstance(source, exp.Subquery) else None
    reference = (select.args["from_"].this if select else source).name
    if not reference.startswith("@"):
        raise unsupported(f"COPY FROM '{reference}': load from a stage")
    options = copy_options.parse(cursor.session, expression)
    columns = copy_query.target_columns(cursor, table, target)
    return Copy(cursor, table, columns, select, stages.resolve(cursor.session, reference), options)
