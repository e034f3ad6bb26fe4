"""A misspelt setting is an error; what is the platform's own, or a container's, is none."""

import os
import re

import pytest

from shopstream_platform.config.environment import process, variables
from shopstream_platform.config.environment.process import for_dbt, for_servers, hidden, without_proxy_on_loopback
from shopstream_platform.config.environment.proxies import advice
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.load import known_variables, load_settings
from shopstream_platform.config.settings import CHECKOUT, Settings

_OF_THE_NETWORK = {
    "NO_PROXY",
    "no_proxy",
    *variables.CERTIFICATES,
    *variables.PROXIES,
    *(name.lower() for name in variables.PROXIES),
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("SHOPSTREAM_", "SNOWFLAKE_", "AWS_", "PG", "DBT_")) or name in _OF_THE_NETWORK:
            monkeypatch.delenv(name)
    # What `settle` sets is gone after the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SHOPSTREAM_POSTGRES_DNS", "SHOPSTREAM_POSTGRES_DSN"),
        ("SHOPSTREAM_BUCKET", "SHOPSTREAM_S3_BUCKET"),
        ("SHOPSTREAM_STARTDATE", "SHOPSTREAM_START_DATE"),
        ("SHOPSTREAM_POWER_BI_WORKSPACE", "SHOPSTREAM_POWER_BI_WORKSPACE_ID"),
    ],
)
def test_an_unknown_variable_names_the_nearest(name: str, near: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, name, "x")
    with pytest.raises(ShopStreamError, match=rf"{name} is not a setting \(did you mean {near}\?\)"):
        load_settings()


def test_an_unknown_variable_that_is_like_none() -> None:
    assert list(variables.unknown({"SHOPSTREAM_XYZZY"}, known_variables())) == ["SHOPSTREAM_XYZZY is not a setting"]


def test_addresses_of_services_in_a_container_are_no_settings() -> None:
    names = ["PORT", "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_80_TCP", "PORT_80_TCP_ADDR"]
    found = {f"SHOPSTREAM_DAGSTER_WEBSERVER_{name}" for name in names}
    assert list(variables.unknown(found, known_variables())) == []


def test_every_variable_that_the_code_names_is_known() -> None:
    known = known_variables() | variables.OWN | {"SHOPSTREAM_", "SHOPSTREAM_POWER_BI_", "SHOPSTREAM_POWER_BI"}
    known |= {"SHOPSTREAM_CHANGE_FEED_"}
    known |= {"SHOPSTREAM_SOURCE_"}  # of the pattern of sources' variables
    objects_in_snowflake = {
        f"SHOPSTREAM_{name}"
        for name in ("DWH", "MONITOR", "NETWORK", "PLATFORM", "SERVICE", "STAGING", "TRANSFORMER", "PR_42")
    }
    for folder in ("shopstream_platform", "shopstream_dbt", "deploy"):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.suffix in {".py", ".yml", ".yaml", ".sql"} and "target" not in path.parts:
                found = set(re.findall(r"\bSHOPSTREAM_[A-Z0-9_]*", path.read_text("utf-8")))
                assert found <= known | objects_in_snowflake, path


def test_every_setting_is_explained() -> None:
    assert known_variables() <= set(re.findall(r"SHOPSTREAM_\w+", (CHECKOUT / ".env.example").read_text("utf-8")))


def test_stray_variables_are_taken_away_and_told() -> None:
    stray = {"PGSERVICE": "x", "PGTZ": "x", "AWS_PROFILE": "x", "SNOWFLAKE_ROLE": "x", "DBT_EMPTY": "true"}
    os.environ.update(stray)
    settings = load_settings()
    assert not stray.keys() & os.environ.keys()
    assert stray.keys() <= set(process.ignored())
    assert process.honoured(settings) == []
    load_settings()
    assert stray.keys() <= set(process.ignored())


def test_those_of_configured_services_stay() -> None:
    kept = {"PGSSLROOTCERT": "x", "AWS_PROFILE": "x", "SNOWFLAKE_ROLE": "R", "HTTPS_PROXY": "http://proxy:1"}
    switches = {
        "SHOPSTREAM_POSTGRES_DSN": "postgresql://",
        "SHOPSTREAM_S3_BUCKET": "lake",
        "SNOWFLAKE_ACCOUNT": "org-account",
        "SNOWFLAKE_USER": "u",
        "SNOWFLAKE_PASSWORD": "p",
    }
    os.environ.update(kept | switches | {"DBT_EMPTY": "true"})
    settings = load_settings()
    assert kept.items() <= os.environ.items()
    assert kept.keys() <= set(process.honoured(settings))
    assert "DBT_EMPTY" not in os.environ


def test_a_whole_connection_string_leaves_nothing_to_the_shell() -> None:
    os.environ.update({"SHOPSTREAM_POSTGRES_DSN": "postgresql://db/shop", "PGOPTIONS": "x", "PGSERVICEFILE": "/f"})
    load_settings()
    assert "PGOPTIONS" not in os.environ
    assert os.environ["PGSERVICEFILE"] == "/f"


def test_the_embedded_services_own_logins_stay() -> None:
    own = {
        "AWS_ACCESS_KEY_ID": "SHOPSTREAM0123456789",
        "AWS_SECRET_ACCESS_KEY": "s",
        "SNOWFLAKE_ACCOUNT": "local",
        "SNOWFLAKE_PASSWORD": "p",
    }
    strays = {
        *("AWS_SESSION_TOKEN", "SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_PRIVATE_KEY", "SNOWFLAKE_TOKEN"),
        *("SNOWFLAKE_AUTHENTICATOR", "SNOWFLAKE_TRANSFORM_ROLE"),
    }
    os.environ.update(own | dict.fromkeys(strays, "x"))
    load_settings()
    assert own.items() <= os.environ.items()
    assert not strays & os.environ.keys()


@pytest.mark.parametrize("given", [{}, {"NO_PROXY": "a.example"}, {"no_proxy": "a.example, b.example"}])
def test_loopback_is_never_proxied(given: dict[str, str]) -> None:
    found = without_proxy_on_loopback(given)
    assert found["NO_PROXY"] == found["no_proxy"]
    parts = found["NO_PROXY"].split(",")
    assert {"127.0.0.1", "localhost"} <= set(parts)
    assert all(host.strip() in parts for value in given.values() for host in value.split(","))
    assert without_proxy_on_loopback(given | found) == found


def test_a_child_gets_what_it_needs_and_nothing_else() -> None:
    foreign = dict.fromkeys(("PGTZ", "WEED_X", "LD_PRELOAD", "DBT_X"), "x")
    environ = {"PATH": "/bin", "LC_ALL": "fr_FR", "TZ": "X"} | foreign
    server = for_servers(environ)
    assert (server["PATH"], server["LC_ALL"], server["TZ"]) == ("/bin", "C", "UTC")
    assert not foreign.keys() & server.keys()
    assert for_dbt(environ) == {name: value for name, value in environ.items() if name != "DBT_X"}


def test_hidden_variables_come_back() -> None:
    os.environ.update({"AWS_A": "1", "B": "2"})
    with pytest.raises(ZeroDivisionError), hidden(name for name in ("AWS_A", "MISSING", "B")):
        assert not {"AWS_A", "B"} & os.environ.keys()
        raise ZeroDivisionError
    assert (os.environ["AWS_A"], os.environ["B"]) == ("1", "2")


def test_the_proxy_on_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,inside.example")
    said = advice("https://account.snowflakecomputing.com")
    assert "proxy proxy.example:3128 of HTTPS_PROXY" in said
    assert "account.snowflakecomputing.com into NO_PROXY" in said
    assert "secret" not in said
    assert advice("http://127.0.0.1:9000") == advice("https://inside.example") == ""


@pytest.mark.parametrize("home", ["/tmp/a\nb", "/tmp/a?b", "/tmp/[x]", "/tmp/\x07", "~nobody-here/x"])
def test_a_home_that_no_program_could_use_is_refused(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SHOPSTREAM_HOME", home)
    with pytest.raises(ShopStreamError, match="SHOPSTREAM_HOME") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("day", ["2999-01-01", "today"])
def test_a_start_date_without_a_complete_day(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    monkeypatch.setitem(os.environ, "SHOPSTREAM_START_DATE", str(datetime.now(UTC).date()) if day == "today" else day)
    with pytest.raises(ShopStreamError, match=r"SHOPSTREAM_START_DATE=\S+ has no complete day yet.* earlier day"):
        load_settings()


def test_the_embedded_warehouse_has_one_database() -> None:
    os.environ["SNOWFLAKE_DATABASE"] = "OTHER"
    assert Settings().snowflake.database == "SHOPSTREAM_DWH"
