"""A comparison from begin to end: compile, build what differs twice, compare, take away."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.listing import first_of
from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.diff import metrics, pages, schemas
from shopstream_platform.diff.changed import Changed, changed_models
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.revision import commit_of, extract_project
from shopstream_platform.diff.rows import compare
from shopstream_platform.diff.shape import Relation, grain, relations
from shopstream_platform.diff.side import COMPARED, Manifest, Side
from shopstream_platform.diff.worker import Worker, workers
from shopstream_platform.services import resolve
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform.stores.warehouse import Warehouse, open_session

MISSING_SHOWN = 3
Tell = Callable[[str], None]
# What warns is the source's, whichever version reads it.
_PASSED = ("success", "pass", "warn", "no-op")


def compare_with(revision: str, settings: Settings, prefix: str, tell: Tell) -> Comparison:
    """Compare the working tree's dbt project with the commit where this branch left `revision`.

    Both are built from the same RAW, in schemas whose names begin with the prefix. Raises ShopStreamError.
    """
    commit = commit_of(revision)
    with TemporaryDirectory(prefix="shopstream_diff_") as folder, workers(2) as (one, other):
        base, head = _sides(settings, commit, Path(folder), prefix, (one, other))
        tell(f"compiling both versions: {commit} and the working tree")
        of_base, of_head = base.start_compiling(), head.start_compiling()
        before, after = base.manifest(of_base), head.manifest(of_head)
        found = Comparison(commit, changed_models(before, after))
        found.not_compared = _left_out(found.changed)
        if found.changed.of_head:
            with open_session(resolve.warehouse(settings), layer="diff") as session, ExitStack() as stack:
                _check_built(session, _Version(head, after), found.changed)
                for side in (base, head):
                    stack.callback(schemas.drop, session, side.own)
                    schemas.make(session, side.own)
                _build_and_compare(session, found, _Version(base, before), _Version(head, after), tell)
        return found


@dataclass(frozen=True)
class _Version:
    side: Side
    manifest: Manifest

    def relations(self, session: Warehouse) -> dict[str, Relation]:
        """Model -> relation, of what there is in the side's schemas."""
        there = relations(session, self.side.own.schema_of(""))
        return {name: there[place] for name, place in self.places().items() if place in there}

    def places(self) -> dict[str, str]:
        """Model -> LAYER.MODEL, in upper case, as the compiled manifest has it for the home's schemas."""
        prefix = self.side.home.schema_of("")
        return {
            node["name"]: f"{node['schema'].upper().removeprefix(prefix)}.{node['alias'].upper()}"
            for node in self.manifest["nodes"].values()
            if node["resource_type"] in COMPARED
        }


def _sides(
    settings: Settings, commit: str, folder: Path, prefix: str, both: tuple[Worker, Worker]
) -> tuple[Side, Side]:
    login = dbt_variables(resolve.warehouse(settings))

    def side(name: str, schemas_of: str, project: Path, worker: Worker) -> Side:
        own = settings.dbt.model_copy(update={"schema_prefix": f"{prefix}{schemas_of}_".upper()})
        target = folder / schemas_of
        target.mkdir()
        return Side(name, project, target, own, settings.dbt, login, worker)

    return (
        side(f"the version of {commit}", "BASE", extract_project(commit, folder / "project"), both[0]),
        side("this version", "HEAD", PROJECT_DIR, both[1]),
    )


def _check_built(session: Warehouse, head: _Version, changed: Changed) -> None:
    """Raises ShopStreamError if a model that neither version builds is not there to be read."""
    there = relations(session, head.side.home.schema_of(""))
    read = {place for name, place in head.places().items() if name not in changed.of_head}
    if missing := sorted(read - there.keys()):
        raise ShopStreamError(
            f"not built yet: {first_of(missing, MISSING_SHOWN)}. Both versions read there what they do not change: run "
            "`shopstream refresh` first"
        )


def _build_and_compare(session: Warehouse, found: Comparison, base: _Version, head: _Version, tell: Tell) -> None:
    changed = found.changed
    tell(f"building {len(changed.of_base)} models of {found.commit} and {len(changed.of_head)} of the working tree")
    wanted = [(version, names) for version, names in ((base, changed.of_base), (head, changed.of_head)) if names]
    started = [(version, version.side.start_building(names)) for version, names in wanted]
    for version, building in started:
        found.not_built += _not_passed(version, version.side.results(building))
    before, after = base.relations(session), head.relations(session)
    both = before.keys() & after.keys()
    found.not_compared += [f"model {name} was not compared" for name in sorted(changed.of_base - both)]
    tell("running the tests of this version, and comparing")
    testing = head.side.start_testing(changed.of_head)
    found.models = [
        compare(session, name, before[name], after[name], grain(head.manifest, name))
        for name in sorted(changed.of_base & both)
    ]
    _compare_the_rest(session, found, base, head)
    tested = head.side.results(testing)
    found.tests, found.tests_run = _not_passed(head, tested), len(tested)


def _compare_the_rest(session: Warehouse, found: Comparison, base: _Version, head: _Version) -> None:
    """Metrics and pages, which read more than what was built."""
    shown = pages.pages_of(found.changed.of_head | found.changed.removed)
    read = {path.replace("/", ".").upper() for page in shown for path in page.reads}
    totals: list[Mapping[str, Any]] = []
    for version in (base, head):
        places = version.places()
        of_metrics = {places[name] for name in metrics.models_of(version.manifest) if name in places}
        schemas.show_the_rest(session, version.side.own, version.side.home, (read | of_metrics) & set(places.values()))
        totals.append(metrics.totals(session, version.manifest, version.relations(session)))
    found.metrics = metrics.compare_totals(*totals)
    found.pages = [
        pages.PageDiff(page.name, *(pages.look(session, page, version.side.own) for version in (base, head)))
        for page in shown
    ]


def _not_passed(version: _Version, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    nodes = version.manifest["nodes"]
    return [
        f"{version.side.name}: {nodes[key]['name']}: {' '.join(str(result['message'] or result['status']).split())}"
        for key, result in results.items()
        if result["status"] not in _PASSED and key in nodes
    ]


def _left_out(changed: Changed) -> list[str]:
    why = "its rows are a history, which is not built anew"
    sentences = [f"snapshot {name} was not compared: {why}" for name in sorted(changed.snapshots)]
    return [*sentences, *(f"model {name} is gone" for name in sorted(changed.removed))]
