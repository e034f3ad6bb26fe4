"""What a command that moves data starts beside itself."""

import os
from pathlib import Path

import psutil
import pytest

from shopstream_platform.cli import refresh
from shopstream_platform.config.load import load_settings
from shopstream_platform.config.settings import Settings
from shopstream_platform.pipeline.refresh.plan import Plan, Step, dashboards_alone

BUILD, PAGES = Step(tables=[], days=None, build=True), dashboards_alone(["acquisition"])


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SHOPSTREAM_HOME", str(tmp_path))
    return load_settings()


def children() -> int:
    return len(psutil.Process(os.getpid()).children())


def test_a_dbt_waits_only_where_something_is_to_be_built(settings: Settings) -> None:
    before = children()
    for steps in ([], [PAGES]):
        with refresh._dbt_ahead(settings, steps):
            assert children() == before
    with refresh._dbt_ahead(settings, [PAGES, BUILD]):
        assert children() == before + 1
    assert children() == before


def test_a_plan_that_fails_after_its_runs_leaves_no_dbt(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from shopstream_platform.pipeline.evolve import stores
    from shopstream_platform.pipeline.refresh import plan

    plans, seen = [Plan(simulated_days=[settings.calendar.start_date])], []

    def make_plan(*_: object, **__: object) -> Plan:
        seen.append(children())
        if not plans:
            raise RuntimeError("the source is gone")
        return plans.pop()

    monkeypatch.setattr(plan, "make_plan", make_plan)
    monkeypatch.setattr(stores, "bring_stores", lambda _: [])
    monkeypatch.setattr(refresh, "_run", lambda *_: [])
    before = children()
    with pytest.raises(RuntimeError, match="the source is gone"):
        refresh.bring_up_to_date(settings, window_days=None, dry_run=False, accept_deletes=False)
    assert (seen, children()) == ([before, before + 1], before)
