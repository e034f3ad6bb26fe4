"""The same code as in an account, on embedded services: it passes, and sees what was broken."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopstream_platform.certify import conformance, loads
from shopstream_platform.certify.account import nothing_left, provisioning, remove
from shopstream_platform.certify.cases import metadata, queries, statements, windows
from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.outcome import Different, Status
from shopstream_platform.certify.run import certify
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.cli.app import app
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.snowflake.account import Account, provision
from shopstream_platform.services import embedded
from shopstream_platform.services.process.process import wait_until
from shopstream_platform_tests.chaos.processes import orphans


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One namespace for the tests that only ask."""
    site = Site(Namespace.new(), None, 100)
    assert [outcome.status for outcome in provisioning(site, 3)][-1] is Status.AS_DOCUMENTED
    yield site
    remove(site)
    assert nothing_left(site) == "looked at this machine"


def test_statements_tables_and_copies_are_as_documented(site: Site) -> None:
    wanted = ("conformance: windows", "conformance: metadata", "conformance: stages")
    outcomes = list(conformance.conformance(site, lambda name: name in wanted))
    ran = [outcome for outcome in outcomes if outcome.group in wanted]
    assert [str(outcome) for outcome in ran if outcome.status is Status.DIFFERENT] == []
    assert {outcome.group for outcome in ran if outcome.status is Status.AS_DOCUMENTED} == set(wanted)
    left_out = [outcome for outcome in outcomes if outcome.group not in wanted]
    assert {(outcome.status, outcome.detail) for outcome in left_out} == {(Status.NOT_RUN, "left out by --only")}


def test_a_wrong_value_is_different(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    case = windows.CASES[0]
    wrong = replace(case, expected=[*case.expected[:-1], (99,)])
    monkeypatch.setitem(conformance.QUERIES, "windows", [case, wrong])
    outcomes = list(conformance.conformance(site, lambda name: name == "conformance: windows"))
    assert [outcome.status for outcome in outcomes[:2]] == [Status.AS_DOCUMENTED, Status.DIFFERENT]
    assert "(99,)" in outcomes[1].detail


@pytest.mark.slow
def test_an_account_is_asked_in_its_namespace_by_one_session(site: Site) -> None:
    """The local warehouse as the account: it takes roles and warehouses for names."""
    home = site.space.home
    target = Target(embedded.ensure_warehouse(home), embedded.ensure_object_store(home))
    account = Site(Namespace.new(), target, 1)
    names = account.space.names
    made = Account(names.database, target.s3.bucket, prefix=account.space.prefix, lake_prefix=account.space.lake_prefix)
    with site.session() as warehouse:
        provision(warehouse, made)
    wanted = tuple(f"conformance: {part}" for part in ("queries", "statements", "metadata", "stages"))
    outcomes = [o for o in conformance.conformance(account, lambda name: name in wanted) if o.group in wanted]
    account.close()
    # What the local warehouse is known to answer otherwise is asked here too.
    cases = (*queries.CASES, *statements.CASES, *metadata.CASES)
    # With a second database the local warehouse lists both.
    differing = [case.sql for case in cases if case.differs] + ["SHOW DATABASES LIKE 'SHOPSTREAM_DWH'"]
    assert sorted(one.case for one in outcomes if one.status is Status.DIFFERENT) == sorted(differing)
    local = [case.sql for case in cases if case.local]
    assert sorted(one.case for one in outcomes if one.status is Status.NOT_RUN) == sorted(local)
    assert {"SHOW ROLES", "ALTER ACCOUNT SET TIMEZONE = 'UTC'"} <= set(local)
    assert account.lake.etags("raw/_certify/") == {}


def test_what_breaks_is_different_and_all_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(Namespace.new(), None, 100)

    def broken(site: Site, wants: object) -> Iterator[object]:
        raise OSError("the disk is gone")
        yield

    monkeypatch.setattr(conformance, "conformance", broken)
    outcomes = list(certify(site, 3, ["conformance"]))
    (found,) = (outcome for outcome in outcomes if outcome.status is Status.DIFFERENT)
    assert (found.group, found.detail) == ("conformance", "OSError: the disk is gone")
    assert [outcome.status for outcome in outcomes if outcome.group == "removal"] == [Status.AS_DOCUMENTED] * 2
    assert not site.space.home.exists()


@pytest.mark.slow
def test_what_is_kept_is_removed_by_its_name(tmp_path: Path) -> None:
    kept = CliRunner().invoke(app, ["certify", "--embedded", "--keep", "--only", "windows", "--report", str(tmp_path)])
    assert kept.exit_code == 0, kept.output
    (name,) = [line.split()[1] for line in kept.output.splitlines() if line.startswith("certification ")]
    space = Namespace.named(name)
    assert space.home.exists()
    assert f"--embedded --remove {name}" in kept.output
    found = json.loads((tmp_path / "certification.json").read_text())
    assert found["counts"]["different"] == 0
    gone = CliRunner().invoke(app, ["certify", "--embedded", "--remove", name, "--yes"])
    assert gone.exit_code == 0, gone.output
    assert not space.home.exists()


@pytest.mark.slow
def test_nothing_goes_on_behind_a_run_that_was_killed(tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = [sys.executable, "-m", "shopstream_platform.cli.app", "certify", "--embedded", "--only", "volume"]
    with output.open("w") as file:
        run = subprocess.Popen(command, stdout=file, cwd=tmp_path, start_new_session=True)
    try:
        assert wait_until(lambda: output.read_text().startswith("certification "), 60)
        space = Namespace.named(output.read_text().split()[1])
        working = space.home / "dagster" / "storage"
        assert wait_until(working.exists, 120)
    finally:
        run.kill()
        run.wait()
    gone = CliRunner().invoke(app, ["certify", "--embedded", "--remove", space.name, "--yes"])
    assert gone.exit_code == 0, gone.output
    assert orphans(space.home) == []
    assert not space.home.exists()


@pytest.mark.slow
def test_a_lost_row_is_different(site: Site) -> None:
    assert [outcome.status for outcome in loads.small_shop(site)] == [Status.AS_DOCUMENTED] * 3
    assert [outcome.status for outcome in loads.at_once(site)] == [Status.AS_DOCUMENTED] * 2
    with site.session() as warehouse:
        warehouse.execute("DELETE FROM RAW.PRODUCTS WHERE id = (SELECT MIN(id) FROM RAW.PRODUCTS)")
    with pytest.raises(Different, match=r"products: the source has \d+, RAW has \d+"):
        loads.same_counts(site)
    with pytest.raises(Different, match="`shopstream verify` ended with 1"):
        loads.verified(site)


def test_without_an_account_the_advice_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SNOWFLAKE_ACCOUNT", "SHOPSTREAM_S3_BUCKET"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path / "home"))
    refused = CliRunner().invoke(app, ["certify"])
    assert isinstance(refused.exception, ShopStreamError)
    assert "or use --embedded" in str(refused.exception)
    assert embedded.status(tmp_path / "home")
    assert not (tmp_path / "home").exists()
