"""Which user of this machine is at the other end of a connection, as Linux's table of sockets tells.

A browser sends its cookies to every port of 127.0.0.1, so another user who serves a page there may get one: it is of no
use to him where the server sees whose connection it comes by.
"""

import os
import socket
import sys
from pathlib import Path

TABLE = Path("/proc/net/tcp")
LOOPBACK = "127.0.0.1"
ROOT = 0
# Columns of the table.
LOCAL, REMOTE, USER, INODE = 1, 2, 7, 9

Address = tuple[str, int]


def are_told() -> bool:
    """Whether this machine tells: not macOS, nor every sandbox."""
    try:
        with socket.create_server((LOOPBACK, 0)) as server, socket.create_connection(server.getsockname()) as client:
            return _user(client.getsockname(), server.getsockname()) == os.geteuid()
    except OSError:
        return False


def is_of_another_user(client: Address, server: Address) -> bool:
    """Whether neither the server's user nor root holds the other end of a connection by 127.0.0.1.

    A connection whose other end is closed already is nobody's, and thus another's.
    """
    if client[0] != LOOPBACK:
        return False
    return _user(client, server) not in (ROOT, os.geteuid())


def _user(client: Address, server: Address) -> int | None:
    ends = (_written(client), _written(server))
    for line in TABLE.read_text().splitlines():
        columns = line.split()
        if (columns[LOCAL], columns[REMOTE]) == ends and columns[INODE] != "0":
            return int(columns[USER])
    return None


def _written(address: Address) -> str:
    number = int.from_bytes(socket.inet_aton(address[0]), sys.byteorder)
    return f"{number:08X}:{address[1]:04X}"
