"""Statements that need no data: session state, and account objects that a laptop does not have."""

from __future__ import annotations

import re

from sqlglot import Expr, exp

from shopstream_platform.localsnow import errors, transactions
from shopstream_platform.localsnow.errors import sql_error, unsupported
from shopstream_platform.localsnow.interfaces import Session
from shopstream_platform.localsnow.state import DEFAULT_PARAMETERS

DONE = "Statement executed successfully."
LEADING_COMMENTS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|//[^\n]*(?:\n|$)|/\*.*?\*/)*+", re.S)

_ACCOUNT_OBJECTS = (
    r"WAREHOUSE|ROLE|DATABASE\s+ROLE|USER|(?:STORAGE|NOTIFICATION|SECURITY|API)?\s*INTEGRATION|RESOURCE\s+MONITOR"
    r"|NETWORK\s+(?:POLICY|RULE)|MASKING\s+POLICY|ROW\s+ACCESS\s+POLICY|PASSWORD\s+POLICY|SESSION\s+POLICY|TAG"
)
NO_OPERATION = [
    re.compile(pattern, re.I | re.S)
    for pattern in (
        rf"(CREATE|ALTER|DROP)\s+(OR\s+REPLACE\s+)?({_ACCOUNT_OBJECTS})\b",
        r"(GRANT|REVOKE)\s",
        r"ALTER\s+ACCOUNT\s",
        r"USE\s+SECONDARY\s+ROLES\b",
        r"ALTER\s+(TABLE|VIEW|SCHEMA|DATABASE|DYNAMIC\s+TABLE)\s+(IF\s+EXISTS\s+)?\S+\s+(SET|UNSET)\s+TAG\b",
        r"ALTER\s+(TABLE|VIEW)\s+(IF\s+EXISTS\s+)?\S+\s+(MODIFY|ALTER)\s.*\b(SET|UNSET)\s+(MASKING\s+POLICY|TAG)\b",
        r"ALTER\s+(TABLE|VIEW)\s+(IF\s+EXISTS\s+)?\S+\s+(ADD|DROP)\s+(ALL\s+)?ROW\s+ACCESS\s+POLIC",
        r"ALTER\s+TABLE\s+(IF\s+EXISTS\s+)?\S+\s+(CLUSTER\s+BY|DROP\s+CLUSTERING|(SUSPEND|RESUME)\s+RECLUSTER)\b",
        r"ALTER\s+(TABLE|DATABASE|SCHEMA)\s+(IF\s+EXISTS\s+)?\S+\s+(SET|UNSET)\s+"
        r"(DATA_RETENTION_TIME_IN_DAYS|CHANGE_TRACKING|MAX_DATA_EXTENSION|DEFAULT_DDL_COLLATION|LOG_LEVEL)",
        r"ALTER\s+STAGE\s+(IF\s+EXISTS\s+)?\S+\s+(REFRESH\b|SET\s+STORAGE_INTEGRATION\s*=\s*\w+\s*\Z)",
    )
]
EMPTY_SHOWS = re.compile(
    r"SHOW\s+(TERSE\s+)?(FUTURE\s+)?(GRANTS|ROLES|INTEGRATIONS|STORAGE\s+INTEGRATIONS|RESOURCE\s+MONITORS"
    r"|USER\s+FUNCTIONS|NETWORK\s+POLICIES|MASKING\s+POLICIES|TAGS|STREAMS|TASKS|PIPES|DYNAMIC\s+TABLES)\b",
    re.I,
)
EMPTY_COLUMNS = (
    "created_on", "name", "schema_name", "catalog_name", "database_name", "owner", "comment", "is_builtin",
    "privilege", "granted_on", "granted_to", "grantee_name", "grant_option", "granted_by",
)  # fmt: skip
EMPTY_ANSWER = "SELECT " + ", ".join(f"'' AS \"{name}\"" for name in EMPTY_COLUMNS) + " WHERE FALSE"
MOVE_STAGE = re.compile(
    r"ALTER\s+STAGE\s+(?:IF\s+EXISTS\s+)?(\S+)\s+SET\s+URL\s*=\s*'([^']*)'(?:\s+STORAGE_INTEGRATION\s*=\s*\w+)?\Z", re.I
)
COMMENT_ON_COLUMNS = re.compile(
    r"ALTER\s+(TABLE|VIEW)\s+(IF\s+EXISTS\s+)?(\S+)\s+(ALTER|MODIFY)\s+(.+COMMENT.+)\Z", re.I | re.S
)
COLUMN_COMMENT = re.compile(
    r"""(?:COLUMN\s+)?("[^"]+"|[\w$]+)\s+COMMENT\s+(?:\$\$(.*?)\$\$|'((?:[^'\\]|\\.|'')*)')\s*(?:,|\Z)""", re.I | re.S
)
SHOW_PARAMETERS = re.compile(r"SHOW\s+PARAMETERS(?:\s+LIKE\s+'([^']*)')?(?:\s+(?:IN|FOR)\s+\w+)?\Z", re.I)
BEGIN = re.compile(r"(BEGIN(\s+(WORK|TRANSACTION))?(\s+NAME\s+\S+)?|START\s+TRANSACTION(\s+NAME\s+\S+)?)\Z", re.I)
COMMIT = re.compile(r"COMMIT(\s+WORK)?\Z", re.I)
ROLLBACK = re.compile(r"ROLLBACK(\s+WORK)?\Z", re.I)
USE_CONTEXT = re.compile(r'USE\s+(WAREHOUSE|ROLE)\s+("[^"]+"|[\w$]+)\Z', re.I)
ALTER_SESSION = re.compile(r"ALTER\s+SESSION\s+(SET|UNSET)\s+(.+)\Z", re.I | re.S)
SETTING = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.|'')*'|[^\s,]+)")

# Snowflake's limit.
LONGEST_STATEMENT = 2**20
MOST_WORDS = 200_000
WORD = re.compile(r"'(?:[^'\\]|\\.|'')*+'|[\w$.]+|\S", re.S)

READABLE = (exp.Query, exp.Values, exp.Describe, exp.Show, exp.ListStage)
CHANGING = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy, exp.TruncateTable)
STATEFUL = (exp.Use, exp.Set, exp.Comment, exp.Drop, exp.Alter)
CREATABLE = {"TABLE", "VIEW", "SCHEMA", "DATABASE", "SEQUENCE", "STAGE", "FILE FORMAT"}


def bare(sql: str) -> str:
    """The statement without comments around it, such as the one that dbt appends."""
    start = LEADING_COMMENTS.match(sql)
    sql = sql[start.end() if start else 0 :].rstrip("; \t\r\n")
    while sql.endswith("*/") and "/*" in sql:
        sql = sql[: sql.rindex("/*")].rstrip("; \t\r\n")
    return sql


def refuse_too_large(statement: str) -> None:
    """Syntax trees take a thousand times the space of their text, and no limit of DuckDB's is in sight while they grow.

    https://docs.snowflake.com/en/user-guide/query-size-limits
    """
    if len(statement.encode()) > LONGEST_STATEMENT:
        message = f"SQL compilation error:\nthe statement is longer than {LONGEST_STATEMENT:,} bytes."
        raise sql_error(message, errors.SYNTAX, "42000")
    # Not by the tokenizer: it holds up every other client while it runs.
    if len(statement) > MOST_WORDS and sum(1 for _ in WORD.finditer(statement)) > MOST_WORDS:
        message = f"SQL compilation error:\nthe statement has more than {MOST_WORDS:,} words and signs."
        raise sql_error(message, errors.SYNTAX, "42000")


def answer(session: Session, statement: str) -> str | None:
    """DuckDB SQL for the answer to a statement that touches no table, or None."""
    if any(pattern.match(statement) for pattern in NO_OPERATION):
        # Account objects are DDL too, which ends the open transaction.
        transactions.commit(session)
        return status()
    if found := SHOW_PARAMETERS.match(statement):
        return _parameters_sql(session, found[1])
    if EMPTY_SHOWS.match(statement):
        return EMPTY_ANSWER
    if found := USE_CONTEXT.match(statement):
        name = found[2][1:-1] if found[2].startswith('"') else found[2].upper()
        session.context[found[1].lower()] = name
        return status()
    if found := COMMENT_ON_COLUMNS.match(statement):
        transactions.commit(session)
        return _comment_on_columns(session, found[3], found[5])
    if found := ALTER_SESSION.match(statement):
        _alter_session(session, found[1].upper(), found[2])
        return status()
    return _end_or_begin(session, statement)


def status(text: str = DONE) -> str:
    return f"""SELECT '{text.replace("'", "''")}' AS "status\""""


def _parameters_sql(session: Session, pattern: str | None) -> str:
    """The session's own settings; upstream knows two, which are fixed."""
    rows = ", ".join(
        f"('{name}', '{value.replace(chr(39), chr(39) * 2)}')" for name, value in session.parameters.items()
    )
    where = f"""WHERE "key" ILIKE '{pattern}'""" if pattern else ""
    return f"""SELECT "key", "value", '' AS "default", 'SESSION' AS "level", '' AS "description", 'STRING' AS "type"
        FROM (VALUES {rows}) AS parameters("key", "value") {where}"""


def _comment_on_columns(session: Session, table: str, text: str) -> str | None:
    """dbt's way to document columns: ALTER TABLE ... ALTER "A" COMMENT $$...$$, ...; sqlglot cannot read it."""
    found = COLUMN_COMMENT.findall(text)
    for column, dollars, quoted in found:
        comment = dollars or quoted.replace("\\'", "'").replace("''", "'")
        name = column if column.startswith('"') else f'"{column.upper()}"'
        escaped = comment.replace("'", "''")
        session.duck.execute(f"COMMENT ON COLUMN {table}.{name} IS '{escaped}'")
    return status() if found else None


def _end_or_begin(session: Session, statement: str) -> str | None:
    for pattern, action in (
        (BEGIN, transactions.begin),
        (COMMIT, transactions.commit),
        (ROLLBACK, transactions.rollback),
    ):
        if pattern.match(statement):
            action(session)
            return status()
    return None


def _alter_session(session: Session, verb: str, text: str) -> None:
    if verb == "UNSET":
        for name in re.findall(r"\w+", text.upper()):
            session.parameters[name] = DEFAULT_PARAMETERS.get(name, "")
        return
    for name, value in SETTING.findall(text):
        plain = value[1:-1].replace("''", "'") if value.startswith("'") else value
        _set_parameter(session, name.upper(), plain)


def _set_parameter(session: Session, name: str, value: str) -> None:
    if name.endswith(("_TIMEOUT", "_IN_SECONDS")) and not value.isdigit():
        raise sql_error(f"SQL compilation error:\ninvalid value [{value}] for parameter '{name}'", 1008, "22023")
    if name == "TIMEZONE" and value.upper() not in ("UTC", "ETC/UTC"):
        raise unsupported(f"TIMEZONE = {value}")
    if name.endswith("_INPUT_FORMAT") and value.upper() != "AUTO":
        raise unsupported(f"{name} = {value}")
    if name == "AUTOCOMMIT":
        transactions.commit(session)
    session.parameters[name] = value


def refuse_what_snowflake_has_not(expression: Expr) -> None:
    """DuckDB's own statements (ATTACH, PRAGMA, COPY TO a file, INSTALL ...) are no part of a warehouse."""
    if any(name.quoted and not name.this for name in expression.find_all(exp.Identifier)):
        message = "SQL compilation error:\nsyntax error: the name between two quotes is empty."
        raise sql_error(message, errors.SYNTAX, "42000")
    if isinstance(expression, exp.Block):
        raise sql_error("Actual statement count 2 did not match the desired statement count 1.", 8, "0A000")
    if isinstance(expression, exp.Create):
        kind = str(expression.args.get("kind")).upper()
        if kind not in CREATABLE:
            raise unsupported(f"CREATE {kind}")
        if kind == "STAGE":
            _refuse_stage_options(expression)
    elif isinstance(expression, exp.Copy):
        if not isinstance(expression.this, (exp.Table, exp.Schema)) or not expression.args.get("kind"):
            raise unsupported("COPY INTO a location")
    elif isinstance(expression, exp.Put):
        raise unsupported("PUT: write to the bucket, and load from an external stage")
    elif isinstance(expression, exp.Command):
        _refuse_command(expression)
    elif not isinstance(expression, (*READABLE, *CHANGING, *STATEFUL)) and not _is_unset(expression):
        raise sql_error(f"SQL compilation error:\nsyntax error: unexpected '{expression.key.upper()}'.", errors.SYNTAX)


def _refuse_stage_options(create: exp.Create) -> None:
    """Upstream drops them, and a COPY that relies on them would read the files with other options."""
    options = create.args["properties"].expressions if create.args.get("properties") else []
    for option in options:
        if isinstance(option, exp.FileFormatProperty) or option.name.upper() in ("FILE_FORMAT", "COPY_OPTIONS"):
            raise unsupported("FILE_FORMAT or COPY_OPTIONS of a stage: state them in COPY")


def _refuse_command(command: exp.Command) -> None:
    if moved_stage(command):
        return
    name = str(command.this).upper()
    raise unsupported(f"{name} {str(command.expression).strip()[:60]}")


def moved_stage(expression: Expr) -> tuple[str, str] | None:
    """Name and new URL of ALTER STAGE ... SET URL, which sqlglot cannot read."""
    if not isinstance(expression, exp.Command):
        return None
    found = MOVE_STAGE.match(f"{expression.this} {expression.args.get('expression')}".strip())
    return (found[1], found[2]) if found else None


def _is_unset(expression: Expr) -> bool:
    return isinstance(expression, exp.Alias) and expression.this.name.upper() == "UNSET"
