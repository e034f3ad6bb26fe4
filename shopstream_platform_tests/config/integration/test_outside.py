"""Nothing of a shell or a home folder reaches a client of an embedded service, whatever its library reads."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shopstream_platform.config.environment import variables
from shopstream_platform.services import embedded
from shopstream_platform_tests.config.integration import reads
from shopstream_platform_tests.config.integration.outside import CLIENTS, FAMILIES, ask, clean, culprit, foreign_home


@pytest.fixture(scope="module")
def answers(running_home: Path) -> dict[str, str]:
    """Client -> what it answers on a machine that knows nothing else."""
    found = {}
    for client in CLIENTS:
        ran = ask(client, clean(running_home))
        assert ran.returncode == 0, ran.stderr
        found[client] = ran.stdout
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_no_variable_reaches_a_client(client: str, running_home: Path, answers: dict[str, str]) -> None:
    junk = {name: value for family in FAMILIES.values() for name, value in family.items()}
    ran = ask(client, clean(running_home) | junk)
    if ran.stdout != answers[client]:
        pytest.fail(f"{culprit(client, running_home, junk, answers[client])}: {ran.stdout}{ran.stderr}")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_no_file_of_the_home_folder_reaches_a_client(
    client: str, running_home: Path, answers: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = {"HOME": str(foreign_home(tmp_path)), "PGSERVICE": "junk"}
    ran = ask(client, clean(running_home) | elsewhere)
    assert (ran.stdout, ran.returncode) == (answers[client], 0), ran.stderr


def test_every_keyword_of_libpq_is_known() -> None:
    found = {keyword: name for keyword, name in reads.of_libpq().items() if name}
    assert found.items() <= {keyword: name for keyword, (name, _, _) in variables.LIBPQ.items()}.items()
    assert reads.of_libpq_alone() <= variables.LIBPQ_NAMES | set(variables.LIBPQ_SERVICES)


@pytest.mark.parametrize("family", ["libpq", "botocore", "obstore", "snowflake", "dbt"])
def test_the_lists_are_read_from_the_libraries(family: str) -> None:
    samples = {
        "libpq": {"PGHOST", "PGSERVICE", "PGTZ"},
        "botocore": {"AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_S3_USE_ARN_REGION", "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
        "obstore": {"AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "AWS_CHECKSUM_ALGORITHM"},
        "snowflake": {"SNOWFLAKE_HOME", "SF_OCSP_RESPONSE_CACHE_SERVER_URL", "JWT_LIFETIME_IN_SECONDS"},
        "dbt": {"DBT_EMPTY", "DBT_ENGINE_EMPTY", "DBT_PROFILES_DIR", "DBT_RECORDER_FILE_PATH"},
    }
    assert samples[family] <= FAMILIES[family].keys()


@pytest.mark.slow
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_services_start_from_any_shell(umask: int, tmp_path: Path) -> None:
    home = tmp_path / "home, of {somebody}; 'it is' 100%#é$HOME~:&"
    junk = {name: value for family in FAMILIES.values() for name, value in family.items()}
    environment = clean(home) | junk | {"HOME": str(foreign_home(tmp_path / "foreign"))}
    command = [sys.executable, "-m", "shopstream_platform.cli.app"]
    try:
        up = subprocess.run([*command, "up"], env=environment, umask=umask, capture_output=True, text=True, check=False)
        assert up.returncode == 0, up.stdout + up.stderr
        for client in ("postgres", "obstore", "warehouse"):
            assert ask(client, environment).returncode == 0
        assert not [path for path in home.rglob("*") if _open_to_others(path, stat.S_IWGRP | stat.S_IWOTH)]
        secret = [path for folder in home.iterdir() if folder.is_dir() for path in (folder / "state.json",)]
        assert len(secret) == 3
        assert not [path for path in secret if _open_to_others(path, stat.S_IRWXG | stat.S_IRWXO)]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign", home.name]
    finally:
        embedded.down(home)


def _open_to_others(path: Path, bits: int) -> bool:
    return not path.is_symlink() and not path.is_socket() and bool(path.stat().st_mode & bits)
