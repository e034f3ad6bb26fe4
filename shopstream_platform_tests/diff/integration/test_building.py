"""Both versions built by SQL instead of dbt: what cannot be built, and what reads it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.dbt.column_lineage import Manifest
from shopstream_platform.diff import pages, schemas
from shopstream_platform.diff.building import build_and_compare
from shopstream_platform.diff.changed import changed_models
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.side import Side
from shopstream_platform.diff.version import Version
from shopstream_platform.diff.worker import Said, Worker
from shopstream_platform.serving.kit.data import Data, Options, Queries
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.diff.manifests import manifest, measured

HOME = DbtSettings(schema_prefix="BUILT_")
SECRET = "Database Error in model fact: 'ann@example.com' is not recognized"


@dataclass(frozen=True)
class Built(Side):
    """A side whose models are these queries; one without a query fails, and so does all that is made from it."""

    session: Warehouse = field(kw_only=True)
    queries: Mapping[str, str] = field(kw_only=True)
    # Their tables are there, but what comes behind them has failed.
    unfinished: frozenset[str] = field(kw_only=True, default=frozenset())
    outcomes: dict[Future[Said], dict[str, Any]] = field(kw_only=True, default_factory=dict)
    tested: list[tuple[set[str], set[str]]] = field(kw_only=True, default_factory=list)

    def start_building(self, names: Iterable[str]) -> Future[Said]:
        done: Future[Said] = Future()
        results: dict[str, Any] = {}
        for name in names:
            status = "success" if name in self.queries.keys() - self.unfinished else "error"
            results[f"model.shop.{name}"] = {"status": status, "message": SECRET, "failures": None}
            if name in self.queries:
                self.session.execute(f"CREATE TABLE {self.own.schema_of('MARTS')}.{name} AS {self.queries[name]}")
        done.set_result([])
        self.outcomes[done] = results
        return done

    def start_testing(self, names: Iterable[str], without: Iterable[str]) -> Future[Said]:
        self.tested.append((set(names), set(without)))
        done: Future[Said] = Future()
        self.outcomes[done] = {"test.shop.unique": {"status": "pass", "message": None, "failures": 0}}
        return done

    def results(self, started: Future[Said]) -> dict[str, dict[str, Any]]:
        return self.outcomes[started]


@dataclass
class Shop:
    """A home with marts, and a comparison of two manifests in it."""

    session: Warehouse
    made: schemas.Schemas
    said: list[str] = field(default_factory=list)

    def compare(
        self, base: Manifest, head: Manifest, before: Mapping[str, str], after: Mapping[str, str], unfinished: str = ""
    ) -> tuple[Comparison, Built]:
        changed = changed_models(base, head)
        found, sides = Comparison("0123abc", changed), []
        for name, called, queries in (("the base", "BASE", before), ("this version", "HEAD", after)):
            own = DbtSettings(schema_prefix=f"BUILT_DIFF_{called}_")
            worker = cast(Worker, None)
            sides.append(
                Built(
                    name,
                    Path(),
                    Path(),
                    own,
                    HOME,
                    {},
                    worker,
                    session=self.session,
                    queries=queries,
                    unfinished=frozenset([unfinished] if called == "HEAD" else []),
                )
            )
        versions = Version(sides[0], base, changed.of_base), Version(sides[1], head, changed.of_head)
        for version in versions:
            version.check_the_rest_is_there(self.session)
            self.made.make(version.schemas())
        build_and_compare(self.session, found, *versions, self.said.append)
        return found, sides[1]


@pytest.fixture
def shop(warehouse_session: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The home's marts are STG, FACT and MART, each with one row."""
    monkeypatch.setattr(pages, "PAGES", {})
    monkeypatch.setattr(pages, "picture", lambda *_, **__: b"png")
    with schemas.dropped_at_the_end(warehouse_session) as made:
        made.make([HOME.schema_of("MARTS")])
        for name in ("stg", "fact", "mart"):
            warehouse_session.execute(f"CREATE TABLE {HOME.schema_of('MARTS')}.{name} AS SELECT 1 AS id")
        yield Shop(warehouse_session, made)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets there be a page with this query."""

    def declare(sql: str) -> None:
        def read(queries: Queries, _: Options) -> Data:
            return {"rows": queries.rows(sql)}

        declared = Page(Path("sales"), 1, "", read, (), {"total": "SELECT SUM(id) FROM {marts}.mart"}, (), ())
        monkeypatch.setattr(pages, "PAGES", {"sales": declared})

    return declare


def edited(made: Mapping[str, Any], *names: str) -> Manifest:
    """The same with other code in these models."""
    nodes = {key: one | {"compiled_code": "x"} if one["name"] in names else one for key, one in made["nodes"].items()}
    return {**made, "nodes": nodes}


BASE = manifest("stg", "fact", "mart")
ONE, TWO = "SELECT 1 AS id", "SELECT 2 AS id"


def test_what_was_not_built_is_not_shown_as_unchanged(shop: Shop, page: Callable[[str], None]) -> None:
    page("SELECT id FROM {marts}.mart")
    base = measured(BASE, "mart", "id")
    found, head = shop.compare(base, edited(base, "fact"), {"fact": ONE, "mart": ONE}, {"mart": TWO})
    assert [model.model for model in found.models] == ["mart"]
    assert found.not_compared == ["model fact could not be built, so it was not compared"]
    assert head.tested == [({"mart"}, {"fact"})]
    found, head = shop_again(shop).compare(base, edited(base, "mart"), {"mart": ONE}, {})
    assert (found.models, found.metrics, found.pages, head.tested) == ([], [], [], [])
    assert found.not_compared == [
        "model mart could not be built, so it was not compared",
        "metric Revenue was not compared: it is made of mart",
        "page sales was not compared: this version has no mart",
    ]
    assert found.failed
    assert "ann@example.com" not in found.not_built[0].line
    assert found.not_built[0].line == "mart: Database Error"
    assert SECRET in found.not_built[0].told


def shop_again(shop: Shop) -> Shop:
    """The same home without what a comparison has made."""
    for side in ("BASE", "HEAD"):
        for layer in ("MARTS", "CORE", "AUDIT"):
            schemas.drop(shop.session, f"BUILT_DIFF_{side}_{layer}")
    return shop


def test_a_model_that_has_a_table_may_have_failed(shop: Shop) -> None:
    found, side = shop.compare(BASE, edited(BASE, "mart"), {"mart": ONE}, {"mart": TWO}, unfinished="mart")
    assert (found.models, side.tested) == ([], [])
    assert found.not_compared == ["model mart could not be built, so it was not compared"]


def test_a_new_model_that_fails_does_not_end_the_comparison(shop: Shop) -> None:
    head = edited(manifest("stg", "fact", "mart", "new"), "mart")
    found, side = shop.compare(BASE, head, {"mart": ONE}, {"mart": TWO})
    assert [(model.model, model.added, model.removed) for model in found.models] == [("mart", 1, 1)]
    assert found.not_compared == ["model new is new, and could not be built"]
    assert side.tested == [({"mart"}, {"new"})]


def test_what_only_the_base_cannot_build_is_no_failure_of_the_change(shop: Shop) -> None:
    found, _ = shop.compare(BASE, edited(BASE, "mart"), {}, {"mart": ONE})
    assert [failure.name for failure in found.base_not_built] == ["mart"]
    assert (found.failed, found.not_built) == (False, [])
    assert found.not_compared == ["model mart could not be built of 0123abc, so it was not compared"]


def test_a_model_that_is_gone_is_built_of_the_base_alone(shop: Shop) -> None:
    # The home never had it.
    base = manifest("old", "stg", "fact", "mart")
    queries = {"stg": ONE, "fact": ONE, "mart": ONE}
    found, _ = shop.compare(base, BASE, queries | {"old": ONE}, queries)
    assert found.not_compared == ["model old is gone"]
    assert (found.base_not_built, [model.is_equal for model in found.models]) == ([], [True] * 3)


def test_what_the_base_reads_must_be_there(shop: Shop) -> None:
    shop.session.execute(f"DROP TABLE {HOME.schema_of('MARTS')}.stg")
    with pytest.raises(ShopStreamError, match=r"not built yet: MARTS\.STG"):
        shop.compare(BASE, edited(BASE, "fact"), {}, {})


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT weight FROM {marts}.mart", "a query of it fails on the base"),
        ("SELECT id FROM {marts}.new", "the base has no new"),
    ],
)
def test_a_page_reads_what_only_the_change_has(shop: Shop, page: Callable[[str], None], sql: str, reason: str) -> None:
    page(sql)
    head = edited(manifest("stg", "fact", "mart", "new"), "mart")
    found, _ = shop.compare(BASE, head, {"mart": ONE}, {"mart": "SELECT 1 AS id, 2 AS weight", "new": ONE})
    assert found.pages == []
    assert f"page sales was not compared: {reason}" in found.not_compared
    assert "model new is new" in found.not_compared
    assert not found.failed


def test_a_page_of_both(shop: Shop, page: Callable[[str], None]) -> None:
    page("SELECT id FROM {marts}.stg")
    found, _ = shop.compare(BASE, edited(BASE, "mart"), {"mart": ONE}, {"mart": TWO})
    assert [one.cards for one in found.pages] == [[("total", "1", "2")]]


def test_a_measure_alone_moves_a_metric(shop: Shop) -> None:
    found, side = shop.compare(measured(BASE, "mart", "id"), measured(BASE, "mart", "2 * id"), {}, {})
    assert [(metric.before, metric.after) for metric in found.metrics] == [(1, 2)]
    assert (found.models, side.tested) == ([], [])


def test_a_metric_without_a_total_is_told(shop: Shop) -> None:
    base = measured(BASE, "mart", "id", kind="derived")
    found, _ = shop.compare(base, edited(base, "mart"), {"mart": ONE}, {"mart": ONE})
    assert found.metrics == []
    assert found.not_compared == [
        "metric Revenue was not compared: it has no total, but values by month or of chosen rows"
    ]


def test_a_metric_that_the_warehouse_refuses_is_told(shop: Shop) -> None:
    found, _ = shop.compare(measured(BASE, "mart", "id"), measured(BASE, "mart", "no_such"), {}, {})
    assert (found.metrics, found.not_compared) == (
        [],
        ["metric Revenue was not compared: the warehouse refuses its SQL"],
    )
