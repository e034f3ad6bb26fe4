"""The dbt project of another commit, in a folder of its own; the working tree is not touched."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.dbt.project import PROJECT_DIR

_FATAL = 128


def commit_of(revision: str) -> str:
    """The short hash of where the current branch left `revision`: what others did since is not this change.

    Raises ShopStreamError for a revision that git does not know.
    """
    # An option would be obeyed, not looked up.
    if revision.startswith("-") or not revision.strip():
        raise ShopStreamError(f"{revision!r} is not a revision: name a branch or a commit, such as origin/main")
    known = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if known is None:
        raise ShopStreamError(
            f"git knows no revision {revision}: `git branch --all` lists the branches. In CI, check out with "
            "`fetch-depth: 0`"
        )
    base = _git("merge-base", revision, "HEAD")
    if base is None:
        raise ShopStreamError(f"{revision} and HEAD have no commit in common: check out the whole history")
    return base.decode().strip()[:12]


def extract_project(commit: str, folder: Path) -> Path:
    """The dbt project as of `commit`, below `folder`. Raises ShopStreamError if that commit has none."""
    name = PROJECT_DIR.name
    archive = _git("archive", "--format=tar", commit, name)
    if archive is None:
        raise ShopStreamError(f"commit {commit} has no folder {name} to compare with")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder / name


def _git(*arguments: str) -> bytes | None:
    """What git prints; None if it says no. Raises ShopStreamError where it cannot answer, with git's own first line."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(CHECKOUT), *arguments],  # noqa: S607
            capture_output=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise ShopStreamError("git is not on the PATH: `shopstream diff` reads the other version from it") from error
    if b"not a git repository" in done.stderr:
        raise ShopStreamError(f"{CHECKOUT} is not a clone of a git repository, so there is no version to compare with")
    # Of a folder that a commit lacks, too; there None says it better.
    if done.returncode == _FATAL and b"pathspec" not in done.stderr:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise ShopStreamError(f"git: {lines[0].removeprefix('fatal: ') if lines else 'it does not say why it failed'}")
    return None if done.returncode else done.stdout
