"""What a role may not do, proven by statements that are denied; and what others than the platform see of people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from snowflake.connector.errors import DatabaseError

from shopstream_platform.certify.account import wanted
from shopstream_platform.certify.cases.case import DOCS
from shopstream_platform.certify.marts import build
from shopstream_platform.certify.outcome import Different, NotRun, Outcome, not_run, prove
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.plan import apply, plan
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform.stores.warehouse_errors import translated

GRANTS = f"{DOCS}user-guide/security-access-control-overview"
MASKING = f"{DOCS}user-guide/security-column-intro"
DENIED = re.compile(r"insufficient privileges|not authorized", re.IGNORECASE)
BY_EDITION = re.compile(r"unsupported feature|not supported|not enabled|edition", re.IGNORECASE)
MASKED = "********"
CUSTOMERS = "CORE.DIM_CUSTOMERS"


@dataclass(frozen=True)
class Right:
    """A statement by a role in a warehouse, and whether it may."""

    role: str
    warehouse: str
    sql: str
    allowed: bool = False

    def __str__(self) -> str:
        return f"{self.role.rpartition('_')[2]} {'may' if self.allowed else 'may not'}: {self.sql}"


def rights(names: AccountNames, mart: str) -> list[Right]:
    """Each role once in its own work, without which a denial says nothing, and in that of others."""
    loader, transformer, reporter = (
        (names.loader, names.loading),
        (names.transformer, names.transforming),
        (names.reporter, names.reporting),
    )
    return [
        Right(*loader, "SELECT COUNT(*) FROM RAW.USERS", allowed=True),
        Right(*loader, f"SELECT COUNT(*) FROM {mart}"),
        Right(*loader, f"SELECT COUNT(*) FROM {CUSTOMERS}"),
        Right(*loader, "DROP TABLE RAW.USERS"),
        Right(*loader, "CREATE SCHEMA EXTRA"),
        Right(*transformer, "SELECT COUNT(*) FROM RAW.USERS", allowed=True),
        Right(*transformer, "DELETE FROM RAW.USERS"),
        Right(*transformer, "INSERT INTO RAW._LOAD_LOG (table_name) VALUES ('x')"),
        Right(*transformer, "DROP TABLE RAW.USERS"),
        Right(*reporter, f"SELECT COUNT(*) FROM {mart}", allowed=True),
        Right(*reporter, "SELECT COUNT(*) FROM RAW.USERS"),
        Right(*reporter, f"SELECT COUNT(*) FROM {CUSTOMERS}"),
        Right(*reporter, f"DELETE FROM {mart}"),
        Right(*reporter, f"DROP TABLE {mart}"),
        Right(*reporter, "CREATE TABLE MARTS.EXTRA (a INT)"),
    ]


def grants(site: Site) -> Iterator[Outcome]:
    """Each right by a session of its role."""
    mart = "MARTS.A_MART" if site.embedded else _a_mart(site)
    for right in rights(site.space.names, mart):
        if site.embedded:
            yield not_run("grants", str(right), "the embedded warehouse obeys no roles", GRANTS)
        else:
            yield prove("grants", str(right), lambda right=right: _tried(site, right), GRANTS)


def _a_mart(site: Site) -> str:
    with site.session() as warehouse:
        name = warehouse.value(
            "SELECT MIN(table_name) FROM INFORMATION_SCHEMA.TABLES "
            "WHERE table_schema = 'MARTS' AND NOT STARTSWITH(table_name, '_')"
        )
    return f"MARTS.{name or 'NONE_WAS_BUILT'}"


def _tried(site: Site, right: Right) -> None:
    warehouse = site.as_role(right.role, right.warehouse)
    warehouse.execute(f"USE DATABASE {site.space.names.database}")
    tried(warehouse, right)


def tried(warehouse: Warehouse, right: Right) -> None:
    """Run it. Different if it is allowed and should not be, or the reverse; another error than a denial is one too."""
    try:
        warehouse.execute(right.sql)
    except DatabaseError as error:
        if right.allowed or not DENIED.search(str(error)):
            raise Different(f"the account said: {error}") from error
        return
    if not right.allowed:
        raise Different("it was allowed")


def masking(site: Site, credit_limit: int) -> Iterator[Outcome]:
    """Policies on names and addresses. They need an edition that has them."""
    case = "names and addresses are masked for who may not see them"
    if site.target is None:
        yield not_run("masking", case, "the embedded warehouse accepts masking policies and masks nothing", MASKING)
        return
    target = site.target
    yield prove("masking", case, lambda: _masked(site, target, credit_limit), MASKING)


def _masked(site: Site, target: Target, credit_limit: int) -> str:
    account = wanted(site.space, target, credit_limit, mask_pii=True).account
    names = account.names
    try:
        with translated():
            apply(site.as_role("ACCOUNTADMIN"), plan(site.as_role("ACCOUNTADMIN"), account))
    except ShopStreamError as error:
        if BY_EDITION.search(str(error)):
            raise NotRun(f"the account's edition has no masking policies: {error}") from error
        raise
    users = f"{account.database}.RAW.USERS"
    # Nobody but the platform reads RAW: for this case alone the reporter does.
    given = [f"USAGE ON SCHEMA {account.database}.RAW", f"SELECT ON TABLE {users}"]
    try:
        with translated():
            for privilege in given:
                site.as_role("SECURITYADMIN").execute(f"GRANT {privilege} TO ROLE {names.reporter}")
            readers = ((names.reporter, names.reporting), (names.loader, names.loading))
            seen = {role: _emails(site.as_role(role, at), users) for role, at in readers}
    finally:
        with translated():
            for privilege in given:
                site.as_role("SECURITYADMIN").execute(f"REVOKE {privilege} FROM ROLE {names.reporter}")
    if seen[names.reporter] != {MASKED} or MASKED in seen[names.loader]:
        raise Different(", ".join(f"{role} reads {len(found)} addresses" for role, found in seen.items()))
    build(site, SHOPSTREAM_MASK_PII="true")
    with site.session() as warehouse:
        policies = [row.get("policy name") for row in warehouse.records(f"DESC TABLE {CUSTOMERS}")]
    if not any(policies):
        raise Different(f"dbt has built {CUSTOMERS} without a masking policy")
    return f"RAW.USERS, and {sum(map(bool, policies))} columns of {CUSTOMERS}"


def _emails(warehouse: Warehouse, users: str) -> set[str]:
    return {str(row[0]) for row in warehouse.rows(f"SELECT DISTINCT email FROM {users}")}
