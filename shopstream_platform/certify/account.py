"""The account's side of a namespace: set up, what it cost, and taken away again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import boto3

from shopstream_platform.certify.cases.case import DOCS
from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.outcome import Different, Outcome, not_run, prove
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.config.files import claim_home
from shopstream_platform.contract.layers import DBT_SCHEMAS
from shopstream_platform.contract.raw import LOAD_LOG, raw_name
from shopstream_platform.contract.raw import SCHEMA as RAW
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.provision.aws import objects, stack
from shopstream_platform.provision.aws.template import LakeStack
from shopstream_platform.provision.handshake import connect
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.provision.snowflake.plan import plan
from shopstream_platform.provision.snowflake.removal import removal
from shopstream_platform.provision.snowflake.rotation import keyed
from shopstream_platform.services import embedded
from shopstream_platform.stores.aws_errors import translated as of_aws
from shopstream_platform.stores.warehouse_errors import translated

PAGE = "docs/going-to-production.md"
# Of the two resource monitors together: dashboards are not what is proven.
CREDITS_OF_REPORTING = 1
LEAST_CREDITS = 2
KINDS = ("DATABASES", "WAREHOUSES", "ROLES", "USERS", "INTEGRATIONS", "RESOURCE MONITORS")
QUERY_HISTORY = "user-guide/cost-exploring-compute"


@dataclass(frozen=True)
class Set:
    """What a namespace is set up with: the stack of its lake, and the account."""

    session: boto3.Session
    lake: LakeStack
    account: Account


def wanted(space: Namespace, target: Target, credit_limit: int, *, mask_pii: bool = False) -> Set:
    """As it is deployed, or else as it would be. Changes nothing; asks AWS alone."""
    with of_aws():
        session = boto3.Session(region_name=target.s3.region)
    lake = stack.describe(session, target.s3.bucket, space.lake_prefix)
    lake = replace(lake, environment=f"{target.snowflake.account}/{space.names.database}")
    account = Account(
        space.names.database,
        target.s3.bucket,
        role_arn=lake.snowflake_role_arn,
        prefix=space.prefix,
        lake_prefix=space.lake_prefix,
        credit_quota=credit_limit - CREDITS_OF_REPORTING,
        bi_credit_quota=CREDITS_OF_REPORTING,
        mask_pii=mask_pii,
    )
    return Set(session, lake, account)


def provisioning(site: Site, credit_limit: int) -> Iterator[Outcome]:
    """Set-up, a second look, and the platform's own login."""
    group = "provisioning"
    # While it is empty: a removal deletes only a home that was claimed.
    claim_home(site.space.home)
    if site.target is None:
        why = "the embedded warehouse has no roles, warehouses or integrations, and no AWS beside it"
        yield not_run(group, "roles, warehouses, integration, bucket and trust", why, PAGE)
        yield not_run(group, "a second plan finds nothing to change", why, PAGE)
    else:
        target = site.target
        yield prove(
            group,
            "roles, warehouses, integration, bucket and trust",
            lambda: _set_up(site, target, credit_limit),
            PAGE,
        )
        yield prove(group, "a second plan finds nothing to change", lambda: _planned(site, target, credit_limit), PAGE)
    yield prove(group, "the platform logs in and sees every layer", lambda: _layers(site), PAGE)


def _set_up(site: Site, target: Target, credit_limit: int) -> str:
    new, said = wanted(site.space, target, credit_limit), []
    warehouse = site.as_role("ACCOUNTADMIN")
    with translated():
        key = keyed(warehouse, new.account, site.key_file, rotate=False)
    connect(new.session, warehouse, new.lake, key.account, said.append)
    return f"{len(said)} steps, the last: {said[-1]}"


def _planned(site: Site, target: Target, credit_limit: int) -> str:
    with translated():
        again = plan(site.as_role("ACCOUNTADMIN"), wanted(site.space, target, credit_limit).account)
    lines = list(again.lines())
    if again.differs:
        raise Different("; ".join(lines))
    return lines[-1]


def _layers(site: Site) -> str:
    with site.session() as warehouse:
        schemas = {str(row[0]) for row in warehouse.rows("SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA")}
        for name in (LOAD_LOG, *map(raw_name, TABLES)):
            warehouse.execute(f"SELECT COUNT(*) FROM {name}")
    if lacking := sorted({RAW, *DBT_SCHEMAS} - schemas):
        raise Different(f"there is no schema {', '.join(lacking)}")
    return f"{len(TABLES)} tables of RAW"


def cost(site: Site, credit_limit: int) -> Iterator[Outcome]:
    """What the run has used, as the account counts it."""
    group, page = "cost", f"{DOCS}{QUERY_HISTORY}"
    if site.embedded:
        for case in ("seconds by warehouse and query tag", "credits below the limit"):
            yield not_run(group, case, "the embedded warehouse costs nothing and keeps no history", page)
        return
    yield prove(group, "seconds by warehouse and query tag", lambda: _seconds(site), page)
    yield prove(group, "credits below the limit", lambda: _credits(site, credit_limit), page)


def _seconds(site: Site) -> str:
    """The table function is not late, as ACCOUNT_USAGE is; it has the newest 10,000 statements."""
    database = site.space.names.database
    with translated():
        rows = site.as_role("ACCOUNTADMIN", site.space.names.loading).rows(
            "SELECT warehouse_name, LEFT(query_tag, 60), COUNT(*), ROUND(SUM(total_elapsed_time) / 1000), "
            "ROUND(SUM(credits_used_cloud_services), 4) "
            f"FROM TABLE({database}.INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10000)) "
            f"WHERE STARTSWITH(warehouse_name, '{site.space.prefix}') GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 20"
        )
    if not rows:
        raise Different("QUERY_HISTORY has no statement of the namespace's warehouses")
    return "; ".join(
        f"{name.removeprefix(site.space.prefix)} {tag!r}: {count} statements, {seconds} s, {credits} cloud credits"
        for name, tag, count, seconds, credits in rows
    )


def _credits(site: Site, credit_limit: int) -> str:
    with translated():
        listed = site.as_role("ACCOUNTADMIN").records("SHOW RESOURCE MONITORS")
    rows = [row for row in listed if str(row["name"]).startswith(site.space.prefix)]
    used, quota = (sum(float(row[what] or 0) for row in rows) for what in ("used_credits", "credit_quota"))
    if not rows or quota != credit_limit or used > credit_limit:
        raise Different(f"{len(rows)} monitors with {quota:g} credits, {used:g} are used; the limit is {credit_limit}")
    return f"{used:g} of {quota:g} credits; the account counts an hour's use some minutes later"


def removed(site: Site) -> Iterator[Outcome]:
    """Take everything away, then look."""
    group = "removal"
    yield prove(group, "everything that was made is removed", lambda: remove(site), PAGE)
    yield prove(group, "nothing of the namespace is left", lambda: nothing_left(site), PAGE)
    site.close()


def remove(site: Site) -> str:
    """What was made under the name, in the account and here; Different if anything of it is not ours, and stays."""
    lines = list(_remove_from_account(site, site.target)) if site.target else []
    home = site.space.home
    embedded.reset(home)
    if home.exists():
        home.rmdir()
    lines.append(f"deleted: {home}")
    if kept := [line for line in lines if line.startswith("left: ") and "it was there before" not in line]:
        raise Different("; ".join(kept))
    return f"{len(lines)} removed"


def _remove_from_account(site: Site, target: Target) -> Iterator[str]:
    made = wanted(site.space, target, LEAST_CREDITS)
    warehouse = site.as_role("ACCOUNTADMIN")
    with translated():
        found = removal(warehouse, made.account, with_data=True)
        yield from stack.destroy(made.session, made.lake, with_data=True)
        for statement in found.statements:
            warehouse.execute(statement)
            yield statement
    yield from (f"left: {text}" for text in found.left)


def nothing_left(site: Site) -> str:
    """Different, with the names, if anything bears the namespace's name."""
    home = site.space.home
    found = [str(home)] if home.exists() else []
    if site.target is not None:
        found += _left_in_account(site, site.target)
    if found:
        raise Different(f"still there: {', '.join(found)}")
    return "looked at the account, the bucket and this machine" if site.target else "looked at this machine"


def _left_in_account(site: Site, target: Target) -> Iterator[str]:
    warehouse, prefix = site.as_role("ACCOUNTADMIN"), site.space.prefix
    for kind in KINDS:
        # All of a large account would be cut at 10,000.
        with translated():
            names = [str(row["name"]) for row in warehouse.records(f"SHOW {kind} LIKE '{prefix}%'")]
        yield from (f"{kind.lower()} {name}" for name in names if name.startswith(prefix))
    made = wanted(site.space, target, LEAST_CREDITS)
    with of_aws():
        if stack.find(made.session, made.lake.name):
            yield f"stack {made.lake.name}"
        if made.lake.bucket_exists and objects.holds_lake(made.session, made.lake):
            yield f"s3://{made.lake.bucket}/{made.lake.lake_prefix}"
