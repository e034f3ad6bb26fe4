"""Who runs a server that refuses to run as root, when root starts it."""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import PASSED_THROUGH

CLONE_NEWUSER = 0x10000000
ACCOUNTS = ("postgres", "daemon", "nobody")


def unprivileged(program: Path, folder: Path, data: Path) -> dict[str, Any]:
    """Arguments for `subprocess.Popen` that run `program` as somebody who is not root; none unless root asks.

    Data made by a normal user is served by that user. Otherwise a user namespace shows root's files as an ordinary
    account's; where the kernel forbids that, the account itself runs the program and is given the folder.
    """
    if os.geteuid() != 0:
        return {}
    if data.exists() and (owner := data.stat()).st_uid != 0:
        _let_through(folder.parent, owner.st_gid)
        return _as_user(owner.st_uid, owner.st_gid)
    account = _account()
    in_namespace = {"preexec_fn": _enter_user_namespace(account.pw_uid)}
    if _can_run([str(program), "--version"], in_namespace):
        return in_namespace
    as_account = _as_user(account.pw_uid, account.pw_gid)
    _let_through(folder.parent, account.pw_gid)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, account.pw_uid, account.pw_gid)
    reach_both = ["/bin/sh", "-c", '"$0" --version && test -w "$1"', str(program), str(folder)]
    if not _can_run(reach_both, as_account):
        raise ShopStreamError(
            f"PostgreSQL does not run as root, and the account {account.pw_name!r} cannot reach {program} and "
            f"{folder}: run as a normal user, or move both out of folders that only root may enter."
        )
    return as_account


def _let_through(home: Path, group: int) -> None:
    """Let an account's group pass through root's home, which is closed to others, but not look into it."""
    if home.stat().st_uid == 0:
        os.chown(home, -1, group)
        home.chmod(PASSED_THROUGH)


def _account() -> pwd.struct_passwd:
    by_name = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in by_name:
            return by_name[name]
    raise ShopStreamError("PostgreSQL does not run as root, and no other account exists: run as a normal user.")


def _as_user(user: int, group: int) -> dict[str, Any]:
    return {"user": user, "group": group, "extra_groups": []}


def _can_run(command: list[str], options: dict[str, Any]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, **options).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _enter_user_namespace(user: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)
    mapping = f"{user} 0 1".encode()
    settings = (("/proc/self/setgroups", b"deny"), ("/proc/self/uid_map", mapping), ("/proc/self/gid_map", mapping))

    def enter() -> None:
        # Runs between fork and exec, maybe beside other threads: system calls only.
        if libc.unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
        for path, value in settings:
            descriptor = os.open(path, os.O_WRONLY)
            os.write(descriptor, value)
            os.close(descriptor)

    return enter
