"""The places that are searched, and what each of them holds: for the plan before, and for the proof after."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.project import manifest_path, read_manifest
from shopstream_platform.pipeline.forget import files, postgres_own, source, warehouse
from shopstream_platform.pipeline.forget.history import History, histories, present, rows_in
from shopstream_platform.pipeline.forget.lake import Bucket, Hit
from shopstream_platform.pipeline.forget.needles import Needles, needles
from shopstream_platform.pipeline.forget.person import Person
from shopstream_platform.pipeline.forget.record import Done
from shopstream_platform.pipeline.forget.source import AtSource
from shopstream_platform.services import embedded, resolve
from shopstream_platform.stores.postgres import snapshot
from shopstream_platform.stores.warehouse import open_session

SOURCE, WAREHOUSE, HISTORY, LAKE = "source", "warehouse", "history", "lake"
RUNS, FILES, SERVERS = "run history", "logs, pages and artifacts", "files of the embedded servers"


@dataclass
class Found:
    """What was found: place -> lines about it; `searched` says how much was looked at."""

    at_source: AtSource
    lines: dict[str, list[str]] = field(default_factory=dict)
    searched: dict[str, str] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    needles: Needles = field(default_factory=lambda: Needles(()))

    @property
    def is_anywhere(self) -> bool:
        """Whether any place holds the person."""
        return any(self.lines.values())


class Places:
    """Everything that this configuration of the platform holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bucket = Bucket(resolve.object_store(settings))

    @cached_property
    def histories(self) -> list[History]:
        """The snapshots with personal columns that were built."""
        wanted = histories(read_manifest(self.settings.dbt))
        with open_session(resolve.warehouse(self.settings)) as session:
            return present(session, wanted)

    @property
    def own_runs(self) -> str | None:
        """The database of the run history, if it is on the embedded server."""
        return None if self.settings.is_deployed else resolve.instance_database(self.settings).dsn

    @property
    def servers(self) -> list[Path]:
        """The folders of the embedded servers whose files can be read as they are."""
        home = self.settings.home
        return [folder for folder in (home / "postgres" / "data", home / "warehouse" / "data") if folder.exists()]

    def gather(self, person: Person, done: list[Done], *, overwritten: bool) -> set[int]:
        """Take in all that is held of the person, older names and addresses too; accounts that share an address."""
        before = None
        with open_session(resolve.warehouse(self.settings)) as session:
            while before != (now := person.as_dict()):
                before = now
                with snapshot(resolve.postgres(self.settings).dsn) as conn:
                    source.gather_from_source(conn, person, done, overwritten=overwritten)
                warehouse.gather(session, self.histories, person)
                self.bucket.gather(person)
            return warehouse.other_accounts(session, self.histories, person)

    def look(self, person: Person, names: set[str] | None = None) -> Found:
        """Search every place; `names` are those that nobody else has, found anew if not given."""
        with snapshot(resolve.postgres(self.settings).dsn) as conn:
            found = Found(source.look(conn, person))
        found.lines[SOURCE] = [str(one) for one in found.at_source.held]
        with open_session(resolve.warehouse(self.settings)) as session:
            alone = self.distinctive(person) if names is None else names
            found.needles = needles(person, alone)
            left = warehouse.left_over(session, person, alone)
            found.lines[WAREHOUSE] = [f"{where}: {rows:,} rows" for where, rows in left.items()]
            past = {one.relation: rows_in(session, one, person) for one in self.histories}
            found.lines[HISTORY] = [f"{where}: {rows:,} rows of the past" for where, rows in past.items() if rows]
        found.searched[WAREHOUSE] = "every text column of the database"
        self._look_into_lake(person, found)
        self._look_into_files(found)
        return found

    def distinctive(self, person: Person) -> set[str]:
        """The person's names that nobody else has."""
        vocabulary = manifest_path(self.settings.dbt).read_text("utf-8").lower()
        with open_session(resolve.warehouse(self.settings)) as session:
            return warehouse.distinctive(session, person, vocabulary)

    def _look_into_lake(self, person: Person, found: Found) -> None:
        look = self.bucket.look(person, found.needles)
        found.hits = look.hits
        keys = [f"{h.version.key}{'' if h.version.is_latest else ' (an old version)'}" for h in look.hits]
        found.lines[LAKE] = sorted(keys)
        found.searched[LAKE] = f"{look.objects:,} versions of objects, {look.bytes / 2**20:,.1f} MiB"
        if look.of_clones:
            found.searched[LAKE] += (
                f"; not {look.of_clones:,} of clones (`shopstream clone --list`): forget the person in each, or drop it"
            )

    def _look_into_files(self, found: Found) -> None:
        if runs := self.own_runs:
            held = postgres_own.rows_with(runs, found.needles)
            found.lines[RUNS] = [f"{table}: {rows:,} rows" for table, rows in held.items() if rows]
            found.searched[RUNS] = f"{len(held)} tables"
        paths = list(files.searched(self.settings.home))
        found.lines[FILES] = [str(path) for path in paths if files.places(path, found.needles)]
        found.searched[FILES] = f"{len(paths):,} files"

    def look_into_servers(self, found: Found) -> None:
        """Search the embedded servers' own files byte by byte; once they were written anew, they hold nothing."""
        if self.settings.postgres_is_embedded or self.own_runs:
            embedded.ensure_postgres(self.settings.home)
        paths = [path for folder in self.servers for path in folder.rglob("*") if path.is_file()]
        found.lines[SERVERS] = [str(path) for path in paths if files.places(path, found.needles)]
        found.searched[SERVERS] = f"{len(paths):,} files of PostgreSQL and the warehouse"
