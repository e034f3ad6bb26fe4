"""Whether a connection string says what its author meant."""

import re

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

# Names, and addresses of both kinds.
_HOST = re.compile(r"[\w.:%-]*")


def misread(variable: str) -> str:
    """What to say of a variable whose string is."""
    return (
        f"{variable} is read as naming a host or port that cannot exist: write characters of its password other than "
        "letters and digits as %XX, such as %40 for @"
    )


def is_misread(dsn: str) -> bool:
    """Whether libpq takes a part of the password for a host or a port: a character in it was not written as %XX."""
    try:
        given = parse_dsn(dsn)
    except ProgrammingError:
        # Said where the string is used.
        return False
    hosts, ports = str(given.get("host") or "").split(","), str(given.get("port") or "").split(",")
    # Sockets have paths, or names of their own behind an @.
    named = [host for host in hosts if not host.startswith(("/", "@"))]
    return not (all(map(_HOST.fullmatch, named)) and all(port.isdecimal() for port in ports if port))
