"""TCP ports on 127.0.0.1."""

import contextlib
import socket
from collections.abc import Mapping, Sequence

from shopstream_platform.config.errors import ShopStreamError

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def accepts_connections(port: int) -> bool:
    """Whether something listens on the port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=2).close()
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Different ports on which nothing listens."""
    with contextlib.ExitStack() as stack:
        # All are held until all are chosen, or the same one could be chosen twice.
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def choose_ports(
    service: str, names: Sequence[str], remembered: Mapping[str, int], fixed: int | None
) -> dict[str, int]:
    """A free port for each name: the remembered one if it is free, else a new one; `fixed` is the first name's."""
    fresh = dict(zip(names, free_ports(len(names)), strict=True))
    chosen = {
        name: remembered[name] if name in remembered and is_free(remembered[name]) else fresh[name] for name in names
    }
    if fixed is not None:
        if not is_free(fixed):
            raise ShopStreamError(
                f"Port {fixed} is taken by another program, so {service} cannot use it: "
                "stop that program, or choose another port."
            )
        chosen[names[0]] = fixed
    return chosen
