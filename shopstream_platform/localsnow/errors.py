"""SQL errors in the shape in which Snowflake reports them."""

from snowflake.connector.errors import ProgrammingError

NOT_SUPPORTED = 2
SYNTAX = 1003
DOES_NOT_EXIST = 2003
LOCK_TIMEOUT = 625
STATEMENT_TIMEOUT = 630
CANCELED = 604
CONVERSION = 100038
FILE_NOT_FOUND = 91016
BAD_FILE = 100080
INTERNAL = 261000


def sql_error(message: str, errno: int = NOT_SUPPORTED, sqlstate: str = "0A000") -> ProgrammingError:
    """An error that reaches the client as a ProgrammingError with Snowflake's number."""
    return ProgrammingError(msg=message, errno=errno, sqlstate=sqlstate)


def unsupported(what: str) -> ProgrammingError:
    """Said instead of silently doing something else than Snowflake would."""
    return sql_error(f"Unsupported feature '{what}' (local warehouse).")
