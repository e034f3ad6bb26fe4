"""What the role cannot see is refused or said; it is not taken for deleted."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from psycopg2.extensions import make_dsn

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.pipeline.refresh.drift import Drift, find_drift, read_loads
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform_tests.fixtures.pipeline import ORDERS, USERS, Pipeline, day, days

ROLE, PASSWORD = "half_blind", "for this test alone"


@pytest.fixture
def theirs(pipeline: Pipeline) -> Iterator[Pipeline]:
    """A loaded shop, read by a role that may read every table."""
    for country in ("FRA", "USA"):
        user = pipeline.insert(USERS, email=f"{country}@example.org", country=country)
        pipeline.insert(ORDERS, user_id=user, total_amount=1, created_at=day(0), country=country)
    for table in SHOP_TABLES:
        pipeline.move(table, days(0) if table.partitioned else None)
    pipeline.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
    pipeline.sql(f"GRANT USAGE ON SCHEMA public TO {ROLE}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}")
    yield replace(pipeline, dsn=make_dsn(pipeline.dsn, user=ROLE, password=PASSWORD))
    pipeline.sql(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def drift_of(pipeline: Pipeline) -> Drift:
    with snapshot(pipeline.dsn) as conn:
        return find_drift(conn, read_loads(pipeline.warehouse), days(0))


def test_rows_that_a_policy_hides_are_not_taken_for_deleted(theirs: Pipeline) -> None:
    theirs.sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON users USING (country = 'FRA')")
    drift = drift_of(theirs)
    assert not drift
    assert list(drift.refused) == ["users"]
    assert 'ALTER ROLE "half_blind" BYPASSRLS' in drift.refused["users"]
    with pytest.raises(ShopStreamError, match="row-level security hides rows of users from role half_blind"):
        theirs.extract(USERS)
    assert len(theirs.raw_rows(USERS)) == 2


def test_a_policy_on_the_parent_refuses_the_lines_too(theirs: Pipeline) -> None:
    theirs.sql("ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON orders USING (country = 'FRA')")
    drift = drift_of(theirs)
    assert not drift
    assert set(drift.refused) == {"orders", "order_items"}


@pytest.mark.parametrize(
    "revoke",
    [
        "REVOKE SELECT ON users FROM half_blind",
        "REVOKE SELECT ON users FROM half_blind; GRANT SELECT (id, email) ON users TO half_blind",
    ],
)
def test_a_missing_grant_refuses_that_table_and_names_the_grant(theirs: Pipeline, revoke: str) -> None:
    theirs.sql(revoke)
    theirs.sql("UPDATE orders SET total_amount = 2")
    drift = drift_of(theirs)
    assert set(drift.refused) == {"users"}
    assert 'GRANT SELECT ON users TO "half_blind"' in drift.refused["users"]
    assert set(drift.days) == {"orders"}


def test_a_view_is_compared_and_said(theirs: Pipeline) -> None:
    theirs.sql("ALTER TABLE users RENAME TO all_users; CREATE VIEW users AS SELECT * FROM all_users WHERE id > 1")
    theirs.sql(f"GRANT SELECT ON users TO {ROLE}")
    drift = drift_of(theirs)
    assert drift.blind == ["users is a view at the source: rows it leaves out are treated as deleted"]
    assert set(drift.snapshots) == {"users"}
