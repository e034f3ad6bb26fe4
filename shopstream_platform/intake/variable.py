"""Which variable may hold the connection string of a source."""

import re

from shopstream_platform.config.environment import variables

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def is_for_a_source(name: str) -> bool:
    """Whether no other program's settings, nor the platform's own, are called like this."""
    if not _NAME.fullmatch(name) or name in variables.LIBPQ_NAMES | variables.SNOWFLAKE_NAMES:
        return False
    others = (*variables.AWS_PREFIXES, *variables.SNOWFLAKE_PREFIXES, *variables.DBT_PREFIXES)
    if name.startswith(others) or name in (*variables.PROXIES, *variables.CERTIFICATES):
        return False
    return not name.startswith(variables.PREFIX) or variables.OF_A_SOURCE.fullmatch(name) is not None
