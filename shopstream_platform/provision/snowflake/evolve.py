"""Tables of RAW that were made for an earlier declaration: the same changes that a load would make, as their owner."""

from shopstream_platform.contract.raw_changes import AUTOMATIC, What, found_columns, raw_changes
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.provision.snowflake.account import Account, Statement
from shopstream_platform.provision.snowflake.compare import Action, Step
from shopstream_platform.provision.snowflake.state import AccountState

OWNER = "SYSADMIN"


def raw_steps(state: AccountState, account: Account) -> list[Step]:
    """A step for each statement; the tables that are not there yet are made by the set-up's own statements."""
    return [
        Step(Statement(OWNER, statement), Action.CHANGE, f"table {account.database}.RAW.{change.table}", change.said)
        for change in raw_changes(TABLES, found_columns(state.schema_columns(f"{account.database}.RAW")))
        if change.what in AUTOMATIC and change.what is not What.CREATE
        for statement in change.statements
    ]
