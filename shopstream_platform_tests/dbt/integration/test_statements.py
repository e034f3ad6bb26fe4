"""What dbt sends for a build: comments with the relation that they are of, grants, nothing that is known already."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shopstream_platform.contract.tables import PARTITIONED, SNAPSHOTS
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform_tests.dbt.integration.dbt_command import BUILD, LOG_IN_JSON, Sent, environment, run_dbt, sent
from shopstream_platform_tests.fixtures.pipeline import Pipeline, day, days

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# A view, a dimension, an incremental fact, a mart and a seed.
SOME = ("stg_orders", "dim_products", "fact_orders", "mart_lost_orders", "targets")


class Project:
    """A copy of the project, built into the embedded warehouse; `sent` is what its last build sent."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self._target = folder, folder.with_name("target")
        shutil.copytree(PROJECT_DIR, folder, ignore=shutil.ignore_patterns("target", "logs"))
        self._variables = environment(home, self._target) | LOG_IN_JSON | {"DBT_PROJECT_DIR": str(folder)}
        self.sent: list[Sent] = []

    def build(self, *arguments: str, fails: bool = False) -> str:
        log = self._target / "dbt.log"
        log.unlink(missing_ok=True)
        done = run_dbt(self._variables, *BUILD, *arguments)
        assert (done.returncode != 0) == fails, done.stdout[-4000:]
        self.sent = sent(log)
        return " ".join(done.stdout.split())

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        # Parsing only what changed, dbt forgets what YAML says of the tests on it.
        (self._target / "partial_parse.msgpack").unlink(missing_ok=True)

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """What may be described: name -> node."""
        manifest = json.loads((self._target / "manifest.json").read_text())
        kinds = ("model", "seed")
        return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] in kinds}

    def beginning(self, pattern: str) -> list[Sent]:
        """The statements that begin so."""
        return [one for one in self.sent if re.match(rf"\s*{pattern}", one.sql, re.IGNORECASE)]

    def matching(self, pattern: str) -> list[str]:
        """Their nodes, one for each statement."""
        return [one.node for one in self.beginning(pattern)]


@pytest.fixture(scope="module")
def shop(new_pipeline: Callable[[], Pipeline]) -> Iterator[Pipeline]:
    """A shop with a day of business, loaded."""
    pipeline = new_pipeline()
    pipeline.insert_one_of_each(day(0))
    for table in SNAPSHOTS:
        pipeline.move(table)
    for table in PARTITIONED:
        pipeline.move(table, days(0))
    yield pipeline
    pipeline.source.close()


@pytest.fixture(scope="module")
def built(shop: Pipeline, running_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, built whole, every table anew."""
    project = Project(tmp_path_factory.mktemp("statements") / "project", running_home)
    project.build("--full-refresh")
    return project


def said(shop: Pipeline, of: Project) -> dict[tuple[str, str], str]:
    """(relation, column) -> comment, of the project's relations; the relation's own is that of no column."""
    where = "WHERE table_schema IN ('STAGING', 'CORE', 'MARTS') AND comment <> ''"
    relations = shop.warehouse.rows(f"SELECT table_name, comment FROM INFORMATION_SCHEMA.TABLES {where}")
    columns = shop.warehouse.rows(f"SELECT table_name, column_name, comment FROM INFORMATION_SCHEMA.COLUMNS {where}")
    found = {(table, ""): text for table, text in relations} | {(table, name): text for table, name, text in columns}
    lower = {(table.lower(), name.lower()): text.strip() for (table, name), text in found.items()}
    return {key: text for key, text in lower.items() if key[0] in of.nodes}


def meant(project: Project) -> dict[tuple[str, str], str]:
    """The same by the project."""
    own = {(name, ""): node["description"] for name, node in project.nodes.items()}
    of_columns = {
        (name, column["name"]): column["description"]
        for name, node in project.nodes.items()
        for column in node["columns"].values()
    }
    return {key: text.replace("$", "[$]").strip() for key, text in (own | of_columns).items()}


COMMENTS = r"(comment on|alter +(table|view) \S+ alter\s+\S+ comment)"


def test_the_statement_that_creates_a_relation_says_what_it_means(shop: Pipeline, built: Project) -> None:
    assert said(shop, built) == meant(built)
    assert len(meant(built)) > 250
    # A seed is created by its columns alone.
    assert set(built.matching(COMMENTS)) == {"targets"}


def test_readers_are_granted_what_the_project_says(built: Project) -> None:
    granted = {
        (one.node, found[1]) for one in built.sent if (found := re.match(r"\s*grant select on \S+ to (\w+)", one.sql))
    }
    readers = {name: node["config"].get("grants", {}).get("select", []) for name, node in built.nodes.items()}
    assert granted == {(name, role) for name, roles in readers.items() for role in roles}
    assert len(granted) > 10


def test_another_build_sends_less_and_leaves_the_same(shop: Pipeline, built: Project) -> None:
    before = said(shop, built)
    built.build()
    assert said(shop, built) == before
    assert built.matching(COMMENTS) == []
    assert built.matching("drop view") == []
    assert built.matching("create table if not exists") == built.matching("alter table .* add column") == []
    # A replaced table has no grants.
    replaced = set(built.matching("create or replace (transient )?table"))
    readers = {name for name, node in built.nodes.items() if node["config"].get("grants", {}).get("select")}
    assert set(built.matching("grant select")) >= replaced & readers
    of_tests = {name for name in built.matching("select") if name.startswith(("unique", "not_null", "assert"))}
    assert len(of_tests) > 40
    kept = len(built.matching("create or replace +view \\S+AUDIT"))
    tests = [one for one in built.sent if one.node in of_tests and not one.sql.startswith("alter session")]
    assert len(tests) <= len(of_tests) + kept, "one statement for a test, two for one that keeps its rows"
    for name in ("dim_products", "mart_lost_orders"):
        # Its session, its contract, itself, its grants.
        own = [one.sql.split()[0] for one in built.sent if one.node == name]
        assert own == ["alter", "select", "create", "grant"], name


def test_a_comment_that_differs_is_sent_and_no_other(shop: Pipeline, built: Project) -> None:
    built.change("models/core/fact_orders.yml", "description: The order.", """description: "It's $5; $$x$$." """)
    built.change("models/marts/mart_lost_orders.yml", "Grain: ", "Its grain: ")
    built.change("models/staging/stg_orders.yml", "Order number.", "The number of the order.")
    built.change("seeds/targets.yml", "Grain: ", "Its grain: ")
    built.build("--select", *SOME, "--indirect-selection", "cautious")
    assert said(shop, built) == meant(built)
    assert said(shop, built)["fact_orders", "order_id"] == "It's [$]5; [$][$]x[$][$]."
    assert sorted(built.matching(COMMENTS)) == ["fact_orders", "targets"]
    (changed,) = [one.sql for one in built.beginning(COMMENTS) if one.node == "fact_orders"]
    assert changed.count("COMMENT") == 1
    shop.warehouse.execute("COMMENT ON TABLE CORE.fact_orders IS 'by hand'")
    built.build("--select", "fact_orders", "--indirect-selection", "cautious")
    assert said(shop, built) == meant(built)
    assert built.matching(COMMENTS) == ["fact_orders"]
    built.build("--select", "fact_orders", "--full-refresh", "--indirect-selection", "cautious")
    assert said(shop, built) == meant(built)
    assert built.matching(COMMENTS) == []


def test_a_contract_is_one_statement_and_holds(shop: Pipeline, built: Project) -> None:
    model = "models/core/dim_products.sql"
    text = (built.folder / model).read_text()
    before = shop.warehouse.rows("SELECT * FROM CORE.dim_products")
    for old, new, why in (
        ("select * from final", "select *, 1 as one_more from final", "one_more"),
        ("select * from final", "select * exclude (product_id), 'x' as product_id from final", "data type mismatch"),
    ):
        built.change(model, old, new)
        output = built.build("--select", "dim_products", fails=True)
        assert "This model has an enforced contract that failed." in output
        assert why in output.lower()
        (built.folder / model).write_text(text)
        assert shop.warehouse.rows("SELECT * FROM CORE.dim_products") == before
    built.build("--select", "dim_products", "--indirect-selection", "cautious")
    assert [one for one in built.matching("(select|describe)") if one == "dim_products"] == ["dim_products"]


def test_rows_of_a_test_are_kept_as_the_project_says(shop: Pipeline, built: Project) -> None:
    kept = "AUDIT.assert_statuses_are_known"
    shop.warehouse.execute("UPDATE CORE.fact_orders SET order_status = 'on hold'")
    built.build("--select", "assert_statuses_are_known")
    assert [row[0] for row in shop.warehouse.rows(f"SELECT order_status FROM {kept}")] == ["on hold"]
    # From when it was kept as a table.
    shop.warehouse.execute(f"DROP VIEW {kept}")
    shop.warehouse.execute(f"CREATE TABLE {kept} (order_status VARCHAR)")
    assert "WARN 1 assert_statuses_are_known" in built.build("--select", "assert_statuses_are_known")
    assert [row[0] for row in shop.warehouse.rows(f"SELECT order_status FROM {kept}")] == ["on hold"]
