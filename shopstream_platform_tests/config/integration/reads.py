"""The variables that each library reads, taken from the library's own code."""

import ctypes
import re
import site
from collections.abc import Iterator
from pathlib import Path

# Set by tests and Python themselves, or read without any effect on a client.
_SNOWFLAKE_TESTS = re.compile(r"^(SF_TEST|SNOWFLAKE_TEST|SF_OCSP_TEST)")


class _Option(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_char_p) for name in ("keyword", "variable", "compiled", "value", "label", "display")),
        ("size", ctypes.c_int),
    )


def of_libpq() -> dict[str, str | None]:
    """Keyword of a connection string -> its variable, as PQconndefaults of psycopg2's own libpq lists them."""
    (path,) = _packages().glob("psycopg2_binary.libs/libpq-*.so*")
    library = ctypes.CDLL(str(path))
    library.PQconndefaults.restype = ctypes.POINTER(_Option)
    options, found, index = library.PQconndefaults(), {}, 0
    while keyword := options[index].keyword:
        found[keyword.decode()] = options[index].variable and options[index].variable.decode()
        index += 1
    return found


def of_libpq_alone() -> set[str]:
    """Every word of libpq's that looks like a variable, those of the keywords too."""
    (path,) = _packages().glob("psycopg2_binary.libs/libpq-*.so*")
    return {name.decode() for name in re.findall(rb"\0(PG[A-Z]{2,}(?:_[A-Z]+)?)(?=\0)", path.read_bytes())}


def of_botocore() -> set[str]:
    """Of botocore's session, its S3 settings, and its code."""
    from botocore import configprovider

    declared = (
        *configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES.values(),
        *configprovider.DEFAULT_S3_CONFIG_VARS.values(),
    )
    names = {name for _, variables, *_ in declared for name in _list(variables)}
    return names | set(_words(_packages() / "botocore", r"\b(?:AWS|BOTO|BOTOCORE)_[A-Z0-9_]*[A-Z0-9]\b"))


def of_obstore() -> set[str]:
    """Of object_store's builder: every key of its configuration, behind AWS_."""
    text = (_packages() / "obstore" / "_store" / "_aws.pyi").read_text()
    keys = re.findall(r"^    (\w+): ", text.partition("class S3Config")[2].partition("\nclass ")[0], re.MULTILINE)
    client = (_packages() / "obstore" / "_store" / "_client.pyi").read_text()
    keys += re.findall(r"^    (\w+): ", client.partition("class ClientConfig")[2], re.MULTILINE)
    return {f"AWS_{key.upper().removeprefix('AWS_')}" for key in keys} | {"AWS_ENDPOINT", "AWS_TOKEN", "AWS_PROXY_URL"}


def of_snowflake() -> set[str]:
    """Every variable that the connector's code asks for, and those of its configuration files' options."""
    folder = _packages() / "snowflake" / "connector"
    asked = set(_words(folder, r"(?:getenv|environ\.get|environ)[(\[]\s*\"([A-Z][A-Z0-9_]+)\""))
    named = set(_words(folder, r"\b(?:SNOWFLAKE|SF)_[A-Z0-9_]*[A-Z0-9]\b"))
    return {name for name in asked | named if not _SNOWFLAKE_TESTS.match(name)}


def of_dbt() -> set[str]:
    """Every option of dbt's command line, and what its code asks for besides."""
    from dbt.cli.main import cli

    names: set[str] = {"DBT_ENGINE_SQLPARSE"}
    commands = [cli]
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        names |= {name for option in command.params for name in _list(option.envvar)}
    for package in ("dbt", "dbt_common"):
        names |= set(_words(_packages() / package, r"(?:getenv|environ\.get)\(\s*\"(DBT_\w+)\""))
    return names


def _list(names: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())


def _words(folder: Path, pattern: str) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        if "tests" not in path.parts:
            yield from re.findall(pattern, path.read_text("utf-8", errors="ignore"))


def _packages() -> Path:
    return Path(site.getsitepackages()[0])
