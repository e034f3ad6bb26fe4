"""A hostile shell and home folder, and clients of the embedded services in processes of their own that meet them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from shopstream_platform.config.login import CREDENTIALS, variable
from shopstream_platform_tests.config.integration import reads

JUNK = "junk"
DEAD = "http://127.0.0.9:9"
# Junk that a library would take at its word, where the word alone would be ignored.
_PLAUSIBLE = {
    "PGHOSTADDR": "127.0.0.9",
    "PGPORT": "9",
    "PGSSLMODE": "require",
    "PGCHANNELBINDING": "require",
    "PGOPTIONS": "-c search_path=nowhere -c datestyle=German",
    "AWS_ENDPOINT_URL": DEAD,
    "AWS_ENDPOINT_URL_S3": DEAD,
    "AWS_PROXY_URL": DEAD,
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_SKIP_SIGNATURE": "true",
    "DBT_EMPTY": "true",
    "DBT_ENGINE_EMPTY": "true",
    "DBT_SAMPLE": "1 day",
    "DBT_FAIL_FAST": "true",
    "DBT_WARN_ERROR": "true",
}
# Switches of the platform: these are not outside.
_SETTINGS = {
    *("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PORT", *(variable(part) for part in CREDENTIALS)),
}
# The machine's, which programs need to find their files at all.
_OF_THE_MACHINE = {"HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "SSLKEYLOGFILE"}
SHELL = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), DEAD),
    **dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "/nowhere/ca.pem"),
    **dict.fromkeys(("LC_ALL", "LANG", "LC_MESSAGES", "LC_NUMERIC"), "xx_XX.junk"),
    "TZ": "Asia/Kolkata",
}

FAMILIES: dict[str, Mapping[str, str]] = {
    name: {one: _PLAUSIBLE.get(one, JUNK) for one in sorted(names - _SETTINGS - _OF_THE_MACHINE)}
    for name, names in {
        "libpq": {*(one for one in reads.of_libpq().values() if one), *reads.of_libpq_alone()},
        "botocore": reads.of_botocore(),
        "obstore": reads.of_obstore(),
        "snowflake": reads.of_snowflake() - SHELL.keys(),
        "dbt": reads.of_dbt(),
    }.items()
} | {"shell": SHELL}

# What another tool's files in the home folder say.
_FILES = {
    ".pgpass": "*:*:*:*:junk\n",
    ".pg_service.conf": "[junk]\nhost=127.0.0.9\nport=9\n",
    ".postgresql/root.crt": JUNK,
    ".postgresql/postgresql.crt": JUNK,
    ".postgresql/postgresql.key": JUNK,
    ".aws/config": "[default]\nregion = junk\ns3 =\n"
    "    use_accelerate_endpoint = true\n    addressing_style = virtual\n"
    f"ca_bundle = /nowhere\nendpoint_url = {DEAD}\n",
    ".aws/credentials": "[default]\naws_access_key_id = junk\naws_secret_access_key = junk\naws_session_token = junk\n",
    ".snowflake/config.toml": "this is = = not TOML",
    ".snowflake/connections.toml": "[default\n",
    ".config/snowflake/config.toml": "neither is this",
    ".netrc": "default login junk password junk\n",
    ".dbt/profiles.yml": "shopstream: {target: junk}\n",
    ".boto": "junk",
}

POSTGRES = """
from shopstream_platform.stores.postgres import snapshot
with snapshot(resolve.postgres(settings).dsn) as conn:
    cursor = conn.cursor()
    cursor.execute("SELECT current_database(), current_setting('search_path'), current_setting('DateStyle'), "
                   "current_setting('TimeZone'), current_setting('client_encoding'), current_setting('geqo')")
    print(*cursor.fetchone(), sep="|")
"""
INSTANCE = """
from sqlalchemy import create_engine, text
from shopstream_platform.cli.environment import dagster_home
from shopstream_platform.config.environment.variables import INSTANCE_URL
with create_engine(dagster_home(settings)[INSTANCE_URL]).connect() as conn:
    print(*conn.execute(text("SELECT current_database(), current_setting('synchronous_commit')")).one(), sep="|")
"""
BOTO3 = """
from shopstream_platform.services.s3_client import s3_client
at = resolve.object_store(settings)
print(s3_client(at).list_objects_v2(Bucket=at.bucket, Prefix="nothing/")["KeyCount"])
"""
OBSTORE = """
from shopstream_platform.stores.lake import Lake
lake = Lake(resolve.object_store(settings))
lake.write("outside/probe.txt", b"probe", "text/plain")
print(list(lake.etags("outside/")))
"""
WAREHOUSE = """
from shopstream_platform.stores.warehouse import open_session
with open_session(resolve.warehouse(settings)) as session:
    print(session.rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_ROLE(), CURRENT_WAREHOUSE()"))
"""
DBT = """
import tempfile
from pathlib import Path
from shopstream_platform.dbt import project as dbt_project
from shopstream_platform.defs.resources.dbt import dbt_resource
os.environ.update(resolve.warehouse(settings).environment() | dbt_project.environment(settings.dbt))
call = dbt_resource().cli(["show", "--inline", "select count(*) as n from {{ source('raw', 'users') }}"],
                          target_path=Path(tempfile.mkdtemp()), manifest=dbt_project.manifest_path(settings.dbt))
call.wait()
args = call.get_artifact("run_results.json")["args"]
print({name: value for name, value in sorted(args.items()) if "path" not in name and name != "invocation_command"})
"""
CLIENTS = {
    "postgres": POSTGRES,
    "instance": INSTANCE,
    "boto3": BOTO3,
    "obstore": OBSTORE,
    "warehouse": WAREHOUSE,
    "dbt": DBT,
}
_BEGIN = """
import os
from shopstream_platform.config.load import load_settings
from shopstream_platform.services import resolve
settings = load_settings()
"""


def foreign_home(folder: Path) -> Path:
    """A home folder with the configuration of other work."""
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    return folder


def clean(home: Path) -> dict[str, str]:
    """The environment of a machine that knows nothing but the embedded home."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"SHOPSTREAM_HOME": str(home), "LC_ALL": "C.UTF-8"}


def ask(client: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What the client answers in a process of its own."""
    script = _BEGIN + CLIENTS[client]
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)


def culprit(client: str, home: Path, junk: Mapping[str, str], expected: str) -> dict[str, str]:
    """The smallest part of the variables, by halves, that still changes the answer."""
    names = sorted(junk)
    while len(names) > 1:
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        guilty = (half for half in halves if _answer(client, home, {n: junk[n] for n in half}) != expected)
        half = next(guilty, None)
        if half is None:
            break
        names = half
    return {name: junk[name] for name in names}


def _answer(client: str, home: Path, junk: Mapping[str, str]) -> str:
    return ask(client, clean(home) | junk).stdout
