"""Snowflake objects: the SQL files beside this module, in order. Every statement is safe to run again."""

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from shopstream_platform.config.connections import BI_WAREHOUSE, DATABASE, LOADING_WAREHOUSE, TRANSFORM_WAREHOUSE
from shopstream_platform.contract.raw import raw_ddl, raw_name
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.stores.warehouse import Warehouse

SERVICE_USER = "SHOPSTREAM_SERVICE"
WAREHOUSES = (LOADING_WAREHOUSE, TRANSFORM_WAREHOUSE, BI_WAREHOUSE)
ROLES = ("LOADER", "TRANSFORMER", "REPORTER", "PII_READER")


@dataclass(frozen=True)
class Account:
    """What the SQL files are filled in with. public_key: PEM body of the service user's key, without its frame."""

    database: str
    bucket: str
    role_arn: str = "arn:aws:iam::000000000000:role/embedded"
    service_user: str = SERVICE_USER
    public_key: str | None = None
    credit_quota: int = 20
    mask_pii: bool = False
    allowed_ips: tuple[str, ...] = ()

    @property
    def integration(self) -> str:
        """One a database, so that a second environment of the account does not take the first one's bucket away."""
        return "S3_INTEGRATION" if self.database == DATABASE else f"S3_INTEGRATION_{self.database}"


def script(account: Account) -> str:
    """All files, filled in, as a database administrator would read and run them."""
    folder = files("shopstream_platform.provision.snowflake")
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    render = Environment(undefined=StrictUndefined, autoescape=False).from_string  # noqa: S701 - SQL, not HTML
    values = vars(account) | {
        "integration": account.integration,
        "loading": LOADING_WAREHOUSE,
        "transforming": TRANSFORM_WAREHOUSE,
        "reporting": BI_WAREHOUSE,
        "raw_tables": raw_ddl(TABLES),
        "pii_columns": [(raw_name(table), c.name) for table in TABLES for c in table.columns if c.pii],
    }
    return "\n".join(render(file.read_text("utf-8")).render(values).strip() + "\n" for file in scripts)


def statements(account: Account) -> list[str]:
    """Every statement in order."""
    lines = [line for line in script(account).splitlines() if not line.lstrip().startswith("--")]
    parts = ("\n".join(lines) + "\n").split(";\n")
    return [statement.strip() for statement in parts if statement.strip()]


def provision(warehouse: Warehouse, account: Account) -> None:
    """Create whatever does not exist yet, and set what differs."""
    for statement in statements(account):
        warehouse.execute(statement)


def removal(account: Account, *, with_data: bool) -> list[str]:
    """Statements that take away what costs or gives access; with_data everything.

    Roles and user stay with the database, since its tables are theirs. Warehouses, roles and user belong to all
    environments of the account: they go with SHOPSTREAM_DWH.
    """
    account_wide = account.database == DATABASE
    return [
        "USE ROLE ACCOUNTADMIN",
        f"DROP INTEGRATION IF EXISTS {account.integration}",
        *(_warehouses_removed() if account_wide else []),
        *([f"DROP DATABASE IF EXISTS {account.database}"] if with_data else []),
        *(_access_removed(account) if with_data and account_wide else []),
    ]


def _warehouses_removed() -> list[str]:
    return [
        *(f"DROP WAREHOUSE IF EXISTS {name}" for name in WAREHOUSES),
        "DROP RESOURCE MONITOR IF EXISTS SHOPSTREAM_MONITOR",
    ]


def _access_removed(account: Account) -> list[str]:
    return [
        f"DROP USER IF EXISTS {account.service_user}",
        *(f"DROP ROLE IF EXISTS {name}" for name in ROLES),
        "DROP NETWORK POLICY IF EXISTS SHOPSTREAM_NETWORK",
    ]
