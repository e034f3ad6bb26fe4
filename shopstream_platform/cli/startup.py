"""All that makes commands start sooner, in one place.

Much of a command's time is imports. What is done about it, and what it saves (CPU seconds on two cores, 2026-11-28):

- A command imports what it needs when it runs, so that `shopstream --help` takes 0.4 s; with the definitions it would
  take 2.5 s.
- `collect_seldom` (config/garbage.py): Python's collector looks at what was imported less often, and not at the end.
- `hide_pandas` and `not_found` (config/modules.py): Snowflake's connector imports pandas, and dagster_dbt imports dbt,
  where they are installed; no command uses the one, dbt runs elsewhere. A fifth of dbt's imports, a third of the
  definitions'.
- `import_ahead`: the demo imports a run's libraries, 2.8 s, while the services start, which is waiting for other
  processes.
- `parse_ahead`: it parses the dbt project, 10 s in a process of its own, while the services start and this one imports
  Dagster; the profile it is parsed with names the warehouse's port, which is known before the warehouse answers.
- `dbt_ahead` (dbt/ahead.py): where something is to be built, another process imports dbt and its adapter, 3.4 s, while
  this one imports Dagster and loads.
- Charts are kept as they were compiled (serving/render/charts.py), so that a run imports Altair, 0.6 s, and compiles
  them only after their code has changed.

Elsewhere modules import at their top. Where one does not, what it costs stands beside the line:
`python -X importtime -c "import boto3"` shows it, `python -m benchmarks` times whole commands.
"""

import os
import signal
from contextlib import suppress
from importlib import import_module
from threading import Thread

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.settings import Settings

OF_A_RUN = ("snowflake.connector", "dagster", "shopstream_platform.defs.dagster_dbt", "altair", "vl_convert")


def heed_interrupts() -> None:
    """Let Ctrl-C and SIGTERM end this process and its children where a shell started it with interrupts ignored.

    Shells do so for what a script puts into the background; Dagster treats SIGTERM as it finds interrupts treated.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def import_ahead() -> None:
    """Begin to import what a run needs."""
    Thread(target=_import, daemon=True).start()


def parse_ahead(settings: Settings) -> None:
    """Begin to parse the dbt project, with the profile that the run will have."""
    Thread(target=_parse, args=(settings,), daemon=True).start()


def _import() -> None:
    for library in OF_A_RUN:
        import_module(library)


def _parse(settings: Settings) -> None:
    from shopstream_platform.dbt.project import manifest_path
    from shopstream_platform.services import resolve

    # The definitions ask for the manifest too, wait for this one, and say what is wrong. A port that the warehouse had
    # before and finds taken costs a second parse.
    with suppress(ShopStreamError):
        os.environ.update(resolve.starting_warehouse(settings).environment())
        manifest_path(settings.dbt)
