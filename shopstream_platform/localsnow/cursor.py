"""One statement: parsed once, translated for DuckDB, run in the session's transaction, answered as Snowflake would."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Sequence
from itertools import chain, count
from typing import Any

import duckdb
import pyarrow as pa
from snowflake.connector.errors import Error, ProgrammingError
from sqlglot import Expr, exp
from sqlglot.errors import ParseError, SqlglotError

from shopstream_platform.localsnow import (
    context,
    copy_into,
    definitions,
    describe,
    errors,
    functions,
    locks,
    merge,
    plans,
    results,
    stages,
    statements,
    temporary,
    transactions,
)
from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.session import LocalSession
from shopstream_platform.localsnow.upstream import (
    DML_TYPE_IDS,
    Translated,
    UpstreamCursor,
    parse_one,
    statement_type_id,
)

logger = logging.getLogger("shopstream.warehouse")
UNKNOWN_COLUMN = re.compile(r'Binder Error: Referenced column "([^"]+)" not found')
TOO_DEEP = "SQL compilation error:\nthe statement is nested too deeply for the local warehouse."
Parameters = Sequence[Any] | dict[Any, Any] | None


class LocalCursor(UpstreamCursor):
    """Upstream's steps in our own order of work."""

    def __init__(self, session: LocalSession) -> None:
        super().__init__(session)
        self.session = session
        self.type_id = 0
        self.description_rows: list[tuple[str, str]] = []

    def execute(self, command: str, params: Parameters = None, *args: Any, **kwargs: Any) -> LocalCursor:
        """Run a statement; every failure is a SQL error.

        Upstream answers an exception it does not know with HTTP 500, on which the connector retries for minutes.
        """
        with self.session.lock:
            self.session.timed_out = self.session.canceled = self.session.out_of_memory = False
            try:
                self._run(command, kwargs.get("binding_params") or params)
            except Error as error:
                raise _unknown_column(str(error.msg)) or error from error
            except duckdb.InterruptException as error:
                raise self._canceled() from error
            except (MemoryError, duckdb.OutOfMemoryException) as error:
                raise errors.out_of_memory() from error
            except RecursionError as error:
                raise sql_error(TOO_DEEP, errors.SYNTAX, "42000") from error
            except SqlglotError as error:
                raise sql_error(_syntax_error(error), errors.SYNTAX, "42000") from error
            except NotImplementedError as error:
                raise unsupported(str(error) or "this statement") from error
            except duckdb.Error as error:
                raise sql_error(*_snowflake_error(error)) from error
            except Exception as error:
                # Upstream's assertions among them; their words are for who reads its code.
                logger.exception("A statement failed in the server")
                raise errors.not_understood() from error
            finally:
                self.session.last_used = time.monotonic()
        return self

    def _canceled(self) -> ProgrammingError:
        if self.session.out_of_memory:
            return errors.out_of_memory()
        if not self.session.timed_out:
            return sql_error("SQL execution canceled", errors.CANCELED, "57014")
        limit = f"{self.session.parameters.statement_timeout:,.0f}"
        message = f"Statement reached its statement or warehouse timeout of {limit} second(s) and was canceled."
        return sql_error(message, errors.STATEMENT_TIMEOUT, "57014")

    def _run(self, command: str, params: Parameters) -> None:
        statements.refuse_too_large(command)
        statement = statements.bare(command)
        answer = statements.answer(self.session, statement)
        if answer is not None:
            self.answer(answer)
            return
        # With their values: two sessions may have variables of one name.
        text = self.inline_variables(statement)
        plan = None if params else self.session.catalogue.plans.get(self._key(text))
        if plan is None:
            self._run_parsed(text, params)
            return
        self.type_id = plan.type_id
        transactions.run(self.session, plan.kind, None, lambda: self._carry_out(plan))

    def _key(self, text: str) -> plans.Key:
        return plans.Key(text, self.session.where, frozenset(self.session.temporaries.items()))

    def _run_parsed(self, text: str, params: Parameters) -> None:
        expression = self._parse(text)
        if self.set_variable(expression):
            self.answer(statements.status())
            return
        kind = transactions.kind_of(expression)
        bound = list(params) if isinstance(params, tuple) else params
        locked = locks.locked_by(self.session, expression)
        # An attempt changes its tree. Further ones are rare, and a copy takes longer than to parse the text.
        trees = chain([expression], (self._parse(text) for _ in count()))
        transactions.run(self.session, kind, locked, lambda: self._attempt(text, next(trees), bound))

    def _parse(self, text: str) -> Expr:
        expression = parse_one(text)
        statements.refuse_what_snowflake_has_not(expression)
        self.type_id = statement_type_id(expression)
        return expression

    def _attempt(self, text: str, expression: Expr, params: Any) -> None:
        """One try of a statement; it may be tried again when another transaction was in the way."""
        if not params and plans.lasts(expression):
            self._carry_out(self._plan(text, expression))
            return
        temporary.redirect(self.session, expression)
        self.check_place(expression)
        if isinstance(expression, exp.Merge):
            self._merge(expression)
        elif isinstance(expression, exp.Copy):
            self.answer_with(copy_into.run(self, expression))
            return
        elif isinstance(expression, exp.ListStage):
            self.answer(stages.list_files_sql(self.session, expression))
        elif isinstance(expression, exp.Describe) and describe.is_table(expression):
            describe.answer(self, expression)
        elif not definitions.handled(self, expression):
            self.execute_translated(expression, params)
            temporary.forget(self.session, expression)
        self._describe()

    def _plan(self, text: str, expression: Expr) -> plans.Plan:
        kind = transactions.kind_of(expression)
        temporary.redirect(self.session, expression)
        self.check_place(expression)
        afterwards = definitions.comments_of_columns(expression) if isinstance(expression, exp.Create) else ()
        parts = self.split(expression)
        steps = tuple(self.without_notes(self.translate(part)).shortened() for part in parts)
        plan = plans.Plan(kind, self.type_id, steps, afterwards)
        self.session.catalogue.plans.keep(self._key(text), plan)
        return plan

    def _carry_out(self, plan: plans.Plan) -> None:
        for step in plan.steps:
            self.run_translated(step)
        self._describe()
        for statement in plan.afterwards:
            self.session.duck.execute(statement)

    def translate(self, expression: Expr, params: Any = None) -> Expr:
        return super().translate(functions.rewrite(context.fill_in(self.session, expression)), params)

    def execute_translated(self, expression: Expr, params: Any = None) -> None:
        """Translate, and run the one or several DuckDB statements that come of it."""
        for statement in self.split(expression):
            transformed = self.translate(statement, params)
            bound = params if transformed.find(exp.Placeholder) else None
            self.run_translated(self.without_notes(transformed), bound)

    def run_translated(self, translated: Translated, params: Any = None) -> None:
        """Run translated SQL, with what DuckDB's catalogue does not keep written apart."""
        if temporary.creates(translated.statement):
            # Upstream would look for the load history of DuckDB's database of temporary tables, which has none.
            self.session.duck.execute(translated.statement.sql(dialect="duckdb"), params)
            self.answer(statements.status())
            return
        super().run_translated(translated, params)
        definitions.remember(self.session, translated)

    def _merge(self, expression: exp.Merge) -> None:
        sql, actions = merge.counted(self.translate(expression))
        answer, changed = merge.counts_sql(actions, self.session.duck.execute(sql).fetchall())
        self.answer(answer, changed)

    def answer(self, sql: str, changed: int | None = None) -> None:
        """Make the result of this DuckDB query the result of the statement, which may have changed some rows."""
        self.session.duck.execute(sql)
        self._describe()
        table: pa.Table = self.session.duck.to_arrow_table()
        self.set_result(table, table.num_rows if changed is None else changed, str(uuid.uuid4()))

    def answer_with(self, table: pa.Table) -> None:
        """Make this table the result of the statement."""
        names = {pa.string(): "VARCHAR", pa.int64(): "BIGINT"}
        self.description_rows = [(field.name, names[field.type]) for field in table.schema]
        self.set_result(table, table.num_rows, str(uuid.uuid4()))

    def _describe(self) -> None:
        """Keep the columns that DuckDB has just delivered."""
        self.description_rows = [(column[0], str(column[1])) for column in self.session.duck.description or []]

    @property
    def table(self) -> pa.Table:
        if self.result is None:
            raise sql_error("The statement has no result.", errors.INTERNAL, "XX000")
        return self.result

    @property
    def changed_rows(self) -> bool:
        """Whether clients read row counts from the result instead of rows."""
        return self.type_id in DML_TYPE_IDS

    @property
    def columns(self) -> list[results.ColumnInfo]:
        return results.row_type(self.description_rows)


def _syntax_error(error: SqlglotError) -> str:
    """In Snowflake's words: those of the parser are about its classes, and marked for a terminal."""
    found = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    place = f" line {found['line']} at position {found['col']}" if found.get("line") else ""
    unexpected = f" unexpected '{found['highlight']}'" if found.get("highlight") else ""
    return f"SQL compilation error:\nsyntax error{place}{unexpected}."


def _unknown_column(message: str) -> ProgrammingError | None:
    """Snowflake's error for a column that is not there, which upstream takes for an object."""
    found = UNKNOWN_COLUMN.search(message)
    return errors.unknown_column(found[1]) if found else None


def _snowflake_error(error: duckdb.Error) -> tuple[str, int, str]:
    message = str(error)
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return message.split("\n")[0], errors.CONVERSION, "22018"
    if isinstance(error, duckdb.ConstraintException):
        return message, 100072, "22000"
    if isinstance(error, duckdb.PermissionException):
        return f"Insufficient privileges: {message}", 3001, "42501"
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return f"SQL compilation error:\n{message}", errors.DOES_NOT_EXIST, "42S02"
    return message, errors.CONVERSION, "22000"
