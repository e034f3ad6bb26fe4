"""The erasure, place by place. Each step finds nothing when it is run again."""

from shopstream_platform.config.settings import Settings
from shopstream_platform.pipeline.forget import files, history, postgres_own, record, snapshots, source
from shopstream_platform.pipeline.forget.person import PERSONAL
from shopstream_platform.pipeline.forget.places import FILES, HISTORY, LAKE, RUNS, SOURCE, Found, Places
from shopstream_platform.pipeline.forget.record import Work
from shopstream_platform.pipeline.forget.source import Held
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect, snapshot
from shopstream_platform.stores.warehouse import open_session


def erase_at_source(settings: Settings, work: Work, held: list[Held]) -> None:
    """Overwrite the person in the platform's own shop."""
    with connect(resolve.postgres(settings).dsn) as conn:
        work.count(SOURCE, source.erase_at_source(conn, held))
    record.save(settings.home, work)


def erase_history(places: Places, work: Work, found: Found) -> None:
    """Erase the past of the person in the snapshots that dbt keeps."""
    with open_session(resolve.warehouse(places.settings)) as session:
        for one in places.histories:
            kept = found.at_source.kept_ids.get(one.table.name, set())
            work.count(HISTORY, history.erase(session, one, work.person, kept))
    record.save(places.settings.home, work)


def erase_in_lake(places: Places, work: Work, found: Found) -> None:
    """Rewrite newest versions, delete old ones, and let manifests say what there is."""
    settings, lake = places.settings, Lake(places.bucket.at)
    newest = [hit for hit in found.hits if hit.version.is_latest]
    rewritten = [hit.version.key for hit in newest if hit.table]
    work.editing = sorted({*work.editing, *snapshots.manifests_of(lake, rewritten)})
    # Before the first object is rewritten: a manifest that does not fit any more must not be forgotten.
    record.save(settings.home, work)
    for hit in found.hits:
        if not hit.version.is_latest:
            places.bucket.delete(hit.version)
        elif hit.table in PERSONAL:
            kept = found.at_source.kept_ids.get(hit.table.name if hit.table else "", set())
            snapshots.rewrite(places.bucket, lake, hit, work.person, kept)
        elif not hit.version.key.endswith(".gz"):
            places.bucket.scrub(hit.version, found.needles)
    with snapshot(resolve.postgres(settings).dsn) as conn:
        for key in work.editing:
            snapshots.correct(conn, places.bucket, lake, key)
    work.editing = []
    work.count(LAKE, len(found.hits))
    record.save(settings.home, work)


def erase_in_files(places: Places, work: Work, found: Found) -> None:
    """Overwrite the person in logs, pages, artifacts and the run history."""
    for path in files.searched(places.settings.home):
        work.count(FILES, files.scrub(path, found.needles))
    if runs := places.own_runs:
        work.count(RUNS, postgres_own.scrub(runs, found.needles))
    record.save(places.settings.home, work)


def write_anew(places: Places) -> None:
    """Let the files of the embedded servers hold nothing of what was deleted."""
    settings = places.settings
    if settings.warehouse_is_embedded:
        embedded.compact_warehouse(settings.home)
    if settings.lake_is_embedded:
        embedded.compact_lake(settings.home)
    own = [places.own_runs, resolve.postgres(settings).dsn if settings.postgres_is_embedded else None]
    databases = [dsn for dsn in own if dsn]
    for dsn in databases:
        postgres_own.drop_dead_rows(dsn)
    if databases:
        postgres_own.drop_log_segments(databases[0], embedded.postgres_files(settings.home))
