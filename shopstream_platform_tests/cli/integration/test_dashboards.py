"""Pages are made from marts that a build has completed, and from no others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopstream_platform.cli.dashboards import why_stale
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.services import embedded
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.stores.warehouse import Warehouse, open_session

SCHEMA = "PAGES_CORE"
COLUMNS = "invocation_id VARCHAR, started_at TIMESTAMP_NTZ(9), finished_at TIMESTAMP_NTZ(9), build_number NUMBER(38, 0)"


@pytest.fixture
def log(running_home: Path) -> Iterator[Warehouse]:
    """A schema of its own with an empty log of builds, in a session of its own: it ends without a current schema."""
    with open_session(embedded.ensure_warehouse(running_home)) as session:
        session.execute(f"CREATE SCHEMA {SCHEMA}")
        session.execute(f"CREATE TABLE {SCHEMA}._BUILD_LOG ({COLUMNS})")
        yield session
        session.execute(f"DROP TABLE {SCHEMA}._BUILD_LOG")
        session.execute(f"DROP SCHEMA {SCHEMA}")


def begin(log: Warehouse, number: int, finished: str) -> None:
    log.execute(
        f"INSERT INTO {SCHEMA}._BUILD_LOG (invocation_id, finished_at, build_number) "
        f"SELECT 'build-{number}', {finished}, {number}"
    )


def test_a_build_that_never_ended_is_no_ground_for_pages(log: Warehouse, running_home: Path) -> None:
    settings = Settings(home=running_home, dbt=DbtSettings(schema_prefix="PAGES_"))
    with pytest.raises(ShopStreamError, match=r"no marts.*shopstream refresh"):
        why_stale(settings)
    begin(log, 1, "NULL")
    with pytest.raises(ShopStreamError, match=r"the last build of the marts is not complete.*shopstream refresh"):
        why_stale(settings)
    begin(log, 2, "SYSDATE()")
    assert why_stale(settings).keys() == PAGES.keys()
    begin(log, 3, "NULL")
    with pytest.raises(ShopStreamError, match="is not complete"):
        why_stale(settings)
