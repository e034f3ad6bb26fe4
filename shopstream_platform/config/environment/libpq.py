"""Connection strings that leave nothing to the environment."""

from collections.abc import Mapping

from psycopg2.extensions import libpq_version, make_dsn, parse_dsn

from shopstream_platform.config.environment.variables import LIBPQ, LIBPQ_NAMES

# libpq takes everything from the environment and the home folder, as psql does without arguments.
BARE = ("postgresql://", "postgres://")


def is_bare(dsn: str) -> bool:
    """Whether the string leaves everything to the PG* variables."""
    return dsn.strip() in BARE


def closed(dsn: str) -> str:
    """The string with every keyword that a variable could set, so that none does; a bare one stays as it is.

    A service that the string names keeps its say: what it sets is not known here.
    """
    given = parse_dsn(dsn)
    if is_bare(dsn) or "service" in given:
        return dsn
    major = libpq_version() // 10_000
    missing = {
        keyword: default
        for keyword, (_, default, since) in LIBPQ.items()
        if default is not None and keyword not in given and major >= since
    }
    return make_dsn(dsn, **missing)


def for_psql(dsn: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which psql opens exactly this database.

    By variables: a password on the command line is readable by everybody on the machine.
    """
    if is_bare(dsn):
        return dict(environ)
    own = {LIBPQ[keyword][0]: str(value) for keyword, value in parse_dsn(dsn).items() if keyword in LIBPQ}
    return {name: value for name, value in environ.items() if name not in LIBPQ_NAMES} | own
