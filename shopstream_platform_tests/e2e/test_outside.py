"""The commands in a shell, a folder and at moments that nobody prepared for them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopstream_platform_tests.config.integration.outside import FAMILIES, foreign_home
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Shop

MARTS = ("CORE.FACT_ORDERS", "CORE.DIM_CUSTOMERS", "MARTS.MART_SALES_DAILY")
COUNTS = " UNION ALL ".join(f"SELECT '{mart}', COUNT(*) > 0 FROM {mart}" for mart in MARTS)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop made in a shell that holds every variable of every library for other work."""
    folder = tmp_path_factory.mktemp("outside")
    junk = {name: value for family in FAMILIES.values() for name, value in family.items()}
    shop = Shop.at(folder / "ho,me").having(**junk, HOME=str(foreign_home(folder / "foreign")))
    ran = shop.shopstream("refresh")
    assert ran.code == 0, ran.everything
    yield shop
    shop.shopstream("down")


def _history(shop: Shop) -> list[list[str]]:
    ran = shop.shopstream("sql", "SELECT COUNT(*), COUNT_IF(dbt_valid_to IS NOT NULL) FROM CORE.SNAP_USERS")
    return [line.split() for line in ran.out.splitlines()]


@pytest.mark.slow
def test_marts_and_history_are_as_in_a_clean_shell(filled: Shop) -> None:
    ran = filled.shopstream("sql", COUNTS)
    assert ran.text.count("True") == len(MARTS), ran.everything
    before = _history(filled)
    filled.psql("UPDATE orders SET status = 'cancelled' WHERE id = 1")
    assert filled.having(DBT_EMPTY="true", DBT_ENGINE_EMPTY="true").shopstream("refresh").code == 0
    assert filled.shopstream("sql", COUNTS).text.count("True") == len(MARTS)
    assert _history(filled) == before


@pytest.mark.slow
def test_the_doctor_says_where_everything_came_from(filled: Shop) -> None:
    ran = filled.shopstream("doctor")
    assert ran.code == 0, ran.everything
    assert "PGSERVICE" in ran.text
    assert "of no effect" in ran.text
    assert ".env" in ran.text


@pytest.mark.slow
def test_psql_opens_the_shops_database_whatever_the_shell_says(filled: Shop) -> None:
    ran = filled.shopstream("psql", "-Atc", "SELECT current_database(), current_setting('search_path')")
    assert ran.out.strip() == 'shopstream|"$user", public', ran.everything


@pytest.mark.slow
def test_rows_that_are_left_out_are_told(filled: Shop) -> None:
    many = "SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 1200))"
    ran = filled.shopstream("sql", many)
    assert (ran.code, len(ran.out.splitlines())) == (0, 1001)
    assert "200 of 1,200 rows were left out: --limit 0 prints all" in ran.err
    everything = filled.shopstream("sql", many, "--limit", "0")
    assert (len(everything.out.splitlines()), everything.err) == (1201, "")


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["", "  ", ";"])
def test_no_statement(filled: Shop, statement: str) -> None:
    ran = filled.shopstream("sql", statement)
    assert ran.code == 1
    assert ran.errors == ["error: there is no statement: give one as the argument, or on stdin"]


@pytest.mark.slow
@pytest.mark.parametrize("after_seconds", [2, 7])
def test_an_interrupt(filled: Shop, after_seconds: float) -> None:
    filled.psql("UPDATE users SET first_name = first_name || 'x' WHERE id = 1")
    refresh = [PROGRAMS / "shopstream", "refresh"]
    process = subprocess.Popen(
        refresh, cwd=ROOT, env=filled.environment(), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(after_seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "interrupted; safe to run again\n")


@pytest.mark.slow
def test_postgresql_killed_in_the_middle_of_a_refresh(filled: Shop) -> None:
    filled.psql("UPDATE users SET first_name = first_name || 'y' WHERE id = 1")
    refresh = [PROGRAMS / "shopstream", "refresh"]
    process = subprocess.Popen(
        refresh, cwd=ROOT, env=filled.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    # The plan is printed; the run begins.
    process.stdout.readline()
    time.sleep(5)
    server = int((filled.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 1, out + errors
    assert errors.startswith("error: "), errors
    assert len(errors.splitlines()) <= 2, errors


def test_a_wrong_variable_and_a_bad_start_are_one_sentence(tmp_path: Path) -> None:
    shop = Shop.at(tmp_path / "home").having(SHOPSTREAM_POSTGRES_DNS="x", SHOPSTREAM_START_DATE="2999-01-01")
    ran = shop.shopstream("refresh")
    assert ran.code == 1
    (sentence,) = ran.errors
    assert "did you mean SHOPSTREAM_POSTGRES_DSN?" in sentence
    assert "has no complete day yet" in sentence
    assert not shop.home.exists()
