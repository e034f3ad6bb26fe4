"""Snowflake objects: the SQL files beside this module, in order. Every statement is safe to run again."""

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from shopstream_platform.config.account_names import PREFIX, AccountNames
from shopstream_platform.contract.raw import raw_ddl, raw_name
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.stores.warehouse import Warehouse

# https://docs.snowflake.com/en/sql-reference/sql/create-storage-integration
_PROVIDERS = {"aws": ("S3", "s3"), "aws-us-gov": ("S3GOV", "s3gov"), "aws-cn": ("S3CHINA", "s3china")}
KEY_SLOTS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")


@dataclass(frozen=True)
class Account:
    """What the SQL files are filled in with. public_key: PEM body of the service user's key, without its frame.

    A quota that is None is 20 or 10 credits a month for a new monitor, and stays as it is for one that is there.
    """

    database: str
    bucket: str
    role_arn: str = "arn:aws:iam::000000000000:role/embedded"
    prefix: str = PREFIX
    lake_prefix: str = ""
    public_key: str | None = None
    key_slot: str = KEY_SLOTS[0]
    credit_quota: int | None = None
    bi_credit_quota: int | None = None
    notify: tuple[str, ...] = ()
    mask_pii: bool = False
    developers: bool = False
    readers: tuple[str, ...] = ()
    allowed_ips: tuple[str, ...] = ()

    @property
    def names(self) -> AccountNames:
        """The names of this environment's objects in the account."""
        return AccountNames(self.prefix)

    @property
    def mark(self) -> str:
        """The end of the comment of every object of the account that is this stack's. What lacks it is not touched."""
        return f"(ShopStream stack {self.database})"

    @property
    def lake_url(self) -> str:
        """raw/ of the lake, as a stage names it."""
        return f"{self._provider[1]}://{self.bucket}/{self.lake_prefix}raw/"

    @property
    def provider(self) -> str:
        """STORAGE_PROVIDER: government regions and China have their own."""
        return self._provider[0]

    @property
    def _provider(self) -> tuple[str, str]:
        return _PROVIDERS[self.role_arn.split(":")[1]]


class Statement(NamedTuple):
    """One statement, and the role that runs it."""

    role: str
    sql: str


def script(account: Account) -> str:
    """All files, filled in, as a database administrator would read and run them."""
    folder = files("shopstream_platform.provision.snowflake")
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    render = Environment(undefined=StrictUndefined, autoescape=False).from_string  # noqa: S701 - SQL, not HTML
    values = vars(account) | {
        "names": account.names,
        "mark": account.mark,
        "provider": account.provider,
        "lake_url": account.lake_url,
        "notified": ", ".join(map(_identifier, account.notify)),
        "raw_tables": raw_ddl(TABLES),
        "pii_columns": [(raw_name(table), c.name) for table in TABLES for c in table.columns if c.pii],
    }
    return "\n".join(render(file.read_text("utf-8")).render(values).strip() + "\n" for file in scripts)


def _identifier(name: str) -> str:
    """A user's name, in quotes where it is none without: with single sign-on it is often an address."""
    return name.upper() if re.fullmatch(r"[A-Za-z_][\w$]*", name) else '"' + name.replace('"', '""') + '"'


def statements(account: Account) -> list[str]:
    """Every statement in order."""
    lines = [line for line in script(account).splitlines() if not line.lstrip().startswith("--")]
    parts = ("\n".join(lines) + "\n").split(";\n")
    return [statement.strip() for statement in parts if statement.strip()]


def by_role(account: Account) -> list[Statement]:
    """Every statement but the changes of role, with the role that each runs as."""
    found, role = [], ""
    for sql in statements(account):
        if use := re.fullmatch(r"USE ROLE (\w+)", sql):
            role = use[1]
        else:
            found.append(Statement(role, sql))
    return found


def provision(warehouse: Warehouse, account: Account) -> None:
    """Run every statement, without a look at what is there: the embedded warehouse belongs to the platform alone."""
    for statement in statements(account):
        warehouse.execute(statement)
