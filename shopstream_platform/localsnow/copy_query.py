"""The query between the files and the table: $1, paths, METADATA$ columns, and the casts to the table's types."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import Expr, exp

from shopstream_platform.localsnow import (
    copy_csv,
    copy_json,
    metadata,
)
from shopstream_platform.localsnow.copy_files import LocalFile
from shopstream_platform.localsnow.copy_history import Table
from shopstream_platform.localsnow.copy_options import CopyOptions
from shopstream_platform.localsnow.copy_values import TargetColumn, from_text, is_invalid
from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.interfaces import Cursor

ROW_NUMBER = "METADATA$FILE_ROW_NUMBER"


@dataclass(frozen=True)
class Query:
    """Values V1, V2 ... for the target columns, not yet cast, and FILENAME; `text` says which of them are text."""

    sql: str
    columns: list[TargetColumn]
    types: list[str]
    truncate: bool

    def casts(self) -> list[str]:
        return [self._cast(number) for number in range(len(self.columns))]

    def invalid(self) -> list[tuple[str, TargetColumn]]:
        """For each value that is text: a condition that holds where it does not fit its column."""
        return [
            (is_invalid(text, column), column)
            for number, column in enumerate(self.columns)
            if (text := self._text(number)) is not None
        ]

    def value(self, column: TargetColumn) -> str:
        return f"V{self.columns.index(column) + 1}"

    def _cast(self, number: int) -> str:
        column, text = self.columns[number], self._text(number)
        if text is not None:
            return from_text(text, column, self.truncate)
        value = f"V{number + 1}"
        if column.type == "VARCHAR":
            return from_text(f"CAST({value} AS VARCHAR)", column, self.truncate)
        return value if self.types[number] == column.type else f"CAST({value} AS {column.type})"

    def _text(self, number: int) -> str | None:
        value, kind = f"V{number + 1}", self.types[number]
        if kind == "JSON":
            return None if self.columns[number].type == "JSON" else f"({value} ->> '$')"
        return value if kind == "VARCHAR" else None


def target_columns(cursor: Cursor, table: Table, target: Expr) -> list[TargetColumn]:
    """The columns that the statement names, or all of them."""
    described = cursor.session.duck.execute(f"DESCRIBE {table.sql}").fetchall()
    lengths = metadata.text_lengths(cursor.session.catalogue, table.database, table.schema, table.name)
    known = {
        row[0]: TargetColumn(row[0], row[1], position, lengths.get(row[0]))
        for position, row in enumerate(described, start=1)
    }
    if not isinstance(target, exp.Schema):
        return list(known.values())
    names = [item.name if item.args.get("quoted") else item.name.upper() for item in target.expressions]
    missing = [name for name in names if name not in known]
    if missing:
        raise sql_error(f"SQL compilation error:\ninvalid identifier '{missing[0]}'", 904, "42000")
    return [known[name] for name in names]


def build(
    cursor: Cursor,
    select: exp.Select | None,
    files: list[LocalFile],
    columns: list[TargetColumn],
    options: CopyOptions,
) -> Query:
    """The query of the statement over these files."""
    given = options.format
    if given.type == "JSON":
        source = copy_json.reader(files, given)
    else:
        fields = len(columns) if select is None else copy_csv.count_fields(files, given)
        source = copy_csv.reader(files, given, fields)
    if select is None:
        expressions = _plain_values(columns, options)
    else:
        _refuse_clauses(select)
        expressions = _translated(cursor, select, files)
        if any("FILE_ROW" in expression for expression in expressions):
            source = numbered(source)
    if len(expressions) != len(columns):
        message = (
            "SQL compilation error:\nInsert value list does not match column list expecting"
            f" {len(columns)} but got {len(expressions)}"
        )
        raise sql_error(message, 2020, "21S01")
    values = ", ".join(f"{expression} AS V{number}" for number, expression in enumerate(expressions, start=1))
    sql = f"SELECT {values}, FILENAME FROM {source} AS SOURCE"
    return Query(sql, columns, _types(cursor, sql, len(columns)), options.truncate_columns)


def numbered(source: str) -> str:
    """The rows with their number within the file."""
    inner = f"SELECT *, row_number() OVER () AS FILE_POSITION FROM {source}"
    return f"(SELECT *, row_number() OVER (PARTITION BY FILENAME ORDER BY FILE_POSITION) AS FILE_ROW FROM ({inner}))"


def _plain_values(columns: list[TargetColumn], options: CopyOptions) -> list[str]:
    if options.format.type == "CSV":
        return [f"C{number}" for number in range(1, len(columns) + 1)]
    if options.match_by_column_name != "NONE":
        by_case = options.match_by_column_name == "CASE_SENSITIVE"
        return [copy_json.member(column.name if by_case else column.name.lower()) for column in columns]
    if len(columns) != 1 or columns[0].type != "JSON":
        message = (
            "SQL compilation error:\nJSON file format can produce one and only one column of type variant, object, or"
            " array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with"
            " transformation."
        )
        raise sql_error(message, 2019, "0A000")
    return ["C1"]


def _translated(cursor: Cursor, select: exp.Select, files: list[LocalFile]) -> list[str]:
    inner = exp.select(*[_renamed(expression.copy(), files) for expression in select.expressions])
    translated = cursor.translate(inner)
    return [expression.unalias().sql(dialect="duckdb") for expression in translated.expressions]


def _renamed(expression: Expr, files: list[LocalFile]) -> Expr:
    """$1 becomes C1; a METADATA$ column what DuckDB knows of it."""

    def rename(node: Expr) -> Expr:
        if isinstance(node, exp.Parameter):
            return exp.column(f"C{node.name}")
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Parameter):
                return exp.column(f"C{node.this.name}")
            return _metadata(node.name.upper(), files) or node
        return node

    return expression.transform(rename)


def _metadata(name: str, files: list[LocalFile]) -> Expr | None:
    if name == "METADATA$FILENAME":
        names = exp.Anonymous(this="list_value", expressions=[exp.Literal.string(file.key) for file in files])
        return exp.Anonymous(this="list_extract", expressions=[names, FILE_INDEX.copy()])
    if name == ROW_NUMBER:
        return exp.column("FILE_ROW")
    if name == "METADATA$START_SCAN_TIME":
        return exp.cast(exp.CurrentTimestamp(), "TIMESTAMP")
    if name.startswith("METADATA$"):
        raise unsupported(name)
    return None


# Files are stored under their number: see copy_files.
FILE_INDEX = exp.maybe_parse("CAST(SPLIT_PART(PARSE_FILENAME(FILENAME), '.', 1) AS BIGINT) + 1", dialect="duckdb")


def _refuse_clauses(select: exp.Select) -> None:
    for clause in ("where", "group", "having", "order", "limit", "distinct", "qualify", "joins"):
        if select.args.get(clause):
            raise unsupported(f"{clause.upper()} in a COPY query")
    source = select.args["from_"].this
    if source.args.get("format") or source.args.get("pattern"):
        raise unsupported("FILE_FORMAT or PATTERN inside a COPY query: put them after it")


def _types(cursor: Cursor, sql: str, count: int) -> list[str]:
    with cursor.session.aside() as connection:
        described = connection.execute(f"DESCRIBE {sql}").fetchall()
    return [row[1] for row in described[:count]]
