"""Bring the warehouse up to date with the source: plan what is missing or has drifted, run it, build the marts."""

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import Source
from shopstream_platform.config.settings import Settings
from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.days import contiguous_ranges, days_between, newest_partition, now_at_source
from shopstream_platform.contract.declare import SHOP
from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.contract.tables import BY_NAME, SOURCES, TABLES, holds_shop, tables_of
from shopstream_platform.dbt.models import Models, read_models
from shopstream_platform.pipeline.evolve.raw import changes_of, pending, refusals, to_create
from shopstream_platform.pipeline.feed.feed import FeedUse
from shopstream_platform.pipeline.load.transaction import check_load_log, check_start_date
from shopstream_platform.pipeline.refresh.build import CHANGED, NEVER, stale, to_build, why
from shopstream_platform.pipeline.refresh.chunks import Chunking
from shopstream_platform.pipeline.refresh.compare import Compared, Fed, window
from shopstream_platform.pipeline.refresh.drift import Drift, Loads, read_loads
from shopstream_platform.pipeline.refresh.missing import days_to_simulate
from shopstream_platform.pipeline.refresh.sources import Question, compare_sources
from shopstream_platform.pipeline.refresh.verify import Damage, find_damage, make_stale
from shopstream_platform.pipeline.upgrade.warehouse import version_of
from shopstream_platform.services import resolve
from shopstream_platform.stores.build_log import (
    LOAD_LOG_TABLE,
    built_from,
    forget_builds,
    newest_build,
    table_versions,
)
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.warehouse import Warehouse, open_session

FROM_THE_LAKE = SOURCE_LAYERS[1:]
DASHBOARDS = "dashboards"
# Page -> why it must be made again although its marts are as they are to be.
WhyStale = Callable[[Settings, Warehouse], Mapping[str, str]]
# Drifted days so near to each other are one run, which loads the days between them again: on a living shop old orders
# change status all the time, and a run costs more than the COPY of some days.
NEAR_DAYS = 7


@dataclass(frozen=True)
class Step:
    """One run of the job: which tables of which days in which layers, and whether the marts are built after.

    `without` are tables that could not be loaded: nothing that is made from them is built. A build is of all models, or
    of those in `models`, by name; it makes the pages of what it builds, and those in `pages`. `named` are the chunks of
    snapshot tables that can have changed, where that is known. `since` is when the oldest change that it loads was
    committed.
    """

    tables: list[str]
    days: tuple[date, date] | None
    build: bool
    layers: tuple[str, ...] = FROM_THE_LAKE
    without: tuple[str, ...] = ()
    models: tuple[str, ...] | None = None
    pages: tuple[str, ...] = ()
    # What is asked for has another name each time: the same step all the same.
    named: dict[str, Named] = field(default_factory=dict, repr=False, compare=False)
    since: float | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Chosen:
    """The models that are to be built, by name, and of how many."""

    models: tuple[str, ...]
    of: int


def dashboards_alone(pages: Collection[str]) -> Step:
    """Make these pages from the marts as they are."""
    return Step(tables=[], days=None, build=False, layers=(DASHBOARDS,), pages=tuple(sorted(pages)))


@dataclass(frozen=True)
class Plan:
    """What a refresh is about to do, and why."""

    simulated_days: list[date] = field(default_factory=list)
    drift: Drift = field(default_factory=Drift)
    build_reason: str | None = None
    chosen: Chosen | None = None
    external: bool = False
    whole_history: bool = False
    pages: Mapping[str, str] = field(default_factory=dict)
    compared: Compared | None = None
    damage: Damage | None = None
    raw_changes: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """The runs in order; days that are not near are separate runs, and the marts are built once, at the end.

        Only the models that are chosen are built; all if `chosen` is None.
        Tables that the source refuses are left out. If one is the shop's, the marts stay as they are; else what is
        made from it does.
        """
        loads = [*self._of_the_shop(), *(step for source in SOURCES for step in self._of_source(source.name))]
        refused = tuple(name for name in BY_NAME if name in self.drift.refused)
        if holds_shop(refused):
            return loads
        build = Step(
            tables=[],
            days=None,
            build=True,
            without=refused,
            models=self.chosen and self.chosen.models,
            pages=tuple(sorted(self.pages)),
        )
        is_due = (loads or self.build_reason) and build.models != ()
        # Of another source it may fail, and the marts of the shop are built all the same.
        if is_due and len(loads) == 1 and all(BY_NAME[name].source == SHOP for name in loads[0].tables):
            return [replace(loads[0], build=True, without=refused, models=build.models, pages=build.pages)]
        if is_due:
            return [*loads, build]
        return [*loads, *([dashboards_alone(self.pages)] if self.pages else [])]

    def _of_the_shop(self) -> list[Step]:
        simulated = set(self.simulated_days)
        loads = [self._simulation(span) for span in contiguous_ranges(self.simulated_days)]
        # A simulated source has the drifted days already; an external one is read again, which writes nothing.
        layers = SOURCE_LAYERS if self.external else FROM_THE_LAKE
        due = [t.name for t in tables_of(SHOP) if not t.partitioned and self._due(t.name)]
        return self._with_snapshots([*loads, *self._drifted(SHOP, layers, simulated)], due)

    def _of_source(self, source: str) -> list[Step]:
        due = [t.name for t in tables_of(source) if t.name in self.drift.snapshots]
        return self._with_snapshots(self._drifted(source, SOURCE_LAYERS, set()), due)

    def _with_snapshots(self, loads: list[Step], snapshots: list[str]) -> list[Step]:
        """The steps of a source, with its snapshot tables in the first; those that load nothing are left out."""
        if snapshots:
            first = loads[0] if loads else Step(tables=[], days=None, build=False)
            named = {name: self.drift.named[name] for name in snapshots if name in self.drift.named}
            loads[:1] = [replace(first, tables=first.tables + snapshots, named=named)]
        fed = self.compared.fed if self.compared else Fed()
        return [replace(load, since=fed.oldest(load.tables)) for load in loads if load.tables]

    @property
    def more_days(self) -> Step | None:
        """The run that adds days to a simulated shop. It changes older rows too, so drift is measured after it."""
        if not self.simulated_days or self.whole_history:
            return None
        days = (self.simulated_days[0], self.simulated_days[-1])
        return Step(tables=_partitioned(SHOP), days=days, build=False, layers=("oltp",))

    @property
    def is_proven(self) -> bool:
        """Whether verification has found nothing that disagrees."""
        return not (self.steps or self.drift.refused or (self.damage and self.damage.beyond_repair))

    def _due(self, snapshot_table: str) -> bool:
        drifted = bool(self.simulated_days) or snapshot_table in self.drift.snapshots
        return drifted and snapshot_table not in self.drift.refused

    def _simulation(self, span: tuple[date, date]) -> Step:
        tables = [name for name in _partitioned(SHOP) if name not in self.drift.refused]
        return Step(tables=tables, days=span, build=False, layers=SOURCE_LAYERS)

    def _drifted(self, source: str, layers: tuple[str, ...], but: set[date]) -> list[Step]:
        """One step for each range of near days of a source."""
        days = {name: set(self.drift.days.get(name, {})) - but for name in _partitioned(source)}
        found = [
            Step([name for name in days if days[name] & set(days_between(*span))], span, build=False, layers=layers)
            for span in contiguous_ranges((day for of in days.values() for day in of), NEAR_DAYS)
        ]
        return [step for step in found if step.tables]


def _partitioned(source: str) -> list[str]:
    return [table.name for table in tables_of(source) if table.partitioned]


def make_plan(
    settings: Settings,
    window_days: int | None = None,
    *,
    why_stale: WhyStale,
    accept_deletes: bool = False,
    verify: bool = False,
    feed: FeedUse = FeedUse.TAKE,
) -> Plan:
    """Compare the source with the load log, and the load log with the last complete build.

    `window_days` bounds the comparison to the newest days; the first partition, and days whose rows the window would
    leave without their partner, are compared too. `why_stale` is asked about the dashboards if there are marts. A table
    that has lost most of its rows is refused unless `accept_deletes`. `verify` counts RAW, the lake and the marts as
    well, and leaves the simulated shop as it is. `feed` says what becomes of the change feed, where it is on; a cycle
    leaves the simulated shop as it is too.
    """
    missing = days_to_simulate(settings)
    at, last = now_at_source(settings.calendar), newest_partition(settings.calendar)
    feed = FeedUse.PROVE if verify else feed
    if (verify or feed is FeedUse.CYCLE) and missing:
        missing, last = [], missing[0] - timedelta(days=1)
        if last < settings.calendar.start_date:
            raise ShopStreamError("there is nothing to verify yet: run `shopstream refresh` first")
    extent = window(settings.calendar.start_date, last, window_days, at)
    with open_session(resolve.warehouse(settings), layer="plan") as warehouse:
        check_load_log(warehouse)
        version_of(warehouse)
        check_start_date(warehouse, settings.calendar.start_date)
        core = settings.dbt.schema_of("CORE")
        build, built = newest_build(warehouse, core), built_from(warehouse, core)
        models = read_models(settings.dbt) if built or verify else {}
        lagging = stale(models, table_versions(warehouse), built) if built else {}
        pages = why_stale(settings, warehouse) if built else {}
        # Nothing exists at the shop yet: there is nothing to compare.
        unfounded = bool(missing) and missing[0] == settings.calendar.start_date
        changes = changes_of(warehouse, TABLES)
        loads = {key: load for key, load in read_loads(warehouse).items() if key[0] not in to_create(changes)}
        absent, refused = to_create(changes), refusals(changes)
        damage = _damage(settings, warehouse, loads, last, set(models)) if verify else None
        question = Question(
            settings,
            warehouse,
            loads,
            deletion_limit=None if accept_deletes else settings.oltp.deletion_limit,
            broken=build is not None and build.finished_at is None,
            absent=absent,
            refused=refused,
            feed=feed if settings.feed_is_on else FeedUse.OFF,
            chunking=Chunking(lambda: Lake(resolve.object_store(settings)), settings.lake.chunk_rows),
        )
        drift, extent = compare_sources(question, extent, with_shop=not unfounded)
        for table, refusal in refused.items():
            drift.refuse(table, refusal)
    if damage:
        drift.add(damage.drift)
        lagging |= {name: f"{name} {problem}" for name, problem in damage.tables.items()}
    removed = built.keys() - models.keys()
    is_whole = bool(not built or missing or removed)
    loaded = _loaded(drift, loads, at.date())
    chosen = models.keys() if is_whole else to_build(models, lagging, loaded, drift.refused.keys())
    reason = NEVER if not built else why(lagging, chosen, CHANGED if removed else None)
    return Plan(
        *(missing, drift, reason),
        chosen=None if is_whole else _named(models, chosen),
        external=settings.oltp.source is Source.EXTERNAL,
        whole_history=unfounded,
        pages=pages,
        compared=None if unfounded and not SOURCES else extent,
        damage=damage,
        raw_changes=pending(changes),
    )


def _loaded(drift: Drift, loads: Loads, today: date) -> set[str]:
    """The tables that are about to be loaded; the load log too if it will say other days than now."""
    days = [(loads.get((table, day)), day) for table, found in drift.days.items() for day in found]
    is_other = any(load is None or (not load.complete and day < today) for load, day in days)
    return drift.days.keys() | drift.snapshots.keys() | ({LOAD_LOG_TABLE} if is_other else set())


def _named(models: Models, chosen: Set[str]) -> Chosen:
    return Chosen(tuple(sorted(models[relation].name for relation in chosen)), len(models))


def _damage(settings: Settings, warehouse: Warehouse, loads: Loads, last: date, models: set[str]) -> Damage:
    lake, days = Lake(resolve.object_store(settings)), (settings.calendar.start_date, last)
    return find_damage(warehouse, lake, loads, settings.dbt.schema_of("CORE"), days, models)


def prepare_repair(settings: Settings, plan: Plan) -> None:
    """What must be done before the steps of a verified plan run."""
    if plan.damage and plan.damage.tables:
        with open_session(resolve.warehouse(settings), layer="plan") as warehouse:
            # First, so that a refresh goes on with the repair if this one is killed.
            forget_builds(warehouse, settings.dbt.schema_of("CORE"), list(plan.damage.tables))
            make_stale(warehouse, plan.damage)
