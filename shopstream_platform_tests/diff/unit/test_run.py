"""A comparison's frame: whom it waits for, how its schemas are called, in which order all ends."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.groups import DbtSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.diff import run, schemas
from shopstream_platform.diff.side import Side
from shopstream_platform.diff.version import Version
from shopstream_platform.pipeline.forget.exclusion import LOCK
from shopstream_platform_tests.diff.manifests import manifest, measured


def is_free(lock: Path) -> bool:
    """Whether nobody holds it, not even together with others."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_schemas_have_a_token_behind_the_homes_prefix() -> None:
    home = DbtSettings(schema_prefix="ALICE_", mask_pii=True)
    base, head = run.own_schemas(home, "ALICE_DIFF_", "0a1b2c")
    assert (base.schema_of("CORE"), head.schema_of("CORE")) == (
        "ALICE_DIFF_0A1B2C_BASE_CORE",
        "ALICE_DIFF_0A1B2C_HEAD_CORE",
    )
    assert head.mask_pii


@pytest.mark.parametrize("prefix", ["1_", "A B", 'A"; DROP SCHEMA CORE; --'])
def test_a_prefix_must_be_one(prefix: str) -> None:
    with pytest.raises(ShopStreamError, match="--prefix"):
        run.own_schemas(DbtSettings(), prefix, "0a1b2c")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Begun":
    return Begun(monkeypatch, tmp_path)


class Begun:
    """`compare_with` without git, dbt and warehouse; it notes what ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        self.home, self.ended, self.locked = home, [], dict[str, bool]()
        self.versions = iter([{"orders": "1", "users": "1"}, {"orders": "2", "users": "1"}])
        self.built: Callable[[], None] = lambda: None
        manifests = iter([measured(manifest("mart"), "mart", "id"), measured(manifest("mart"), "mart", "2 * id")])

        @contextmanager
        def noted(name: str, value: Any) -> Iterator[Any]:
            try:
                yield value
            finally:
                self.ended.append(name)

        def build(*_: object) -> None:
            self.locked = {lock: not is_free(home / lock) for lock in (LOCK, "dbt.lock")}
            self.built()

        made = SimpleNamespace(make=lambda names: None)
        monkeypatch.setattr(run, "commit_of", lambda revision: "0123abc")
        monkeypatch.setattr(run, "extract_project", lambda commit, folder: folder)
        monkeypatch.setattr(run.resolve, "warehouse", lambda settings: None)
        monkeypatch.setattr(run, "dbt_variables", lambda at: {})
        monkeypatch.setattr(run, "open_session", lambda at, **tag: nullcontext())
        monkeypatch.setattr(run, "workers", lambda count: noted("workers", (None, None)))
        monkeypatch.setattr(schemas, "dropped_at_the_end", lambda session: noted("schemas", made))
        monkeypatch.setattr(schemas, "drop_leftovers", lambda *_: [])
        monkeypatch.setattr(run, "table_versions", lambda session: next(self.versions))
        monkeypatch.setattr(run, "build_and_compare", build)
        monkeypatch.setattr(Version, "check_the_rest_is_there", lambda self, session: None)
        monkeypatch.setattr(Side, "start_compiling", lambda self: None)
        monkeypatch.setattr(Side, "manifest", lambda self, compiled: next(manifests))

    def compare(self) -> "run.Comparison":
        return run.compare_with("main", Settings(home=self.home), None, lambda line: None)


def test_forget_and_other_dbts_wait_for_the_whole_of_it(begun: Begun) -> None:
    begun.compare()
    assert begun.locked == {LOCK: True, "dbt.lock": True}
    assert is_free(begun.home / LOCK)
    assert is_free(begun.home / "dbt.lock")


def test_a_load_meanwhile_is_noticed(begun: Begun) -> None:
    assert begun.compare().loaded_meanwhile == ["orders"]


def test_nothing_is_made_after_the_schemas_were_dropped(begun: Begun) -> None:
    def fail() -> None:
        raise ShopStreamError("the disk is full")

    begun.built = fail
    with pytest.raises(ShopStreamError, match="disk"):
        begun.compare()
    assert begun.ended == ["workers", "schemas"]
