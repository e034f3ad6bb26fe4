"""What a session remembers between statements: its parameters and its transaction."""

from dataclasses import dataclass

DEFAULT_PARAMETERS: dict[str, str] = {
    "LOCK_TIMEOUT": "43200",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "QUERY_TAG": "",
}


class Parameters(dict[str, str]):
    """Session parameters by their names in capitals; a new session has the defaults."""

    def __init__(self) -> None:
        super().__init__(DEFAULT_PARAMETERS)

    @property
    def autocommit(self) -> bool:
        return self.get("AUTOCOMMIT", "true").lower() == "true"

    @property
    def lock_timeout(self) -> float:
        """Seconds."""
        return float(self["LOCK_TIMEOUT"])

    @property
    def statement_timeout(self) -> float:
        """Seconds; Snowflake means its longest timeout by 0."""
        return float(self["STATEMENT_TIMEOUT_IN_SECONDS"]) or 172_800


@dataclass
class Transaction:
    """A session's transaction.

    DuckDB's own begins with the first change, not with BEGIN: reads before it then see what others have committed,
    as in Snowflake, and a change that had to wait for a lock starts from a fresh snapshot.
    """

    begun: bool = False
    writing: bool = False
    failed: bool = False
