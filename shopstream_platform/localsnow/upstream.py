"""Everything that is taken from fakesnow. No other module imports it: an upgrade is the work of this file.

Private members, names of its catalogue's tables and steps of its translation stay behind the names given here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from fakesnow import info_schema, macros, transforms
from fakesnow.arrow import to_sf_schema as to_sf_schema
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.converter import from_binding as from_binding
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.expr import normalise_ident as normalise_ident
from fakesnow.instance import GLOBAL_DATABASE_NAME
from fakesnow.rowtype import ColumnInfo as ColumnInfo
from fakesnow.statement_type import DML_TYPE_IDS as DML_TYPE_IDS
from fakesnow.statement_type import statement_type_id as statement_type_id
from fakesnow.transforms import SERVER_VERSION as SERVER_VERSION
from fakesnow.transforms import file_format, show, stage
from fakesnow.transforms.file_format import lookup_file_format as lookup_file_format
from fakesnow.transforms.options import parse_options as parse_options
from fakesnow.variables import Variables
from sqlglot import ErrorLevel, Expr, exp

# The database of what belongs to no database of a user, such as stages.
GLOBAL_DATABASE = GLOBAL_DATABASE_NAME
# The schema that each database has beside the user's own, and what a session finds under INFORMATION_SCHEMA.
SCHEMA = "_fs_information_schema"
LOAD_HISTORY = f"{SCHEMA}._fs_load_history"
STAGES = f"{GLOBAL_DATABASE}.{SCHEMA}._fs_stages"
# The macro for FLATTEN, one in each database.
FLATTEN = "_fs_flatten"
_FILE_FORMATS = f"{GLOBAL_DATABASE}.{SCHEMA}._fs_file_formats"
_TABLES = f"{GLOBAL_DATABASE}.{SCHEMA}._fs_tables_ext"
_COLUMNS = f"{GLOBAL_DATABASE}.{SCHEMA}._fs_columns_ext"
_TABLE_NAME = "ext_table_catalog AS database_name, ext_table_schema AS schema_name, ext_table_name AS table_name"

TABLE_COMMENTS = f"(SELECT {_TABLE_NAME}, comment FROM {_TABLES})"
SET_TABLE_COMMENT = f"INSERT OR REPLACE INTO {_TABLES} VALUES (?, ?, ?, ?)"
# Names of database, schema and table.
FORGET_TABLE_COMMENT = f"DELETE FROM {_TABLES} WHERE (ext_table_catalog, ext_table_schema, ext_table_name) = (?, ?, ?)"
# Declared lengths in characters.
TEXT_LENGTHS = (
    f"(SELECT {_TABLE_NAME}, ext_column_name AS column_name, ext_character_maximum_length AS text_length"
    f" FROM {_COLUMNS})"
)
# Names of database, schema, table and column, length in characters, length in bytes.
SET_TEXT_LENGTH = f"INSERT OR REPLACE INTO {_COLUMNS} VALUES (?, ?, ?, ?, ?, ?)"
# Names of database, schema, table and column.
FORGET_TEXT_LENGTH = (
    f"DELETE FROM {_COLUMNS} WHERE ext_table_catalog = ? AND ext_table_schema = ? AND ext_table_name = ?"
    " AND ext_column_name = ?"
)
# For the name of a database that is gone.
FORGET_DATABASE = (
    f"DELETE FROM {STAGES} WHERE database_name = ?",
    f"DELETE FROM {_FILE_FORMATS} WHERE database_name = ?",
    f"DELETE FROM {_TABLES} WHERE ext_table_catalog = ?",
    f"DELETE FROM {_COLUMNS} WHERE ext_table_catalog = ?",
)

Step = Callable[[Expr], Expr]
# As they are before `replace_steps`.
translate_timestamp: Step = transforms.to_timestamp
translate_flatten: Step = transforms.flatten


def parse_one(sql: str) -> Expr:
    """A statement of Snowflake's. Raises SqlglotError, of which upstream makes an error in words about its classes."""
    return sqlglot.parse_one(sql, read="snowflake")


def global_creation_sql() -> str:
    """What a warehouse needs in GLOBAL_DATABASE."""
    own = (
        _columns_view_sql(),
        _with_comments(show.SQL_CREATE_VIEW_SHOW_OBJECTS, "tables"),
        _with_comments(show.SQL_CREATE_VIEW_SHOW_TABLES, "tables"),
        _with_comments(show.SQL_CREATE_VIEW_SHOW_VIEWS, "views"),
    )
    return ";".join((info_schema.fs_global_creation_sql(), show.fs_global_creation_sql(), *own))


def _with_comments(view: str, of: str) -> str:
    """What SHOW OBJECTS, TABLES or VIEWS lists. Upstream says of nothing that it has a comment."""
    none, begins = "'' as comment", "create view if not exists"
    comment = f"""coalesce((SELECT comment FROM {TABLE_COMMENTS} AS x
        WHERE (x.database_name, x.schema_name, x.table_name)
            = ({of}.table_catalog, {of}.table_schema, {of}.table_name)), '') as comment"""
    if none not in view or begins not in view or f"information_schema.{of}" not in view:
        raise KeyError("fakesnow has another view of SHOW OBJECTS, TABLES or VIEWS")
    return view.replace(none, comment).replace(begins, "create or replace view")


def _columns_view_sql() -> str:
    """What SHOW COLUMNS lists. Upstream says of every type that it may be NULL."""
    nullable = """'"nullable":true', '"nullable":' || CASE WHEN is_nullable = 'YES' THEN 'true' ELSE 'false' END"""
    view = show.SQL_CREATE_VIEW_SHOW_COLUMNS.replace("create view if not exists", "create or replace view")
    begins, ends = "    CASE\n        WHEN data_type = 'NUMBER'", 'END as "data_type"'
    if begins not in view or ends not in view:
        raise KeyError("fakesnow has another view of SHOW COLUMNS")
    return view.replace(begins, begins.replace("CASE", "replace(CASE")).replace(
        ends, f'END, {nullable}) as "data_type"'
    )


def database_creation_sql(database: str) -> str:
    """The views and macros that a database needs.

    Upstream replaces its macros at every connect, which fails once a column default depends on one.
    """
    own = macros.creation_sql(database).replace("CREATE OR REPLACE MACRO", "CREATE MACRO IF NOT EXISTS")
    return ";".join((info_schema.per_db_creation_sql(database), own))


def tables_view_sql(database: str) -> str:
    """The view INFORMATION_SCHEMA.TABLES of a database, to which more rows can be added by UNION ALL BY NAME."""
    view = info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW.substitute(catalog=database)
    return view.replace("create view if not exists", "create or replace view")


def keep_stages_in(folder: Path) -> None:
    """Internal stages lie in this folder.

    Upstream keeps them in a directory of its own under /tmp, which DuckDB may not reach here. It makes one whenever it
    is imported, and never removes it.
    """
    with suppress(OSError):
        Path(stage.LOCAL_BUCKET_PATH).rmdir()
    stage.LOCAL_BUCKET_PATH = str(folder)


def replace_steps(steps: dict[str, Step], csv_defaults: dict[str, str]) -> None:
    """Use these steps of the translation instead of upstream's, and these defaults of CSV files.

    Raises KeyError for a step or an option that upstream does not have, as after an upgrade that renames one.
    """
    for name, step in steps.items():
        if not hasattr(transforms, name):
            raise KeyError(f"fakesnow has no step {name}")
        setattr(transforms, name, step)
    for option, value in csv_defaults.items():
        if option not in file_format.CSV_DEFAULT_OPTIONS:
            raise KeyError(f"fakesnow has no default of {option}")
        file_format.CSV_DEFAULT_OPTIONS[option] = value


# The current database and schema, and whether each counts.
Place = tuple[str | None, str | None, bool, bool]
# In place of a query; no statement can contain it.
_HOLE = "\0"


@dataclass(frozen=True)
class Translated:
    """A statement for DuckDB, and what DuckDB's catalogue does not keep of it."""

    statement: Expr
    # A table and its comment.
    comment: tuple[exp.Table, str | None] | None
    # Columns and their lengths.
    text_lengths: list[tuple[str, int]] | None
    # Its query as DuckDB reads it, if the statement has that in place of a tree.
    query: str | None = None

    def shortened(self) -> Translated:
        """The same with its query as text: small, and quick to write. Itself where that is not sure to be the same."""
        short = None if _has_notes(self.statement) else _short(self.statement)
        if short is None:
            return self
        # A table in a tree holds all of it.
        comment = self.comment and (self.comment[0].copy(), self.comment[1])
        return Translated(short[0], comment, self.text_lengths, short[1])


def _has_notes(statement: Expr) -> bool:
    """Upstream notes beside a statement's parts what is to be done besides, a seed or a result to be found again."""
    return not statement.args.keys() <= statement.arg_types.keys()


def _short(statement: Expr) -> tuple[Expr, str] | None:
    if isinstance(statement, exp.Query):
        # Nobody needs the tree any more: it may be written without a copy.
        query = statement.sql(dialect="duckdb", copy=False)
        return exp.Var(this=query), query
    if not isinstance(statement, exp.Create) or not isinstance(statement.expression, exp.Query):
        return None
    whole, tree = _quietly(statement), statement.expression
    statement.set("expression", exp.Var(this=_HOLE))
    short = statement.copy()
    statement.set("expression", tree)
    before, _, after = _quietly(short).partition(_HOLE)
    query = whole[len(before) : len(whole) - len(after)]
    short.set("expression", exp.Var(this=query))
    return (short, query) if _quietly(short) == whole else None


def _quietly(statement: Expr) -> str:
    """For DuckDB; what it has not is logged when the statement runs."""
    return statement.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE)


class UpstreamSession(FakeSnowflakeConnection):
    """A session's DuckDB connection, its place and its variables."""

    def __init__(
        self,
        duck: duckdb.DuckDBPyConnection,
        results: dict[str, Any],
        database: str | None,
        schema: str | None,
        folder: Path,
    ) -> None:
        """`results` keeps those of earlier statements for RESULT_SCAN; `folder` holds the files of the databases."""
        super().__init__(duck, results, database, schema, create_database=False, create_schema=False, db_path=folder)
        self.place(database if self.database_set else None, schema if self.schema_set else None)

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        return self._duck_conn

    @property
    def where(self) -> Place:
        """All that a translation takes from the session, but for temporary objects."""
        return self.database, self._schema, self.database_set, self.schema_set

    @property
    def place_sql(self) -> str | None:
        """The current database and schema as DuckDB names them."""
        if not self.database_set:
            return None
        # Who has dropped the current schema has none, which fakesnow does not say by its flag.
        return f"{self.database}.{(self.schema_set and self._schema) or 'main'}"

    def place(self, database: str | None, schema: str | None) -> None:
        """Note the current database and schema; DuckDB is told apart."""
        self.database, self._schema = database, schema  # pyright: ignore[reportAttributeAccessIssue]
        self.database_set, self.schema_set = database is not None, schema is not None


class UpstreamCursor(FakeSnowflakeCursor):
    """The steps of a statement, each by itself, so that the order of work is the caller's."""

    def __init__(self, session: UpstreamSession) -> None:
        super().__init__(session, session.duck)

    def set_variable(self, expression: Expr) -> bool:
        """Run SET or UNSET of a session variable; False for any other statement."""
        if not isinstance(expression, exp.Set) and not Variables.is_variable_modifier(expression):
            return False
        self._conn.variables.update_variables(expression)
        return True

    def inline_variables(self, sql: str) -> str:
        """The statement with the values of session variables."""
        return self._inline_variables(sql)

    def check_place(self, expression: Expr) -> None:
        """Raise ProgrammingError if a name needs a current database or schema, and there is none."""
        self.check_db_and_schema(expression)

    def split(self, expression: Expr) -> list[Expr]:
        """The one or several statements that make it up in DuckDB."""
        return self._transform_explode(expression)

    def translate(self, expression: Expr, params: Any = None) -> Expr:
        """The statement for DuckDB."""
        return self._transform(expression, params)

    def run_translated(self, translated: Translated, params: Any = None) -> None:
        """Execute a translated statement; its result becomes the cursor's."""
        self._execute(translated.statement, params)

    @staticmethod
    def without_notes(transformed: Expr) -> Translated:
        """Take a table's comment and the lengths of its text columns from a translated statement.

        Upstream would write them inside the statement's transaction, where DuckDB refuses a second database, and puts
        a comment with an apostrophe into the SQL as it is.
        """
        args = transformed.args
        return Translated(transformed, args.pop("table_comment", None), args.pop("text_lengths", None))

    def set_result(self, table: pa.Table, rows: int, query_id: str) -> None:
        """Make this the result of the statement; `rows` is what the client is told of changed rows."""
        self._arrow_table, self._rowcount, self._sfqid = table, rows, query_id
        self._last_transformed = None

    @property
    def result(self) -> pa.Table | None:
        return self._arrow_table
