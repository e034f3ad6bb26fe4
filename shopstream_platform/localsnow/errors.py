"""SQL errors in the shape in which Snowflake reports them."""

from snowflake.connector.errors import ProgrammingError

NOT_SUPPORTED = 2
SYNTAX = 1003
UNKNOWN_COLUMN = 904
DOES_NOT_EXIST = 2003
LOCK_TIMEOUT = 625
STATEMENT_TIMEOUT = 630
CANCELED = 604
CONVERSION = 100038
FILE_NOT_FOUND = 91016
BAD_FILE = 100080
TOO_LONG = 100078
OUT_OF_MEMORY = 300005
INTERNAL = 261000


def sql_error(message: str, errno: int = NOT_SUPPORTED, sqlstate: str = "0A000") -> ProgrammingError:
    """An error that reaches the client as a ProgrammingError with Snowflake's number."""
    return ProgrammingError(msg=message, errno=errno, sqlstate=sqlstate)


def out_of_memory() -> ProgrammingError:
    """The statement failed; others, and the server, go on."""
    message = (
        "Processing aborted: the statement needs more memory than the local warehouse may take. "
        "Make it read or build less at once."
    )
    return sql_error(message, OUT_OF_MEMORY, "53200")


def not_understood() -> ProgrammingError:
    """A fault of this program or of a library; the log has it in full."""
    message = (
        "The local warehouse cannot run this statement: it may not support it. Its server.log says where it failed."
    )
    return sql_error(message, INTERNAL, "XX000")


def result_too_large(limit: int) -> ProgrammingError:
    """`limit` in bytes."""
    message = (
        f"The result is larger than the {limit // 2**20} MB that the local warehouse sends. "
        "Select fewer columns or rows, or store it by CREATE TABLE ... AS."
    )
    return sql_error(message, OUT_OF_MEMORY, "53200")


def unknown_column(name: str) -> ProgrammingError:
    """As Snowflake says it."""
    return sql_error(f"SQL compilation error:\ninvalid identifier '{name}'", UNKNOWN_COLUMN, "42000")


def text_too_long(text: str) -> ProgrammingError:
    """As Snowflake says it."""
    return sql_error(f"String '{text}...' is too long and would be truncated", TOO_LONG, "22000")


def unsupported(what: str) -> ProgrammingError:
    """Said instead of silently doing something else than Snowflake would."""
    return sql_error(f"Unsupported feature '{what}' (local warehouse).")
