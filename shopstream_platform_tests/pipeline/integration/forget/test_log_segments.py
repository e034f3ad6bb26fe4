"""The write-ahead log keeps old rows: a slot of the change feed must not keep it."""

from pathlib import Path

from shopstream_platform.pipeline.forget.postgres_own import drop_log_segments
from shopstream_platform.services import embedded
from shopstream_platform_tests.fixtures.pipeline import USERS, Pipeline


def test_a_slot_keeps_no_segment_of_before(pipeline: Pipeline, running_home: Path) -> None:
    data = embedded.postgres_files(running_home)
    pipeline.sql("SELECT pg_create_logical_replication_slot('keeps_it', 'pgoutput')")
    pipeline.insert(USERS, email="gone@example.org")
    before = {path.name for path in (data / "pg_wal").iterdir() if len(path.name) == 24}
    drop_log_segments(pipeline.dsn, data)
    assert not before & {path.name for path in (data / "pg_wal").iterdir()}
    assert pipeline.sql("SELECT count(*) FROM pg_replication_slots") == [(0,)]
