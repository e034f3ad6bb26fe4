"""Where a service is and how to log in to it, configured or embedded.

Settings give these for configured services, `services.embedded` for the embedded ones. Everything else sees only these.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path

from shopstream_platform.config.account_names import PREFIX, AccountNames
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.login import PARTS, Login, login_of

# These tell the embedded services' own logins from others in an environment.
EMBEDDED_ACCOUNT = "local"
EMBEDDED_KEY_PREFIX = "SHOPSTREAM"

# Where the shop's database is.
SHOP_DSN = "SHOPSTREAM_POSTGRES_DSN"

# Defaults of what is not configured. The embedded services always have these.
REGION = "eu-west-3"
DATABASE = AccountNames(PREFIX).database
GZIP_LEVEL = 2


@dataclass(frozen=True)
class PostgresConnection:
    """A libpq connection string, and the variable that it comes from, for errors.

    Of the shop's variable a bare `postgresql://` lets libpq take the PG* variables.
    """

    dsn: str = field(repr=False)
    setting: str = SHOP_DSN


@dataclass(frozen=True)
class S3Connection:
    """A bucket and, where the standard AWS credential chain does not apply, its endpoint and keys.

    `prefix` is where in the bucket the lake begins: empty, or folders with a slash behind each. `folder` is where an
    embedded store keeps its objects.
    """

    bucket: str
    region: str = REGION
    endpoint_url: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    folder: Path | None = None
    prefix: str = ""

    def key(self, name: str) -> str:
        """The bucket's key of what the lake calls by a name."""
        return f"{self.prefix}{name}"

    def environment(self) -> dict[str, str]:
        """The connection as the variables that every AWS SDK and the `aws` CLI read."""
        values = {
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class SnowflakeConnection:
    """A Snowflake account and the parts of a login; `transform_role` is dbt's, where it is another than `role`.

    User is empty where the login itself names it. Host, port and protocol only where the account's own address does not
    apply. `prefix` begins the names of the environment's objects in the account.
    """

    account: str
    user: str
    password: str | None = field(default=None, repr=False)
    private_key_path: str | None = None
    role: str | None = None
    transform_role: str | None = None
    warehouse: str | None = None
    database: str = DATABASE
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    prefix: str = PREFIX
    authenticator: str | None = None
    passcode: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    private_key_passphrase: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    token_file_path: str | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: str | None = field(default=None, repr=False)
    oauth_token_request_url: str | None = None
    oauth_scope: str | None = None
    workload_identity_provider: str | None = None

    @property
    def login(self) -> Login:
        """How to log in. Raises ShopStreamError for parts that make no login."""
        try:
            return login_of({part: getattr(self, part) for part in PARTS})
        except ValueError as error:
            raise ShopStreamError(str(error)) from error

    @property
    def names(self) -> AccountNames:
        """The names of the environment's objects in the account."""
        return AccountNames(self.prefix)

    def environment(self) -> dict[str, str]:
        """The connection as SNOWFLAKE_* variables, which shopstream_dbt/profiles.yml reads."""
        values = {name: getattr(self, part) for part, name in SNOWFLAKE_VARIABLES.items() if part not in PARTS}
        return {name: str(value) for name, value in values.items() if value} | self.login.variables()


# Part of a connection -> the variable that stands for it.
SNOWFLAKE_VARIABLES = {part.name: f"SNOWFLAKE_{part.name.upper()}" for part in fields(SnowflakeConnection)}
