"""A database that nobody here has seen: from `shopstream source add` to RAW and staging views, in a copied checkout."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from shopstream_platform.services import embedded
from shopstream_platform_tests import samples
from shopstream_platform_tests.e2e.shop import PROGRAMS, ROOT, Ran, Shop
from shopstream_platform_tests.e2e.test_demo import NOTHING_TO_DO

DECLARATION = Path("shopstream_platform/contract/sources/campus.py")
MODELS = Path("shopstream_dbt/models/staging/campus")
ADD = ("source", "add", "campus", "--dsn-env", "CAMPUS_DSN", "--daily-from", "500")
# Rows in RAW, as the sample has them; those of a table with days, up to the last of them.
SNAPSHOTS = {
    "registry_person": "SELECT count(*) FROM registry.person",
    "every_type": "SELECT count(*) FROM registry.every_type",
    "door_reading": "SELECT count(*) FROM teaching.door_reading",
    "minus": 'SELECT count(*) FROM teaching."minus"',
    "waiting_list": "SELECT count(*) FROM registry.waiting_list",
    "exchange_partner": "SELECT count(*) FROM registry.exchange_partner",
    "transcript": "SELECT count(*) FROM teaching.transcript",
}
DAILY = {
    "enrolment": "SELECT count(*) FROM teaching.enrolment WHERE enrolled_at < {tomorrow}",
    "submission": "SELECT count(*) FROM teaching.submission WHERE submitted_at < {tomorrow}",
    "submission_comment": "SELECT count(*) FROM teaching.submission_comment AS c "
    "INNER JOIN teaching.submission AS s ON s.submission_id = c.submission_id WHERE s.submitted_at < {tomorrow}",
    "attendance": "SELECT count(*) FROM teaching.attendance",
    "book_loan": 'SELECT count(*) FROM "Library"."BookLoan"',
}


@dataclass(frozen=True)
class Clone:
    """A copy of what a checkout needs, a shop that runs from it, and the sample database."""

    root: Path
    shop: Shop
    dsn: str

    def shopstream(self, *arguments: str) -> Ran:
        return self.shop.shopstream(*arguments)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """A statement in the sample database."""
        conn = psycopg2.connect(self.dsn)
        try:
            with conn, conn.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            conn.close()

    def files(self) -> dict[str, bytes]:
        """What is there of the source."""
        found = [self.root / DECLARATION, *(self.root / MODELS).rglob("*")]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found if path.is_file()}

    def forget(self) -> None:
        """As the command says how to undo it."""
        (self.root / DECLARATION).unlink(missing_ok=True)
        shutil.rmtree(self.root / MODELS, ignore_errors=True)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    root, home = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("home")
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("shopstream_platform", "shopstream_dbt"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in ("pyproject.toml", "workspace.yaml", "dagster.yaml"):
        shutil.copy(ROOT / name, root / name)
    dsn = embedded.database(home, "campus").dsn
    samples.load(dsn, "campus")
    shop = Shop.at(home).having(PYTHONPATH=str(root), CAMPUS_DSN=dsn, COLUMNS="200")
    yield Clone(root, shop, dsn)
    down = shop.shopstream("down")
    assert down.code == 0, down.everything


@pytest.fixture
def fresh(clone: Clone) -> Clone:
    clone.forget()
    return clone


def test_a_dry_run_shows_everything_and_writes_nothing(fresh: Clone) -> None:
    ran = fresh.shopstream(*ADD, "--dry-run")
    assert ran.code == 0, ran.everything
    assert ran.text.endswith("Nothing was written.")
    for words in ("teaching.enrolment", "by enrolled_at", "teaching.transcript: a view", "NUMBER(38, 12)"):
        assert words in ran.text
    assert "teaching.section.room (point): type point is not mapped" in ran.text
    assert "teaching.campus_map: no column of it can be loaded" in ran.text
    assert fresh.files() == {}


def test_its_files_are_written_once_and_formatted_and_hold_no_secret(fresh: Clone) -> None:
    ran = fresh.shopstream(*ADD, "--yes")
    assert ran.code == 0, ran.everything
    written = fresh.files()
    assert len(written) == 46
    assert f"To undo: delete {DECLARATION} and {MODELS}." in ran.text
    password = str(parse_dsn(fresh.dsn)["password"])
    assert not any(password.encode() in text for text in written.values())
    assert password not in ran.everything
    for check in (("check",), ("format", "--check")):
        where = ("--config", str(ROOT / "pyproject.toml"), str(fresh.root / DECLARATION))
        linted = fresh.shop.run(str(PROGRAMS / "ruff"), *check, *where)
        assert linted.code == 0, linted.everything
    again = fresh.shopstream(*ADD, "--yes")
    assert again.code == 1
    assert "exists, and is yours: nothing was written" in again.err
    assert fresh.files() == written


def test_tables_are_chosen_by_patterns_and_one_by_one(fresh: Clone) -> None:
    ran = fresh.shopstream(*ADD, "--schema", "Library", "--exclude", "*.person", "--table", "Library.*", "--yes")
    assert ran.code == 0, ran.everything
    assert "Library.person: left out by --exclude" in ran.text
    assert {Path(name).stem for name in fresh.files() if name.endswith(".sql")} == {
        *("stg_campus__book", "stg_campus__book_loan"),
    }
    fresh.forget()
    # Table by table: the books, after a slip of the fingers, the loans as a snapshot, no readers.
    answers = r"t\nx\ny\ns\nn\n"
    command = " ".join((*ADD, "--schema", "Library"))
    asked = fresh.shop.shell(f"printf '{answers}' | shopstream {command}")
    assert asked.code == 0, asked.everything
    declared = (fresh.root / DECLARATION).read_text()
    assert "Answer one of y, n." in asked.text
    assert "a snapshot was asked for" in declared
    assert "#   Library.person: not wanted" in declared
    assert "ByDay" not in declared


def test_who_wants_nothing_gets_nothing(fresh: Clone) -> None:
    ran = fresh.shop.shell(f"printf 'n\\n' | shopstream {' '.join(ADD)}")
    assert (ran.code, fresh.files()) == (1, {}), ran.everything
    assert "Nothing was written." in ran.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Campus", "--dsn-env", "CAMPUS_DSN"), "source Campus has a name that is not lower-case letters"),
        (("postgres", "--dsn-env", "CAMPUS_DSN"), "that the platform uses itself"),
        (("campus", "--dsn-env", "PGPASSWORD"), "PGPASSWORD cannot hold the connection string of a source"),
        (("campus", "--dsn-env", "SHOPSTREAM_HOME"), "such as CAMPUS_DSN"),
        (("campus", "--dsn-env", "NOT_SET"), "NOT_SET is not set: set it to the connection string"),
        (("campus", "--dsn-env", "CAMPUS_DSN", "--schema", "nope"), "no table or view in schema nope"),
        (("campus", "--dsn-env", "CAMPUS_DSN", "--table", "nope"), "nothing of the database can be declared"),
    ],
)
def test_what_is_wrong_is_one_sentence(fresh: Clone, arguments: tuple[str, ...], sentence: str) -> None:
    ran = fresh.shopstream("source", "add", *arguments, "--yes")
    assert ran.code == 1
    assert sentence in " ".join(ran.err.split()), ran.everything
    assert len(ran.errors) == 1
    assert fresh.files() == {}


def test_errors_of_the_database_name_the_sources_variable(fresh: Clone) -> None:
    wrong = fresh.shop.having(CAMPUS_DSN=fresh.dsn.replace("/campus?", "/nothing?"))
    ran = wrong.shopstream(*ADD, "--yes")
    assert ran.code == 1
    assert "Check the database in CAMPUS_DSN" in " ".join(ran.err.split()), ran.everything
    assert "SHOPSTREAM_POSTGRES_DSN" not in ran.err


def test_a_check_ends_with_one_if_something_declared_cannot_be_loaded(fresh: Clone) -> None:
    assert fresh.shopstream("source", "check").text == (
        "No source is declared beside the shop's: `shopstream source add` brings one."
    )
    assert fresh.shopstream(*ADD, "--yes").code == 0
    good = fresh.shopstream("source", "check", "campus")
    assert good.code == 0, good.everything
    assert "campus: 22 tables declared, all can be loaded; 7 undeclared relations and columns" in good.text
    fresh.sql("ALTER TABLE registry.country RENAME area_km2 TO area")
    try:
        bad = fresh.shopstream("source", "check", "--json")
        assert bad.code == 1, bad.everything
        (found,) = json.loads(bad.out)
        assert (found["loads"], found["differences"][0]["at"]) == (False, "registry.country.area_km2")
        assert "perhaps it was renamed to area" in found["differences"][0]["says"]
    finally:
        fresh.sql("ALTER TABLE registry.country RENAME area TO area_km2")
    down = fresh.shop.having(CAMPUS_DSN="").shopstream("source", "check")
    assert (down.code, "not compared: CAMPUS_DSN is not set" in down.text) == (1, True), down.everything
    unknown = fresh.shopstream("source", "check", "nope")
    assert (unknown.code, "there is no source nope: declared are campus" in unknown.err) == (1, True)


@pytest.mark.slow
def test_its_models_are_documented_and_tested_and_the_graph_has_its_tables(fresh: Clone) -> None:
    assert fresh.shopstream(*ADD, "--yes").code == 0
    coverage = fresh.shopstream("docs", "--coverage")
    assert coverage.code == 0, coverage.everything
    script = (
        "from shopstream_platform.definitions import defs; "
        "print(sorted(k.to_user_string() for k in defs.resolve_asset_graph().get_all_asset_keys()))"
    )
    graph = fresh.shop.run(str(PROGRAMS / "python"), "-P", "-c", script)
    assert graph.code == 0, graph.everything
    for key in (
        "oltp/campus/enrolment",
        "lake/campus/enrolment",
        "raw/campus/enrolment",
        "staging/stg_campus__enrolment",
    ):
        assert f"'{key}'" in graph.out


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_of_it_is_loaded_reconciled_and_built(fresh: Clone) -> None:
    # So that its rows lie before, in and after the days of the shop.
    shift = f"(DATE '{fresh.shop.yesterday}' - DATE '2025-10-20') * INTERVAL '1 day'"
    fresh.sql(f"UPDATE teaching.enrolment SET enrolled_at = enrolled_at + {shift}")
    fresh.sql(f"UPDATE teaching.submission SET submitted_at = submitted_at + {shift}")
    assert fresh.shopstream(*ADD, "--yes").code == 0
    refreshed = fresh.shopstream("refresh")
    assert refreshed.code == 0, refreshed.everything
    tomorrow = f"DATE '{fresh.shop.yesterday}' + 1"
    expected = {name: fresh.sql(query.format(tomorrow=tomorrow)) for name, query in (SNAPSHOTS | DAILY).items()}
    with fresh.shop.warehouse() as rows:
        for schema, prefix in (("RAW", "CAMPUS__"), ("STAGING", "STG_CAMPUS__")):
            found = {name: rows(f"SELECT COUNT(*) FROM {schema}.{prefix}{name.upper()}") for name in expected}
            assert found == expected
        days = rows("SELECT COUNT(DISTINCT _partition_date) FROM RAW.CAMPUS__ENROLMENT")
        assert days[0][0] > 30
        empty = "SELECT COUNT_IF(first_name = ''), COUNT_IF(first_name IS NULL) FROM RAW.CAMPUS__REGISTRY_PERSON"
        assert rows(empty) == [(80, 80)]
    verified = fresh.shopstream("verify")
    assert verified.code == 0, verified.everything
    test = "dbt test --select test_type:unit,path:models/staging/campus --project-dir shopstream_dbt"
    unit = fresh.shop.shell(f'eval "$(shopstream env)"; cd {fresh.root}; {test}')
    assert unit.code == 0, unit.everything
    again = fresh.shopstream("refresh")
    assert (again.code, NOTHING_TO_DO in again.text) == (0, True), again.everything
