"""What every asset of the graph carries, and who executes its step."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from shopstream_platform.config.groups import ExecutionSettings, Executor, OperationSettings
from shopstream_platform.config.settings import CHECKOUT, Settings
from shopstream_platform.definitions import build_definitions
from shopstream_platform.defs.executors import build_executor
from shopstream_platform.defs.git import commit

URL = "https://github.com/shop/stream"


UNUSED = {"dbt", "networkx", "agate", "numpy", "pandas", "altair", "vl_convert", "sqlalchemy", "alembic"}


def test_loading_them_imports_nothing_that_other_processes_need() -> None:
    code = "import sys, shopstream_platform.definitions; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & UNUSED == set()


def _specs(settings: Settings) -> dict[str, dg.AssetSpec]:
    specs = build_definitions(settings).resolve_all_asset_specs()
    # Specs of tables that are only read are none of ours.
    return {spec.key.to_user_string(): spec for spec in specs if spec.group_name != "default"}


def _references(spec: dg.AssetSpec) -> list[str]:
    return [reference.source for reference in spec.metadata["dagster/code_references"].code_references]


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    return _specs(Settings())


def test_every_asset_says_what_it_is_and_whose(specs: dict[str, dg.AssetSpec]) -> None:
    assert len(specs) > 30
    for name, spec in specs.items():
        layer = name.split("/")[0]
        assert spec.group_name == layer, name
        assert spec.tags["layer"] == layer, name
        assert spec.owners == ["team:data-platform"], name
        assert spec.kinds, name
        assert spec.description, name


def test_every_asset_leads_to_its_source(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        for reference in _references(spec):
            assert Path(reference.split(":")[0]).is_file(), name
    (raw,) = _references(specs["raw/orders"])
    assert raw.startswith(f"{CHECKOUT}/shopstream_platform/defs/assets/raw.py:")
    assert _references(specs["marts/mart_sales_daily"])[0] == str(
        CHECKOUT / "shopstream_dbt/models/marts/mart_sales_daily.sql"
    )


def test_where_the_repository_is_published_they_are_links() -> None:
    specs = _specs(Settings(operation=OperationSettings(code_url=URL)))
    (raw,) = _references(specs["raw/orders"])
    page, _, line = raw.partition("#L")
    assert page == f"{URL}/tree/{commit()}/shopstream_platform/defs/assets/raw.py"
    assert int(line) > 0
    model = _references(specs["marts/mart_sales_daily"])[0]
    assert model.startswith(f"{URL}/tree/{commit()}/shopstream_dbt/models/marts/mart_sales_daily.sql")


@pytest.mark.parametrize(
    ("executor", "name"), [(Executor.IN_PROCESS, "in_process"), (Executor.CELERY, "celery"), (Executor.K8S, "k8s")]
)
def test_the_job_takes_the_executor_of_the_settings(executor: Executor, name: str) -> None:
    settings = Settings(
        execution=ExecutionSettings(executor=executor, celery_url=SecretStr("redis://:hunter2@localhost/0"))
    )
    assert build_executor(settings.execution).name == name
    job = build_definitions(settings).resolve_job_def("everything")
    assert job.executor_def.name == name
