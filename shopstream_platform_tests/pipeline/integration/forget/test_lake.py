"""Earlier extractions without the person: objects, old versions, and manifests from which RAW can still be loaded."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shopstream_platform.contract.columns import text
from shopstream_platform.pipeline.forget import lake
from shopstream_platform.pipeline.forget.lake import Bucket
from shopstream_platform.pipeline.forget.needles import Needles, needles
from shopstream_platform.pipeline.forget.person import Person
from shopstream_platform.pipeline.forget.snapshots import correct, manifests_of, rewrite
from shopstream_platform.pipeline.forget.source import erase_at_source, gather_from_source, look
from shopstream_platform.pipeline.housekeeping.lake import drop_old_versions
from shopstream_platform.services import embedded
from shopstream_platform.stores.manifest import manifest_key
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform_tests.fixtures.pipeline import CRM_CONTACTS, SNAPSHOT_DAY, USERS, Pipeline

EARLIER = date(2026, 1, 1)
EMAIL, NEW = 'Zoë.O\'Nëill+"x"@Exämple.org', "new@exämple.org"
NAMES = {"first_name": 'Zoë "Q",\n<b>', "last_name": "O'Nëill"}


def test_an_earlier_extraction_is_rewritten_and_can_still_be_loaded(pipeline: Pipeline, running_home: Path) -> None:
    bucket = Bucket(embedded.ensure_object_store(running_home))
    # Of other tests, whose users have the same ids.
    pipeline.lake.delete(list(pipeline.lake.etags("")))
    drop_old_versions(bucket.at, datetime.now(UTC) + timedelta(days=1))
    kept = pipeline.insert(USERS, email=EMAIL, created_at="2026-01-01 01:02:03.456", **NAMES)
    gone = pipeline.insert(USERS, email="gone@x.org", first_name="Ann", created_at="2026-01-01")
    other = pipeline.insert(USERS, email="other@x.org", first_name="", last_name=None, is_active=None)
    pipeline.extract(USERS, snapshot_day=EARLIER)
    pipeline.sql("UPDATE users SET country = 'FRA' WHERE id = %s", [other])
    pipeline.extract(USERS, snapshot_day=EARLIER)
    before = pipeline.source_rows(USERS)

    person = Person(ids={"users": {kept, gone}})
    bucket.gather(person)
    assert person.values == {
        "email": {EMAIL, "gone@x.org"},
        "first_name": {NAMES["first_name"], "Ann"},
        "last_name": {NAMES["last_name"]},
    }
    hits = [hit for hit in bucket.look(person, Needles(())).hits if hit.table is USERS]
    assert sorted(hit.version.is_latest for hit in hits) == [False, True]
    for hit in hits:
        if hit.version.is_latest:
            rewrite(bucket, pipeline.lake, hit, person, {kept})
            assert manifests_of(pipeline.lake, [hit.version.key]) == {manifest_key(USERS, EARLIER)}
        else:
            bucket.delete(hit.version)
    with snapshot(pipeline.dsn) as conn:
        correct(conn, bucket, pipeline.lake, manifest_key(USERS, EARLIER))

    assert bucket.look(person, needles(person, [])).hits == []
    pipeline.load(USERS)
    left = [(row[0], None, None, None, *row[4:]) if row[0] == kept else row for row in before if row[0] != gone]
    assert pipeline.raw_rows(USERS) == left
    # The measures are those that the source would give for the same rows.
    corrected = pipeline.manifest(USERS, EARLIER)
    pipeline.sql("ALTER TABLE users ALTER email DROP NOT NULL")
    pipeline.sql("UPDATE users SET email = NULL, first_name = NULL, last_name = NULL WHERE id = %s", [kept])
    pipeline.sql("DELETE FROM users WHERE id = %s", [gone])
    pipeline.extract(USERS)
    now = pipeline.manifest(USERS, SNAPSHOT_DAY)
    assert (corrected.rows, corrected.checksum, corrected.fingerprint) == (now.rows, now.checksum, now.fingerprint)


def test_the_own_shop_keeps_rows_and_what_joins_them(pipeline: Pipeline) -> None:
    user = pipeline.insert(USERS, email=NEW, **NAMES)
    contact = pipeline.insert(CRM_CONTACTS, email=f"  {NEW.upper()} ", **NAMES)
    other = pipeline.insert(USERS, email=f"x{NEW}", **NAMES)
    person = Person(asked={NEW}, values={"email": {NEW}})
    with connect(pipeline.dsn) as conn:
        gather_from_source(conn, person, [], overwritten=False)
        assert person.ids == {"users": {user}, "crm_contacts": {contact}}
        held = look(conn, person).held
        assert [(one.table, one.id, one.columns) for one in held] == [
            ("users", user, ("email", "first_name", "last_name")),
            ("crm_contacts", contact, ("email", "first_name", "last_name")),
        ]
        assert erase_at_source(conn, held) == 2
    with connect(pipeline.dsn) as conn:
        found = look(conn, person)
        assert (found.held, found.kept_ids) == ([], {"users": {user}, "crm_contacts": {contact}})
    ((email, *names),) = pipeline.sql("SELECT email, first_name, last_name FROM users WHERE id = %s", [user])
    assert email.endswith("@forgotten.invalid")
    assert names == [None, None]
    # The contact still is the account that it has become.
    assert pipeline.sql("SELECT email FROM crm_contacts WHERE id = %s", [contact]) == [(email,)]
    assert pipeline.sql("SELECT email FROM users WHERE id = %s", [other]) == [(f"x{NEW}",)]


def test_what_was_overwritten_and_loaded_since_is_the_persons_until_somebody_says_otherwise(pipeline: Pipeline) -> None:
    user = pipeline.insert(USERS, email="deleted-1@x.org")
    for overwritten, held in ((False, 1), (True, 0)):
        person = Person(ids={"users": {user}})
        with snapshot(pipeline.dsn) as conn:
            gather_from_source(conn, person, [], overwritten=overwritten)
            # As RAW knows it.
            person.add_values({"email": "deleted-1@x.org"})
            assert len(look(conn, person).held) == held


def test_kept_objects_of_before_a_column_was_added_are_found_and_corrected(
    pipeline: Pipeline, running_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket(embedded.ensure_object_store(running_home))
    pipeline.lake.delete(list(pipeline.lake.etags("")))
    drop_old_versions(bucket.at, datetime.now(UTC) + timedelta(days=1))
    user = pipeline.insert(USERS, email=EMAIL, **NAMES)
    pipeline.insert(USERS, email="other@x.org")
    pipeline.extract(USERS)
    channel = text("channel", 20, "Channel.", default="'web'")
    users = replace(USERS, columns=(*USERS.columns[:2], channel, *USERS.columns[2:]))
    pipeline.sql("ALTER TABLE users ADD COLUMN channel VARCHAR(20) DEFAULT 'web'")
    assert pipeline.extract(users).kept
    monkeypatch.setattr(lake, "SHOP_TABLES", (users,))
    monkeypatch.setattr(lake, "PERSONAL", (users,))

    person = Person(ids={"users": {user}})
    bucket.gather(person)
    assert person.values["email"] == {EMAIL}
    (hit,) = (hit for hit in bucket.look(person, Needles(())).hits if hit.table is users)
    rewrite(bucket, pipeline.lake, hit, person, {user})
    with snapshot(pipeline.dsn) as conn:
        correct(conn, bucket, pipeline.lake, manifest_key(users, SNAPSHOT_DAY))
    assert bucket.look(person, needles(person, [])).hits == []
    corrected = pipeline.manifest(users)
    assert corrected.constants == {"channel": "web"}
    pipeline.sql("ALTER TABLE users ALTER email DROP NOT NULL")
    pipeline.sql("UPDATE users SET email = NULL, first_name = NULL, last_name = NULL WHERE id = %s", [user])
    pipeline.lake.delete([manifest_key(users, SNAPSHOT_DAY)])
    pipeline.extract(users)
    now = pipeline.manifest(users)
    assert (corrected.rows, corrected.checksum, corrected.fingerprint) == (now.rows, now.checksum, now.fingerprint)


def test_a_chunk_that_later_extractions_kept_is_corrected_in_all_their_manifests(
    pipeline: Pipeline, running_home: Path
) -> None:
    bucket = Bucket(embedded.ensure_object_store(running_home))
    pipeline.lake.delete(list(pipeline.lake.etags("")))
    drop_old_versions(bucket.at, datetime.now(UTC) + timedelta(days=1))
    pipeline.sql("INSERT INTO users (email) SELECT i || '@example.org' FROM generate_series(1, 25) AS i")
    pipeline.extract(USERS, snapshot_day=EARLIER, chunk_rows=10)
    pipeline.load(USERS)
    pipeline.sql("UPDATE users SET country = 'FRA' WHERE id = 25")
    assert pipeline.extract(USERS, chunk_rows=10).chunks_written == 1
    pipeline.load(USERS)
    before = pipeline.source_rows(USERS)

    person = Person(ids={"users": {3}})
    bucket.gather(person)
    (hit,) = (hit for hit in bucket.look(person, Needles(())).hits if hit.table is USERS)
    rewrite(bucket, pipeline.lake, hit, person, set())
    listing = {manifest_key(USERS, EARLIER), manifest_key(USERS, SNAPSHOT_DAY)}
    assert manifests_of(pipeline.lake, [hit.version.key]) == listing
    with snapshot(pipeline.dsn) as conn:
        for key in listing:
            correct(conn, bucket, pipeline.lake, key)
    assert bucket.look(person, needles(person, [])).hits == []
    assert pipeline.load(USERS).chunks == 1
    assert pipeline.raw_rows(USERS) == [row for row in before if row[0] != 3]
    corrected = pipeline.manifest(USERS)
    pipeline.sql("DELETE FROM users WHERE id = 3")
    # Nothing differs from the source: the measures are those that it gives for the rows that are left.
    assert pipeline.extract(USERS, chunk_rows=10).chunks_written == 0
    now = pipeline.manifest(USERS)
    assert (now.chunks, now.checksum, now.fingerprint) == (corrected.chunks, corrected.checksum, corrected.fingerprint)
