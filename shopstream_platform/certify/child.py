"""`shopstream` as a child that does not outlive the certification that started it: it would go on in the namespace."""

import os
import runpy

from shopstream_platform.dbt.child import end_with_parent


def main() -> None:
    """The command line of this process, by its own entry point: the room above may not be imported."""
    end_with_parent(os.getppid())
    runpy.run_module("shopstream_platform.cli.app", run_name="__main__")


if __name__ == "__main__":
    main()
