"""Which runs a plan makes of what it found, and how it tells people."""

from dataclasses import replace
from datetime import date, timedelta

from shopstream_platform.contract.chunks import Named
from shopstream_platform.contract.days import days_between
from shopstream_platform.contract.layers import SOURCE_LAYERS
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.refresh.compare import Compared, Fed
from shopstream_platform.pipeline.refresh.drift import Drift, Why
from shopstream_platform.pipeline.refresh.plan import FROM_THE_LAKE, Chosen, Plan, Step, dashboards_alone
from shopstream_platform.pipeline.refresh.summary import explain

FIRST = date(2025, 9, 1)
ALL_PARTITIONED = [table.name for table in SHOP_TABLES if table.partitioned]
ALL_SNAPSHOTS = [table.name for table in SHOP_TABLES if not table.partitioned]
BUILD = Step(tables=[], days=None, build=True)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def drifted(**numbers: list[int]) -> Drift:
    return Drift(days={table: dict.fromkeys(map(day, days), Why.CHANGED) for table, days in numbers.items()})


def test_nothing_to_do_is_no_run() -> None:
    assert Plan().steps == []
    assert explain(Plan()) == []


def test_a_new_shop_is_one_run_of_everything() -> None:
    plan = Plan(simulated_days=days_between(day(0), day(30)), build_reason="the marts were never built")
    assert plan.steps == [
        Step(tables=ALL_PARTITIONED + ALL_SNAPSHOTS, days=(day(0), day(30)), build=True, layers=SOURCE_LAYERS)
    ]


def test_one_more_day_takes_the_snapshots_along() -> None:
    (step,) = Plan(simulated_days=[day(31)]).steps
    assert (step.tables, step.days, step.build) == (ALL_PARTITIONED + ALL_SNAPSHOTS, (day(31), day(31)), True)


def test_one_range_that_drifted_is_one_run_of_its_tables_from_the_lake_on() -> None:
    plan = Plan(drift=drifted(orders=[3, 4], events=[5]))
    assert plan.steps == [Step(tables=["orders", "events"], days=(day(3), day(5)), build=True, layers=FROM_THE_LAKE)]


def test_an_external_source_is_looked_at_again() -> None:
    (step,) = Plan(drift=drifted(orders=[3]), external=True).steps
    assert step.layers == SOURCE_LAYERS


def test_scattered_days_are_runs_of_their_own_and_one_build_at_the_end() -> None:
    plan = Plan(drift=drifted(orders=[1, 15, 16], order_items=[15, 29]))
    assert plan.steps == [
        Step(tables=["orders"], days=(day(1), day(1)), build=False),
        Step(tables=["orders", "order_items"], days=(day(15), day(16)), build=False),
        Step(tables=["order_items"], days=(day(29), day(29)), build=False),
        BUILD,
    ]


def test_days_near_each_other_are_one_run_which_loads_those_between_too() -> None:
    """Old orders change status all the time: otherwise ninety days would be dozens of runs."""
    near, far = Plan(drift=drifted(orders=[1, 8], events=[15])), Plan(drift=drifted(orders=[1, 9]))
    assert plan_spans(near) == [(day(1), day(15))]
    assert near.steps[0].tables == ["orders", "events"]
    assert plan_spans(far) == [(day(1), day(1)), (day(9), day(9)), None]
    every_other_day = Plan(drift=drifted(orders=list(range(0, 90, 2))))
    assert plan_spans(every_other_day) == [(day(0), day(88))]


def plan_spans(plan: Plan) -> list[tuple[date, date] | None]:
    return [step.days for step in plan.steps]


def test_snapshots_go_with_the_first_range() -> None:
    drift = drifted(orders=[1, 15])
    drift.snapshots["users"] = Why.CHANGED
    assert [step.tables for step in Plan(drift=drift).steps] == [["orders", "users"], ["orders"], []]


def test_snapshots_alone_are_one_run_without_days() -> None:
    plan = Plan(drift=Drift(snapshots={"users": Why.CHANGED, "products": Why.EMPTIED}))
    assert plan.steps == [Step(tables=["users", "products"], days=None, build=True)]


def test_marts_that_lag_behind_are_built_alone() -> None:
    assert Plan(build_reason="the dbt project has changed since the last complete build").steps == [BUILD]


def test_pages_that_are_stale_are_made_with_the_build_or_alone() -> None:
    stale = {"sales_overview": "its code has changed", "acquisition": "it is missing"}
    chosen = Chosen(("mart_crm_conversion",), 26)
    (build,) = Plan(build_reason="x", chosen=chosen, pages=stale).steps
    assert (build.build, build.models, build.pages) == (True, chosen.models, ("acquisition", "sales_overview"))
    (load,) = Plan(drift=drifted(orders=[1]), chosen=chosen, pages=stale).steps
    assert (load.tables, load.build, load.pages) == (["orders"], True, build.pages)
    nothing = Chosen((), 26)
    loads = Plan(drift=drifted(orders=[1]), chosen=nothing, pages=stale)
    assert loads.steps[1:] == Plan(pages=stale).steps == [dashboards_alone(stale)]
    assert explain(Plan(pages=stale)) == [
        "dashboards: its code has changed: sales_overview",
        "dashboards: it is missing: acquisition",
    ]


def test_late_rows_besides_new_days_are_loaded_too() -> None:
    steps = Plan(simulated_days=[day(10)], drift=drifted(orders=[2])).steps
    assert [(step.days, step.build) for step in steps] == [
        ((day(10), day(10)), False),
        ((day(2), day(2)), False),
        (None, True),
    ]


def test_a_day_that_is_simulated_is_not_loaded_twice() -> None:
    plan = Plan(simulated_days=[day(10)], drift=drifted(orders=[10], events=[10]))
    assert len(plan.steps) == 1


def test_every_plan_with_work_builds_exactly_once_and_last() -> None:
    plans = [
        Plan(simulated_days=[day(1)]),
        Plan(simulated_days=[day(1)], drift=drifted(events=[4, 17])),
        Plan(drift=drifted(events=[4])),
        Plan(drift=drifted(events=[4, 17])),
        Plan(build_reason="x"),
        Plan(drift=Drift(snapshots={"users": Why.NEW}), build_reason="x"),
    ]
    for plan in plans:
        builds = [step.build for step in plan.steps]
        assert builds == [False] * (len(builds) - 1) + [True]


def test_what_was_found_is_told_by_table_days_and_reason() -> None:
    drift = drifted(orders=[1, 2, 3, 9])
    drift.days["orders"][day(5)] = Why.EMPTIED
    drift.snapshots["users"] = Why.NEW
    plan = Plan(simulated_days=[day(40)], drift=drift, build_reason="no build of the marts was complete")
    assert explain(plan) == [
        "source: simulate 2025-10-11 (1 day)",
        "orders: 2025-09-02 to 2025-09-04, 2025-09-10 (4 days): changed",
        "orders: 2025-09-06 (1 day): emptied",
        "users: snapshot: new",
        "dbt: no build of the marts was complete",
    ]


def test_a_long_list_of_ranges_is_cut() -> None:
    (line,) = explain(Plan(drift=drifted(events=list(range(0, 20, 2)))))
    assert line.count("2025-") == 5
    assert line.endswith(" and 5 more (10 days): changed")


def test_a_refused_table_is_left_out_and_the_marts_stay_as_they_are() -> None:
    drift = Drift(days=drifted(events=[1]).days, refused={"orders": "changed", "users": "changed"})
    plan = Plan(simulated_days=[day(5)], drift=drift, build_reason="RAW was loaded after the last complete build")
    assert [(step.tables, step.build) for step in plan.steps] == [
        ([name for name in ALL_PARTITIONED + ALL_SNAPSHOTS if name not in ("orders", "users")], False),
        (["events"], False),
    ]
    assert explain(plan)[-1] == "dbt: the marts stay as they are until every table can be loaded"
    assert Plan(drift=Drift(refused={"orders": "changed"}), build_reason="x").steps == []


def test_columns_that_are_left_out_are_told() -> None:
    (line,) = explain(Plan(drift=Drift(undeclared={"users": ["nickname", "age"]})))
    assert line == "users: columns that the catalogue does not declare are left out: nickname, age"


def test_chunks_that_were_named_go_with_the_run_that_extracts_them() -> None:
    """What is asked for has another name each time, and is the same step: a repeated tick requests no second."""

    def step(result: str) -> Step:
        drift = drifted(orders=[3])
        drift.snapshots["users"] = drift.snapshots["products"] = Why.CHANGED
        drift.named["users"] = Named("before", result, frozenset({4}))
        (found,) = Plan(drift=drift).steps
        return found

    one, other = step("one"), step("other")
    assert one.tables == ["orders", "users", "products"]
    assert one.named == {"users": Named("before", "one", frozenset({4}))}
    assert (one, repr(one)) == (other, repr(other))


def test_a_table_that_is_refused_has_no_chunks_to_extract() -> None:
    drift = Drift(snapshots={"users": Why.CHANGED}, named={"users": Named("a", "b", frozenset({4}))})
    drift.refuse("users", "its rows are gone")
    assert drift.named == {}


def test_a_run_bears_the_age_of_what_it_loads() -> None:
    drift = drifted(orders=[1], events=[40])
    drift.snapshots["users"] = Why.CHANGED
    since = {"events": 5.0, "orders": 7.0, "users": 6.0}
    compared = Compared(day(0), day(40), day(0), fed=Fed(("orders", "events", "users"), 3, 3, since))
    plan = Plan(drift=drift, compared=compared, build_reason="RAW was loaded")
    older, newer, build = plan.steps
    assert (older.tables, older.since) == (["orders", "users"], 6.0)
    assert (newer.tables, newer.since) == (["events"], 5.0)
    assert (build.build, build.since) == (True, None)
    (alone,) = replace(plan, drift=drifted(orders=[1])).steps
    assert (alone.build, alone.since) == (True, 7.0)
    (unknown,) = replace(plan, drift=drifted(order_items=[1])).steps
    assert unknown.since is None
