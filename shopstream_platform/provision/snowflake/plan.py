"""The set-up of an account as a plan: what a run would create, change and leave, and the run itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopstream_platform.provision.snowflake.account import Account, by_role
from shopstream_platform.provision.snowflake.compare import Action, Comparison, Step
from shopstream_platform.provision.snowflake.evolve import raw_steps
from shopstream_platform.provision.snowflake.ownership import Foreign, foreign, refuse
from shopstream_platform.provision.snowflake.state import AccountState, Privilege
from shopstream_platform.stores.warehouse import Warehouse

# A table of RAW without its database.
_UNQUALIFIED = re.compile(r"(?<![.\w])RAW\.")
_SIGNS = {Action.CREATE: "+ create", Action.CHANGE: "~ change", Action.KEEP: "= keep  "}


@dataclass(frozen=True)
class Plan:
    """Each statement with its effect; `foreign` stops a run, `left` is what a run does not touch."""

    account: Account
    steps: list[Step]
    foreign: list[Foreign]
    left: list[str]

    @property
    def differs(self) -> bool:
        """Whether the account is not as the set-up wants it."""
        return bool(self.foreign) or any(step.action in (Action.CREATE, Action.CHANGE) for step in self.steps)

    def lines(self) -> Iterator[str]:
        """As people read it: one line a statement, those that change nothing counted at the end."""
        for one in self.foreign:
            yield f"! not ours  {one}"
        for step in self.steps:
            if step.action in (Action.CREATE, Action.CHANGE):
                yield f"{_SIGNS[step.action]}    {step.subject}{f': {step.detail}' if step.detail else ''}"
        for text in self.left:
            yield f"= left      {text}"
        counts = {action: sum(step.action is action for step in self.steps) for action in Action}
        yield (
            f"{counts[Action.CREATE]} to create, {counts[Action.CHANGE]} to change, {counts[Action.KEEP]} as they are, "
            f"{len(self.foreign)} not ours"
        )


def plan(warehouse: Warehouse, account: Account) -> Plan:
    """Look at everything that the set-up makes; changes nothing. Requires ACCOUNTADMIN, which sees all of it."""
    warehouse.execute("USE ROLE ACCOUNTADMIN")
    state, statements = AccountState(warehouse), by_role(account)
    comparison = Comparison(state, account)
    steps = [comparison.step(statement) for statement in statements if not statement.sql.startswith("USE ")]
    steps += raw_steps(state, account)
    return Plan(
        account, steps, list(foreign(state, account, statements)), list(_left(state, account, comparison.wanted))
    )


def apply(warehouse: Warehouse, planned: Plan) -> None:
    """Run what differs. ShopStreamError, before anything is changed, if an object is somebody else's."""
    refuse(planned.foreign, planned.account)
    role = ""
    for step in planned.steps:
        if step.action is Action.KEEP:
            continue
        if step.statement.role != role:
            role = step.statement.role
            warehouse.execute(f"USE ROLE {role}")
        if _UNQUALIFIED.search(step.statement.sql):
            warehouse.execute(f"USE DATABASE {planned.account.database}")
        if step.statement.sql.startswith(("MERGE", "DELETE")):
            # It writes, and the warehouse of this session's login may not have been there at the login.
            warehouse.execute(f"USE WAREHOUSE {planned.account.names.loading}")
        warehouse.execute(step.statement.sql)


def _left(state: AccountState, account: Account, wanted: dict[str, set[Privilege]]) -> Iterator[str]:
    """Privileges of our roles that no statement gives: somebody gave them, and a run does not take them away."""
    names = account.names
    for role in (names.loader, names.transformer, names.reporter, names.platform):
        for extra in sorted(state.granted(role) - wanted.get(role, set())):
            # What dbt builds is the transformer's, and dbt itself grants it to readers.
            if extra.privilege != "OWNERSHIP" and not _built(extra, account):
                yield f"role {role} also has {extra.privilege} on {extra.kind.lower()} {extra.name}"


def _built(privilege: Privilege, account: Account) -> bool:
    inside = privilege.name.startswith(f"{account.database}.") and not privilege.name.startswith(
        f"{account.database}.RAW."
    )
    return privilege.privilege == "SELECT" and inside
