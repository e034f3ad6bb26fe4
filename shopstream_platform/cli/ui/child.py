"""A program of this Python's environment that ends with the process that started it, however that ended.

python -m shopstream_platform.cli.ui.child PROGRAM ARGUMENT...
"""

import os
import sys
from importlib.metadata import entry_points

from shopstream_platform.dbt.child import end_with_parent

# By which the parent names itself, so that its death is noticed however early.
PARENT = "SHOPSTREAM_UI_PARENT"


def main() -> None:
    """Become the program, as its own command would."""
    end_with_parent(int(os.environ.pop(PARENT)))
    sys.argv = sys.argv[1:]
    (program,) = entry_points(group="console_scripts", name=sys.argv[0])
    program.load()()


if __name__ == "__main__":
    main()
