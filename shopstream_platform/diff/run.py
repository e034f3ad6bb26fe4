"""A comparison from begin to end: compile, build what differs twice, compare, take away."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.dbt.project import PROJECT_DIR
from shopstream_platform.diff import schemas
from shopstream_platform.diff.building import build_and_compare
from shopstream_platform.diff.changed import changed_models
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.revision import commit_of, extract_project
from shopstream_platform.diff.side import Side
from shopstream_platform.diff.version import Version
from shopstream_platform.diff.worker import Worker, workers
from shopstream_platform.pipeline.forget.exclusion import beside
from shopstream_platform.services import resolve
from shopstream_platform.services.process.dbt_turn import turn_of_dbt
from shopstream_platform.stores.build_log import table_versions
from shopstream_platform.stores.dbt_login import dbt_variables
from shopstream_platform.stores.warehouse import open_session

PREFIX = "DIFF_"
Tell = Callable[[str], None]


def compare_with(revision: str, settings: Settings, prefix: str | None, tell: Tell) -> Comparison:
    """Compare the working tree's dbt project with the commit where this branch left `revision`.

    Both are built from the same RAW, in schemas whose names begin with the prefix, by default the home's with DIFF_
    behind it. Raises ShopStreamError.
    """
    commit = commit_of(revision)
    begins = f"{settings.dbt.schema_prefix}{PREFIX}".upper() if prefix is None else prefix.upper()
    owns = own_schemas(settings.dbt, begins, token_hex(3))
    # The workers have ended before the schemas are dropped: what they make then would stay.
    with (
        _alone(settings, tell),
        open_session(resolve.warehouse(settings), layer="diff") as session,
        schemas.dropped_at_the_end(session) as made,
        TemporaryDirectory(prefix="shopstream_diff_") as folder,
        workers(2) as (one, other),
    ):
        base, head = _sides(settings, commit, Path(folder), owns, (one, other))
        # On the embedded warehouse no other comparison runs now.
        age = timedelta(0) if settings.warehouse_is_embedded else schemas.LEFT_OVER
        for schema in schemas.drop_leftovers(session, begins, age):
            tell(f"dropped {schema}, which a comparison that was killed has left")
        tell(f"compiling both versions: {commit} and the working tree")
        compiled = base.start_compiling(), head.start_compiling()
        before, after = base.manifest(compiled[0]), head.manifest(compiled[1])
        changed = changed_models(before, after)
        found = Comparison(commit, changed)
        if changed.of_base or changed.of_head or changed.metrics:
            versions = Version(base, before, changed.of_base), Version(head, after, changed.of_head)
            loaded = table_versions(session)
            for version in versions:
                version.check_the_rest_is_there(session)
                made.make(version.schemas())
            build_and_compare(session, found, *versions, tell)
            found.loaded_meanwhile = _different(loaded, table_versions(session))
        why = "its rows are a history, which is not built anew"
        found.not_compared += [f"snapshot {name} was not compared: {why}" for name in sorted(changed.snapshots)]
        why = "both versions read the rows that the home has"
        found.not_compared += [f"seed {name} differs and was not compared: {why}" for name in sorted(changed.seeds)]
        return found


def own_schemas(home: DbtSettings, begins: str, token: str) -> tuple[DbtSettings, DbtSettings]:
    """The settings of the base's and the head's schemas; another token, other schemas. Raises ShopStreamError."""

    def own(name: str) -> DbtSettings:
        values: dict[str, Any] = home.model_dump() | {"schema_prefix": f"{begins}{token.upper()}_{name}_"}
        return DbtSettings(**values)

    try:
        return own("BASE"), own("HEAD")
    except ValidationError as error:
        raise ShopStreamError(
            f"--prefix {begins!r} cannot begin the name of a schema: use letters, digits and _, a letter first"
        ) from error


@contextmanager
def _alone(settings: Settings, tell: Tell) -> Iterator[None]:
    """Not while somebody is forgotten, of whom the schemas would hold rows, nor beside a dbt of the same warehouse."""
    holder = f"`shopstream diff`, process {os.getpid()}"

    def wait(other: str) -> None:
        tell(f"waiting for {other} (Ctrl-C ends the wait)")

    with beside(settings.home, wait), turn_of_dbt(settings, holder, wait):
        yield


def _sides(
    settings: Settings, commit: str, folder: Path, owns: tuple[DbtSettings, DbtSettings], both: tuple[Worker, Worker]
) -> tuple[Side, Side]:
    login = dbt_variables(resolve.warehouse(settings))

    def side(name: str, called: str, project: Path, own: DbtSettings, worker: Worker) -> Side:
        target = folder / called
        target.mkdir()
        return Side(name, project, target, own, settings.dbt, login, worker)

    return (
        side(f"the version of {commit}", "base", extract_project(commit, folder / "project"), owns[0], both[0]),
        side("this version", "head", PROJECT_DIR, owns[1], both[1]),
    )


def _different(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that one of both has another version of."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
