"""The connection settings as environment variables and as JSON, and the home of the Dagster instance."""

import json
import os
import shlex
from collections.abc import Sequence, Set
from pathlib import Path
from sysconfig import get_path, get_preferred_scheme
from typing import Any
from urllib.parse import quote, urlencode

from psycopg2.extensions import make_dsn, parse_dsn

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.environment.libpq import closed
from shopstream_platform.config.environment.process import ignored
from shopstream_platform.config.environment.variables import INSTANCE_URL, LIBPQ
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import claim_home, write_private
from shopstream_platform.config.login import SECRET_ARGUMENTS, SECRETS, variable
from shopstream_platform.config.settings import CHECKOUT, Settings
from shopstream_platform.dbt.project import PROFILES_DIR, PROJECT_DIR
from shopstream_platform.services import resolve
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform.stores.warehouse import session_arguments

# A range of days is one event per day and asset; written one by one they take longer than the data. Planned ranges are
# one event an asset: a run that fails leaves its days as missing in the UI, not as failed.
FEWER_EVENTS = {"DAGSTER_EVENT_BATCH_SIZE": "1000", "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "true"}
# A tick plans, and where the change feed has lost its slot, or drift is looked for after long, that hashes all of
# history: Dagster ends ticks after a minute otherwise. Servers do not wait for one that long when they are stopped.
LONG_TICKS = {
    "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "1800",
    "DAGSTER_SCHEDULE_GRPC_TIMEOUT_SECONDS": "1800",
    "DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": "60",
}
STORAGE = f"""
storage:
  custom:
    module: shopstream_platform.defs.instance_storage
    class: PooledPostgresStorage
    config:
      postgres_url:
        env: {INSTANCE_URL}
"""
COMPUTE_LOGS_SECONDS = 10
COMPUTE_LOGS_PREFIX = "dagster/compute-logs"
MASK = "********"


def exports(settings: Settings, *, show_secrets: bool) -> dict[str, str]:
    """Variable -> value for psql, aws, dbt and dagster. Configured secrets are masked unless told otherwise."""
    postgres = parse_dsn(resolve.postgres(settings).dsn)
    variables = {name: str(postgres[part]) for part, (name, _, _) in LIBPQ.items() if part in postgres}
    variables = _masked(variables, {"PGPASSWORD"}, keep=settings.postgres_is_embedded or show_secrets)
    lake = resolve.object_store(settings).environment()
    variables |= _masked(lake, {"AWS_SECRET_ACCESS_KEY"}, keep=settings.lake_is_embedded or show_secrets)
    at = resolve.warehouse(settings)
    keep = settings.warehouse_is_embedded or show_secrets
    # What dbt by hand cannot fetch or read by itself is a secret as a whole.
    warehouse = dbt_variables(at) if keep else at.environment()
    variables |= _masked(warehouse, {variable(part) for part in SECRETS}, keep=keep)
    variables |= {
        "DBT_PROJECT_DIR": str(PROJECT_DIR),
        "DBT_PROFILES_DIR": str(PROFILES_DIR),
        # After an edit of a model a partial parse forgets the severities and descriptions of the singular tests on it.
        "DBT_PARTIAL_PARSE": "false",
        # Not the version of its code: it would go stale in a shell where the code is edited.
        **({"SHOPSTREAM_SCHEMA_PREFIX": settings.dbt.schema_prefix} if settings.dbt.schema_prefix else {}),
    }
    return variables if settings.is_deployed else variables | dagster_home(settings)


def superseded(settings: Settings) -> list[str]:
    """Variables of the shell that would change what the exported ones mean to psql, dbt and the AWS tools."""
    known = [
        *(["PGSERVICE", "PGOPTIONS"] if settings.postgres_is_embedded else []),
        *(["AWS_PROFILE", "AWS_SESSION_TOKEN"] if settings.lake_is_embedded else []),
    ]
    return list(dict.fromkeys(known + ignored()))


def as_shell(variables: dict[str, str], unset: Sequence[str] = ()) -> str:
    """Lines that a POSIX shell evaluates."""
    lines = [f"unset {' '.join(unset)}"] if unset else []
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in variables.items()])


def as_json(settings: Settings, *, show_secrets: bool) -> dict[str, Any]:
    """{"postgres": {"dsn"}, "s3": {...}, "snowflake": the connector's keyword arguments}."""
    dsn = resolve.postgres(settings).dsn
    lake = resolve.object_store(settings)
    warehouse = session_arguments(resolve.warehouse(settings))
    warehouse |= warehouse.pop("additional_snowflake_connection_args")
    s3 = {
        "endpoint_url": lake.endpoint_url,
        "bucket": lake.bucket,
        "prefix": lake.prefix,
        "access_key_id": lake.access_key_id,
        "secret_access_key": lake.secret_access_key,
        "region": lake.region,
    }
    if not (settings.postgres_is_embedded or show_secrets) and "password" in parse_dsn(dsn):
        dsn = make_dsn(dsn, password=MASK)
    return {
        "postgres": {"dsn": dsn},
        "s3": _masked(s3, {"secret_access_key"}, keep=settings.lake_is_embedded or show_secrets),
        "snowflake": _masked(warehouse, SECRET_ARGUMENTS, keep=settings.warehouse_is_embedded or show_secrets),
    }


def dagster_home(settings: Settings) -> dict[str, str]:
    """DAGSTER_HOME with dagster.yaml in it and the instance's database; empty where a deployment sets its own.

    The instance is on the embedded server wherever the source is: it is the platform's, not the shop's.
    """
    if os.environ.get("DAGSTER_HOME") and INSTANCE_URL not in os.environ:
        return {}
    if settings.is_deployed:
        raise ShopStreamError(
            f"SHOPSTREAM_ENV={settings.env} embeds nothing: set DAGSTER_HOME to the folder with its dagster.yaml"
        )
    home = settings.home / "dagster"
    template = _template()
    # Before anything lies in it: `shopstream reset` deletes only what was claimed while it was empty.
    claim_home(settings.home)
    home.mkdir(exist_ok=True)
    lake = resolve.object_store(settings) if settings.lake.compute_logs_in_lake else None
    _write_if_changed(home / "dagster.yaml", template.read_text() + STORAGE + (_compute_logs(lake) if lake else ""))
    # SQLAlchemy would look for psycopg 3 behind the plain scheme. A crash of the machine may cost the last moments of
    # the run history, never its consistency; waiting for the disk at every event would cost minutes a backfill.
    url = _with_query(resolve.instance_database(settings).dsn, options="-c synchronous_commit=off")
    # Its keys are in no file: the S3 client takes them from the environment.
    keys = lake.environment() if lake else {}
    return {"DAGSTER_HOME": str(home), INSTANCE_URL: url} | FEWER_EVENTS | LONG_TICKS | keys


def _template() -> Path:
    """The instance's settings: of the clone, or what an installed package brought along."""
    schemes = (get_preferred_scheme("prefix"), get_preferred_scheme("user"))
    shared = (Path(get_path("data", scheme)) / "share" / "shopstream" for scheme in schemes)
    places = [folder / "dagster.yaml" for folder in (CHECKOUT, *shared)]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise ShopStreamError(
            f"{places[0]} is missing: restore it in the clone, or install the package into a virtual environment"
        )
    return found


def _with_query(dsn: str, **more: str) -> str:
    """SQLAlchemy's URL of a database, which leaves nothing to the variables of a process that Dagster starts."""
    address = dsn.partition("?")[0].replace("postgresql://", "postgresql+psycopg2://", 1)
    login = ("user", "password", "host", "port", "dbname")
    said = {keyword: value for keyword, value in parse_dsn(closed(dsn)).items() if keyword not in login}
    return f"{address}?{urlencode(said | more, quote_via=quote)}"


def _compute_logs(lake: S3Connection) -> str:
    config = {
        "bucket": lake.bucket,
        "prefix": lake.key(COMPUTE_LOGS_PREFIX),
        "region": lake.region,
        # So that the UI shows what a run printed while it runs.
        "upload_interval": COMPUTE_LOGS_SECONDS,
        **({"endpoint_url": lake.endpoint_url} if lake.endpoint_url else {}),
    }
    manager = {"module": "dagster_aws.s3.compute_log_manager", "class": "S3ComputeLogManager", "config": config}
    # JSON is YAML.
    return f"\ncompute_logs: {json.dumps(manager)}\n"


def _write_if_changed(path: Path, text: str) -> None:
    # Bytes: what a disk has damaged need not be text.
    if not path.exists() or path.read_bytes() != text.encode():
        write_private(path, text)


def _masked(values: dict[str, Any], secrets: Set[str], *, keep: bool) -> dict[str, Any]:
    return {name: MASK if name in secrets and value and not keep else value for name, value in values.items()}
