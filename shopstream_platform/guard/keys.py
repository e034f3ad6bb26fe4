"""The secret of a user's web servers, and the addresses that log a browser in once."""

import hashlib
import hmac
import os
import secrets
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SECRET, TICKETS = "token", "tickets"
# Long enough to walk to a browser; `shopstream ui-url` makes another.
TICKET_SECONDS = 3600
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Keys:
    """A folder that only its owner may enter: the secret in it outlives the servers, so cookies do too."""

    folder: Path
    secret: str

    @classmethod
    def of(cls, folder: Path) -> "Keys":
        """The keys of the folder, made if there are none; OSError if it cannot be used."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / TICKETS).mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        path = folder / SECRET
        return cls(folder, _private_secret(path) or _made(path))

    def cookie(self, port: int) -> str:
        """What a browser sends that is logged in to a port; neither the secret nor another's cookie follows from it."""
        return hmac.new(self.secret.encode(), f"cookie:{port}".encode(), hashlib.sha256).hexdigest()

    def is_secret(self, value: str) -> bool:
        """Whether a script knows the secret."""
        return _equal(value, self.secret)

    def is_cookie(self, port: int, value: str) -> bool:
        """Whether a browser was logged in to the port with this secret."""
        return _equal(value, self.cookie(port))

    def new_ticket(self) -> str:
        """A text that logs one browser in, once, within the hour."""
        self._forget_old_tickets()
        ticket = secrets.token_urlsafe(32)
        os.close(os.open(self._path(ticket), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return ticket

    def redeem(self, ticket: str) -> bool:
        """Use a ticket up; False if there is none, or no more."""
        path = self._path(ticket)
        try:
            is_young = _age(path) < TICKET_SECONDS
            # Of several who come with the same ticket one deletes it.
            path.unlink()
        except FileNotFoundError:
            return False
        return is_young

    def _path(self, ticket: str) -> Path:
        # Its digest: who can read the folder's names cannot log in by them.
        return self.folder / TICKETS / hashlib.sha256(ticket.encode("utf-8", "surrogateescape")).hexdigest()

    def _forget_old_tickets(self) -> None:
        for path in (self.folder / TICKETS).iterdir():
            with suppress(FileNotFoundError):
                if _age(path) >= TICKET_SECONDS:
                    path.unlink()


def _private_secret(path: Path) -> str | None:
    """The file's secret; None if there is none, or one that others could have read or written."""
    try:
        with path.open() as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                return None
            found = file.read().strip()
    except FileNotFoundError:
        return None
    return found if len(found) >= SHORTEST_SECRET else None


def _made(path: Path) -> str:
    secret = secrets.token_urlsafe(SHORTEST_SECRET)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secret}\n")
    temporary.replace(path)
    return secret


def _age(path: Path) -> float:
    return abs(time.time() - path.stat().st_mtime)


def _equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())
