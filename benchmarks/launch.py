"""Run a command and print what it took as JSON. A small process of its own: a child's peak starts at its parent's."""

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> int:
    """The command's output goes to stderr; its figures to stdout. Seconds, MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
