"""The commit is what `git rev-parse HEAD` says, however git has stored it."""

import subprocess
from pathlib import Path

from shopstream_platform.defs.git import commit


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_branch_packed_branch_detached_head_and_worktree(tmp_path: Path) -> None:
    clone, worktree = tmp_path / "clone", tmp_path / "worktree"
    clone.mkdir()
    git(clone, "init", "-q")
    git(clone, "commit", "-q", "--allow-empty", "-m", "one")
    expected = git(clone, "rev-parse", "HEAD")
    assert commit(clone) == expected
    git(clone, "pack-refs", "--all")
    assert commit(clone) == expected
    git(clone, "worktree", "add", "-q", "-b", "other", str(worktree))
    assert commit(worktree) == expected
    git(clone, "checkout", "-q", "--detach")
    assert commit(clone) == expected


def test_no_clone_and_no_commit_yet(tmp_path: Path) -> None:
    assert commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert commit(tmp_path) is None
