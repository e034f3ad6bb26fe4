"""Both versions built, and what they hold compared."""

from collections.abc import Callable, Collection

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.diff import failures, metrics, pages
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.rows import compare
from shopstream_platform.diff.shape import Relation, grain_of_both
from shopstream_platform.diff.version import Version
from shopstream_platform.serving.kit.declaration import Page
from shopstream_platform.stores.warehouse import Warehouse

Tell = Callable[[str], None]


def build_and_compare(session: Warehouse, found: Comparison, base: Version, head: Version, tell: Tell) -> None:
    """Fill `found`. The schemas of both versions are there, and empty."""
    tell(f"building {len(base.wanted)} models of {found.commit} and {len(head.wanted)} of the working tree")
    _build(found, base, head)
    before, after = base.relations(session), head.relations(session)
    built = head.wanted & after.keys()
    if built:
        tell("running the tests of this version, and comparing")
    testing = head.side.start_testing(built, head.wanted - built) if built else None
    both = base.wanted & before.keys() & after.keys()
    found.models = [
        compare(session, name, before[name], after[name], grain_of_both(base.manifest, head.manifest, name))
        for name in sorted(both)
    ]
    found.not_compared += _alone(found, before, after)
    _compare_metrics(session, found, base, head)
    _compare_pages(session, found, base, head, tell)
    if testing:
        tested = head.side.results(testing)
        found.tests, found.tests_run = failures.not_passed(head.manifest, tested), len(tested)


def _build(found: Comparison, base: Version, head: Version) -> None:
    started = [(version, version.side.start_building(version.wanted)) for version in (base, head) if version.wanted]
    for version, building in started:
        failed = failures.not_built(version.manifest, version.side.results(building))
        version.failed |= {failure.name for failure in failed}
        if version is head:
            found.not_built = failed
        else:
            found.base_not_built = failed


def _alone(found: Comparison, before: dict[str, Relation], after: dict[str, Relation]) -> list[str]:
    """One sentence, with one reason, for each model that is not compared."""
    changed = found.changed
    failed = "could not be built{}, so it was not compared"
    reasons = dict.fromkeys(changed.of_base - before.keys(), failed.format(f" of {found.commit}"))
    reasons |= dict.fromkeys(changed.of_head - after.keys(), failed.format(""))
    reasons |= dict.fromkeys(changed.removed, "is gone")
    reasons |= dict.fromkeys(changed.added & after.keys(), "is new")
    reasons |= dict.fromkeys(changed.added - after.keys(), "is new, and could not be built")
    return [f"model {name} {reason}" for name, reason in sorted(reasons.items())]


def _compare_metrics(session: Warehouse, found: Comparison, base: Version, head: Version) -> None:
    changed = found.changed
    touched = changed.of_base | changed.of_head | changed.metrics
    totals: list[metrics.Totals] = []
    for version in (base, head):
        version.show_untouched(session, metrics.models_of(version.manifest))
        totals.append(metrics.totals(session, version.manifest, version.relations(session), touched))
    found.metrics = metrics.compare_totals(*totals)
    found.not_compared += metrics.not_compared(*totals)


def _compare_pages(session: Warehouse, found: Comparison, base: Version, head: Version, tell: Tell) -> None:
    """The pages that read what changed. Their code is this version's, so they may read what the base does not have."""
    shown = pages.pages_of(base.wanted | head.wanted)
    read = set[str]().union(*map(pages.reads_of, shown))
    there: dict[str, Collection[str]] = {}
    for version in (base, head):
        version.show_untouched(session, read)
        there[version.side.name] = version.relations(session).keys()
    for page in shown:
        looks = [_look(session, page, version, there[version.side.name], tell) for version in (base, head)]
        if reasons := [look for look in looks if isinstance(look, str)]:
            found.not_compared.append(f"page {page.name} was not compared: {'; '.join(reasons)}")
        else:
            found.pages.append(pages.PageDiff(page.name, *(look for look in looks if not isinstance(look, str))))


def _look(session: Warehouse, page: Page, version: Version, there: Collection[str], tell: Tell) -> pages.Look | str:
    """The page on what this version has built, or why there is none."""
    if lacking := sorted(pages.reads_of(page) - set(there)):
        return f"{version.side.name} has no {', '.join(lacking)}"
    try:
        return pages.look(session, page, version.side.own)
    except ShopStreamError as error:
        # What the warehouse says may quote a row, so it is not for the report.
        tell(f"page {page.name} on {version.side.name}: {error}")
        return f"a query of it fails on {version.side.name}"
