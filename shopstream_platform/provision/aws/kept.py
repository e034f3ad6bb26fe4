"""Statements of others that an update of the stack replaces, until they are put back.

CloudFormation sets documents whole. The statements are in a file meanwhile, since a process can be ended while AWS
works, and nothing else has them then.
"""

import json
from pathlib import Path
from typing import Any

import boto3

from shopstream_platform.config.files import write_private
from shopstream_platform.provision.aws import live
from shopstream_platform.provision.aws.template import LakeStack


class Kept:
    """The file of one stack, in a folder; without one they are lost should the process be ended."""

    def __init__(self, stack: LakeStack, folder: Path | None) -> None:
        self._stack, self._file = stack, folder / f"{stack.name}.json" if folder else None
        self._found: dict[str, Any] | None = None
        if self._file and self._file.exists():
            self._found = json.loads(self._file.read_text("utf-8"))

    def write(self, trusts: dict[str, list[dict[str, Any]]], policy: dict[str, Any]) -> None:
        """Keep them, if there are any."""
        if not (policy or any(trusts.values())):
            return
        self._found = {"trusts": trusts, "policy": policy}
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._file, json.dumps(self._found))

    def put_back(self, session: boto3.Session) -> None:
        """Add to roles and bucket what of it is not there, and forget it."""
        if self._found is not None:
            live.put_back(session, self._stack, self._found["trusts"], self._found["policy"])
        if self._file:
            self._file.unlink(missing_ok=True)
        self._found = None
