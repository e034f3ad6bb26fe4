"""Which assets have freshness policies and checks, and when a policy fails."""

from datetime import timedelta

import dagster as dg

from shopstream_platform.config.settings import Settings
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.checks import CHECK_KEYS, DAILY, SNAPSHOT


def test_raw_core_and_marts_have_freshness_policies() -> None:
    graph = build_definitions(Settings()).resolve_asset_graph()
    policies = {key.to_user_string(): graph.get(key).freshness_policy for key in graph.materializable_asset_keys}
    assert policies["raw/orders"] == policies["core/fact_orders"] == policies["marts/mart_sales_daily"] == DAILY
    assert policies["raw/users"] == SNAPSHOT
    with_policy = {name.split("/")[0] for name, policy in policies.items() if policy}
    assert with_policy == {"raw", "core", "marts"}


def test_a_daily_run_keeps_the_policy_and_a_missed_one_breaks_it() -> None:
    assert isinstance(DAILY, dg.FreshnessPolicy)
    warn, fail = DAILY.warn_window.to_timedelta(), DAILY.fail_window.to_timedelta()
    assert timedelta(hours=24) < warn < fail < timedelta(hours=48)


def test_the_checks_job_has_every_check_and_materializes_nothing() -> None:
    job = build_definitions(Settings()).resolve_job_def("checks")
    assert job.asset_layer.asset_graph.asset_check_keys == set(CHECK_KEYS)
    assert {node.name for node in job.nodes} == {"oltp_checks", "raw_checks"}
