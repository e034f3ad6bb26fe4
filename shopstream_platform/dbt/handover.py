"""How a process hands its dbt command to one that has imported dbt already: by a socket, never by a command line.

The asker sends its output (as descriptors), its arguments, folder and environment; the other answers that it begins,
and at the end with the exit code. An asker that ends before that ends the other's dbt too.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import FrameType

BEGUN, INTERRUPT = b"b", b"i"
# Of an asker whose dbt has ended without saying how.
LOST = 1
_OUTPUT = (1, 2)


def ask(path: str) -> int | None:
    """Let the process that waits at the socket run this one's dbt command: the exit code.

    None if it has not begun: there is none, or it ended meanwhile.
    """
    before = signal.getsignal(signal.SIGINT)
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(path)
            socket.send_fds(link, [b"\n"], _OUTPUT)
            link.sendall(_request())
            signal.signal(signal.SIGINT, _hand_on(link))
            if link.recv(1) == BEGUN:
                return _code(link)
        except OSError:
            pass
        finally:
            signal.signal(signal.SIGINT, before)
    return None


def _code(link: socket.socket) -> int:
    try:
        code = link.recv(1)
    except OSError:
        code = b""
    return code[0] if code else LOST


def _request() -> bytes:
    asked = {"arguments": sys.argv, "folder": str(Path.cwd()), "environment": dict(os.environ)}
    # One line, whatever is in it.
    return json.dumps(asked).encode() + b"\n"


def _hand_on(link: socket.socket) -> Callable[[int, FrameType | None], None]:
    def hand_on(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):
            link.send(INTERRUPT)

    return hand_on


class Asked:
    """The command of an asker, in the process that runs it."""

    def __init__(self, listening: socket.socket) -> None:
        """Wait for an asker, and take its place: output, arguments, folder and environment."""
        self._link, _ = listening.accept()
        _, output, _, _ = socket.recv_fds(self._link, 1, len(_OUTPUT))
        for own, given in zip(_OUTPUT, output, strict=True):
            os.dup2(given, own)
            os.close(given)
        asked = json.loads(self._link.makefile("rb", buffering=0).readline())
        sys.argv = asked["arguments"]
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])

    def begin(self, interrupt: Callable[[], None], end: Callable[[], None]) -> None:
        """Tell the asker that it is its dbt now; `interrupt` is called when it says so, `end` when it is gone."""
        Thread(target=self._listen, args=(interrupt, end), daemon=True).start()
        self._link.sendall(BEGUN)

    def _listen(self, interrupt: Callable[[], None], end: Callable[[], None]) -> None:
        with suppress(OSError):
            while self._link.recv(1) == INTERRUPT:
                interrupt()
        end()

    def answer(self, code: int) -> None:
        """Tell the asker the exit code."""
        with suppress(OSError):
            self._link.sendall(bytes([code & 0xFF]))
