"""The variables that libraries read, by client, and the platform's own names."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

PREFIX = "SHOPSTREAM_"
# Set where the Dagster instance is the platform's own, on the embedded server.
INSTANCE_URL = "SHOPSTREAM_DAGSTER_POSTGRES_URL"

# Keyword of a connection string -> the variable that stands for it, and libpq's default if it has one.
# Since the version that the number says; an older libpq refuses a keyword that it does not know.
LIBPQ: dict[str, tuple[str, str | None, int]] = {
    "service": ("PGSERVICE", None, 0),
    "user": ("PGUSER", None, 0),
    "password": ("PGPASSWORD", None, 0),
    "passfile": ("PGPASSFILE", None, 0),
    "channel_binding": ("PGCHANNELBINDING", "prefer", 13),
    "connect_timeout": ("PGCONNECT_TIMEOUT", None, 0),
    "dbname": ("PGDATABASE", None, 0),
    "host": ("PGHOST", None, 0),
    "hostaddr": ("PGHOSTADDR", None, 0),
    "port": ("PGPORT", "5432", 0),
    "client_encoding": ("PGCLIENTENCODING", None, 0),
    "options": ("PGOPTIONS", "", 0),
    "application_name": ("PGAPPNAME", None, 0),
    "sslmode": ("PGSSLMODE", "prefer", 0),
    "sslnegotiation": ("PGSSLNEGOTIATION", "postgres", 17),
    "sslcompression": ("PGSSLCOMPRESSION", "0", 0),
    "sslcert": ("PGSSLCERT", None, 0),
    "sslkey": ("PGSSLKEY", None, 0),
    "sslcertmode": ("PGSSLCERTMODE", "allow", 16),
    "sslrootcert": ("PGSSLROOTCERT", None, 0),
    "sslcrl": ("PGSSLCRL", None, 0),
    "sslcrldir": ("PGSSLCRLDIR", None, 14),
    "sslsni": ("PGSSLSNI", "1", 14),
    "requirepeer": ("PGREQUIREPEER", "", 0),
    "require_auth": ("PGREQUIREAUTH", None, 16),
    "ssl_min_protocol_version": ("PGSSLMINPROTOCOLVERSION", "TLSv1.2", 13),
    "ssl_max_protocol_version": ("PGSSLMAXPROTOCOLVERSION", "", 13),
    "gssencmode": ("PGGSSENCMODE", "prefer", 12),
    "krbsrvname": ("PGKRBSRVNAME", "postgres", 0),
    "gsslib": ("PGGSSLIB", None, 0),
    "gssdelegation": ("PGGSSDELEGATION", "0", 17),
    "target_session_attrs": ("PGTARGETSESSIONATTRS", "any", 10),
    "load_balance_hosts": ("PGLOADBALANCEHOSTS", "disable", 16),
    "min_protocol_version": ("PGMINPROTOCOLVERSION", "3.0", 18),
    "max_protocol_version": ("PGMAXPROTOCOLVERSION", "3.0", 18),
    "sslkeylogfile": ("PGSSLKEYLOGFILE", None, 99),
}
# What libpq reads from the environment alone: no connection string overrides it. The last three become settings of the
# session at its start.
LIBPQ_ALONE = ("PGREQUIRESSL", "PGLOCALEDIR", "PGOAUTHDEBUG", "PGTZ", "PGDATESTYLE", "PGGEQO")
# Where services are declared; of no effect without `service`.
LIBPQ_SERVICES = ("PGSERVICEFILE", "PGSYSCONFDIR")
LIBPQ_NAMES = frozenset({*(name for name, _, _ in LIBPQ.values()), *LIBPQ_ALONE})

AWS_PREFIXES = ("AWS_", "BOTO_", "BOTOCORE_")
SNOWFLAKE_PREFIXES = ("SNOWFLAKE_", "SF_")
# Of Snowflake's connector too, without its prefix.
SNOWFLAKE_NAMES = frozenset(
    {
        *("MAX_CON_RETRY_ATTEMPTS", "JWT_CNXN_RETRY_ATTEMPTS", "JWT_CNXN_WAIT_TIME", "JWT_LIFETIME_IN_SECONDS"),
        *("OCSP_MAX_RETRY", "NANOARROW_USAGE", "CLIENT_LOG_DIR_PATH_DOCKER", "ARROW_DEFAULT_MEMORY_POOL"),
    }
)
# DBT_ENGINE_... too, and DBT_ENV_... of other projects.
DBT_PREFIXES = ("DBT_",)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

# Set by the platform for its own processes and dbt's macros, and some that tests take.
OWN = frozenset(
    {
        "SHOPSTREAM_DAGSTER_POSTGRES_URL",
        "SHOPSTREAM_DBT_AUTHENTICATOR",
        "SHOPSTREAM_DBT_LISTENS",
        "SHOPSTREAM_DBT_LOCK",
        "SHOPSTREAM_DBT_MADE_FROM",
        "SHOPSTREAM_DBT_PARENT",
        "SHOPSTREAM_DBT_TESTED",
        "SHOPSTREAM_DBT_TOKEN",
        "SHOPSTREAM_DBT_WAITING",
        "SHOPSTREAM_FORGETTING",
        "SHOPSTREAM_RUN_ID",
        "SHOPSTREAM_UI_PARENT",
        "SHOPSTREAM_WAREHOUSE_IDLE_SECONDS",
        "SHOPSTREAM_WAREHOUSE_PATIENCE_SECONDS",
        "SHOPSTREAM_TEST_TABULAR_ENGINE",
    }
)
# The connection string of a declared source, which only the catalogue knows.
OF_A_SOURCE = re.compile(rf"{PREFIX}SOURCE_[A-Z0-9_]+_DSN")
# Kubernetes and Docker tell a container the addresses of services; one may be called shopstream.
_OF_A_SERVICE = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$")


def of_prefixes(environ: Iterable[str], prefixes: tuple[str, ...]) -> set[str]:
    """The names that begin with one of the prefixes."""
    return {name for name in environ if name.startswith(prefixes)}


def unknown(environ: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """A sentence for each SHOPSTREAM_ variable that nothing reads, with the name that was probably meant."""
    known = sorted({*known, *OWN})
    for name in sorted(of_prefixes(environ, (PREFIX,)) - set(known)):
        if not (_OF_A_SERVICE.search(name) or OF_A_SOURCE.fullmatch(name)):
            near = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
            yield f"{name} is not a setting" + (f" (did you mean {PREFIX}{near[0]}?)" if near else "")
