"""Which commit this checkout is at, read from git's files: a process at every import would be slow."""

from pathlib import Path

from shopstream_platform.config.settings import CHECKOUT


def commit(checkout: Path = CHECKOUT) -> str | None:
    """The commit's hash; None outside a clone, as in an installed package."""
    folder = checkout / ".git"
    try:
        if folder.is_file():
            # A worktree's .git is a file that names its folder.
            folder = checkout / folder.read_text("utf-8").removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref:"):
            return head
        common = folder / "commondir"
        root = folder / common.read_text("utf-8").strip() if common.exists() else folder
        return _resolve(root, head.removeprefix("ref:").strip())
    except OSError:
        return None


def _resolve(folder: Path, ref: str) -> str | None:
    if (folder / ref).exists():
        return (folder / ref).read_text("utf-8").strip()
    packed = folder / "packed-refs"
    lines = packed.read_text("utf-8").splitlines() if packed.exists() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {ref}")), None)
