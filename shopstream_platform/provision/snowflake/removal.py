"""Take a stack out of an account again: only what bears its mark."""

from dataclasses import dataclass

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.clone import clones
from shopstream_platform.provision.snowflake.ownership import not_ours
from shopstream_platform.provision.snowflake.state import AccountState
from shopstream_platform.stores.warehouse import Warehouse


@dataclass(frozen=True)
class Removal:
    """Statements in order, and what stays with its reason."""

    statements: list[str]
    left: list[str]


def removal(warehouse: Warehouse, account: Account, *, with_data: bool) -> Removal:
    """What a removal would run: what costs or gives access; with_data the database, the roles and the user too.

    Roles and user stay with the database, since its tables are theirs. A warehouse goes before its monitor.
    ShopStreamError while there are clones of a database that would go.
    """
    if with_data and (left := [database for database, _ in clones(warehouse, account)]):
        raise ShopStreamError(
            f"nothing was deleted: {', '.join(left)} are clones of {account.database}, and would lose their roles and "
            "their lake. Drop each by `shopstream clone NAME --drop` first"
        )
    warehouse.execute("USE ROLE ACCOUNTADMIN")
    state, names = AccountState(warehouse), account.names
    wanted = [
        ("STORAGE INTEGRATION", names.integration),
        *(("WAREHOUSE", name) for name in (names.loading, names.transforming, names.reporting)),
        ("RESOURCE MONITOR", names.monitor),
        ("RESOURCE MONITOR", names.reporting_monitor),
    ]
    if with_data:
        roles = (names.platform, names.loader, names.transformer, names.reporter, names.pii_reader)
        # A network policy goes behind its user: one in use cannot be dropped.
        wanted += [("DATABASE", account.database), ("USER", names.service_user)]
        wanted += [("NETWORK POLICY", names.network_policy), *(("ROLE", role) for role in roles)]
    found = Removal([], [])
    for kind, name in wanted:
        if state.find(kind, name) is None:
            continue
        if why := not_ours(state, account, kind, name):
            found.left.append(f"{kind.lower()} {name} {why}")
        else:
            found.statements.append(f"DROP {kind.removeprefix('STORAGE ')} IF EXISTS {name}")
    return found
