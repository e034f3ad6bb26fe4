"""Where the configuration came from: the .env that was read, and what of the shell counts or was left out."""

from collections.abc import Iterator

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.environment.dotenv import last_read
from shopstream_platform.config.environment.process import honoured, ignored
from shopstream_platform.config.settings import Settings


def environment_findings(settings: Settings) -> Iterator[Finding]:
    """Names alone: values may be secret."""
    read = last_read()
    names = f": {', '.join(sorted(read.names))}" if read.names else ""
    yield Finding("environment", "ok", f"{read}{names}")
    if counted := honoured(settings):
        yield Finding("environment", "ok", f"counts for configured services: {', '.join(counted)}")
    if left_out := ignored():
        detail = f"of no effect, since they belong to other work: {', '.join(left_out)}"
        yield Finding("environment", "ok", detail)
