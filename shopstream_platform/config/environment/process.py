"""The environment of this process and of the programs that it starts."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from shopstream_platform.config.connections import EMBEDDED_ACCOUNT, EMBEDDED_KEY_PREFIX, SNOWFLAKE_VARIABLES
from shopstream_platform.config.environment import variables
from shopstream_platform.config.environment.libpq import is_bare
from shopstream_platform.config.environment.variables import (
    AWS_PREFIXES,
    CERTIFICATES,
    DBT_PREFIXES,
    LIBPQ_NAMES,
    LIBPQ_SERVICES,
    PROXIES,
    SNOWFLAKE_NAMES,
    SNOWFLAKE_PREFIXES,
)
from shopstream_platform.config.login import PARTS, variable

if TYPE_CHECKING:
    from shopstream_platform.config.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Nobody else may read or write what the platform writes, whatever the shell allows.
UMASK = 0o077
# Of botocore, instead of ~/.aws and the cloud's metadata service.
NO_AWS_FILES = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# Of Snowflake's connector: no ~/.snowflake and no ~/.config/snowflake, and no search for a cloud's metadata service.
NO_SNOWFLAKE_FILES = {"SNOWFLAKE_HOME": os.devnull, "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true"}
OWN_AWS = ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
# The embedded warehouse is logged in to by password, and has one role.
OWN_SNOWFLAKE = frozenset(SNOWFLAKE_VARIABLES.values()) - {
    variable(part) for part in (*PARTS, "transform_role") if part != "password"
}
# What a server needs of the machine; its configuration is on its command line and in files of its own.
FOR_SERVERS = (
    *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV"),
    *("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SHOPSTREAM_WAREHOUSE_IDLE_SECONDS"),
    "SHOPSTREAM_WAREHOUSE_PATIENCE_SECONDS",
)

_ignored: set[str] = set()
_lock = Lock()


def settle(settings: "Settings") -> None:
    """Take away from this process, and so from its children, what is meant for other work than the settings say.

    By the environment, since much is read there alone: PGSERVICE and PGTZ by libpq, everything by dbt, AWS_* and
    SNOWFLAKE_HOME by libraries that Dagster sets up. Done once, before any client exists and any thread reads.
    """
    strays = _strays(settings, os.environ)
    _ignored.update(strays)
    for name in strays:
        del os.environ[name]
    os.environ.update(NO_AWS_FILES if settings.lake_is_embedded else {})
    os.environ.update(NO_SNOWFLAKE_FILES if settings.warehouse_is_embedded else {})
    os.environ.update(without_proxy_on_loopback(os.environ))
    os.umask(os.umask(UMASK) | UMASK)


def ignored() -> list[str]:
    """The variables that `settle` took away."""
    return sorted(_ignored)


def honoured(settings: "Settings") -> list[str]:
    """The variables of other programs that are set and count for the configured services."""
    environ = os.environ
    names = {name for name in environ if name.upper() in PROXIES or name in CERTIFICATES}
    dsn = settings.oltp.connection()
    if dsn is not None:
        names |= environ.keys() & (LIBPQ_NAMES if is_bare(dsn.dsn) else set(LIBPQ_SERVICES))
    if not settings.lake_is_embedded:
        names |= variables.of_prefixes(environ, AWS_PREFIXES)
    if not settings.warehouse_is_embedded:
        names |= variables.of_prefixes(environ, SNOWFLAKE_PREFIXES)
    return sorted(names)


def _strays(settings: "Settings", environ: Mapping[str, str]) -> set[str]:
    strays = variables.of_prefixes(environ, DBT_PREFIXES)
    dsn = settings.oltp.connection()
    if dsn is None or not is_bare(dsn.dsn):
        strays |= environ.keys() & LIBPQ_NAMES
    if settings.lake_is_embedded:
        strays |= variables.of_prefixes(environ, AWS_PREFIXES) - NO_AWS_FILES.keys() - set(_own_aws(environ))
    if settings.warehouse_is_embedded:
        strays |= variables.of_prefixes(environ, SNOWFLAKE_PREFIXES) - NO_SNOWFLAKE_FILES.keys()
        strays = strays - set(_own_snowflake(environ)) | environ.keys() & SNOWFLAKE_NAMES
    return strays


def _own_aws(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The embedded store's, which this process or `shopstream env` has set: Dagster's compute logs read them here."""
    return OWN_AWS if environ.get("AWS_ACCESS_KEY_ID", "").startswith(EMBEDDED_KEY_PREFIX) else ()


def _own_snowflake(environ: Mapping[str, str]) -> Iterable[str]:
    """The embedded warehouse's, which this process or `shopstream env` has set: dbt's profile reads them here."""
    return OWN_SNOWFLAKE if environ.get("SNOWFLAKE_ACCOUNT") == EMBEDDED_ACCOUNT else ()


def without_proxy_on_loopback(environ: Mapping[str, str]) -> dict[str, str]:
    """NO_PROXY in both spellings (libraries differ in which they read) with this machine's own addresses."""
    given = [part.strip() for name in ("no_proxy", "NO_PROXY") for part in environ.get(name, "").split(",")]
    value = ",".join(dict.fromkeys([*filter(None, given), *LOOPBACK]))
    return {"no_proxy": value, "NO_PROXY": value}


def for_servers(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of an embedded server: what it needs of the machine, in English and in UTC."""
    kept = {name: environ[name] for name in FOR_SERVERS if name in environ}
    return kept | NO_AWS_FILES | NO_SNOWFLAKE_FILES | {"LC_ALL": "C", "TZ": "UTC"}


def for_dbt(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a dbt process, to which the project's and the warehouse's variables are added."""
    strays = variables.of_prefixes(environ, DBT_PREFIXES)
    return {name: value for name, value in environ.items() if name not in strays}


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Without these variables while a client is made that reads them and cannot be told otherwise."""
    wanted = set(names)
    with _lock:
        kept = {name: os.environ.pop(name) for name in wanted & os.environ.keys()}
        try:
            yield
        finally:
            os.environ.update(kept)
