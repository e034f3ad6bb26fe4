"""`python -m shopstream_platform_tests.chaos --rounds 200 --seed 1`: a line of JSON a round; 1 if one failed."""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from shopstream_platform.services import embedded
from shopstream_platform_tests.chaos import oracle, rounds
from shopstream_platform_tests.chaos.faults.disk import mounted
from shopstream_platform_tests.chaos.shop import ChaosShop

# A home made from nothing takes as long as a round.
COMPARED_EVERY = 10


def main() -> int:
    """Play the rounds; what is left of a round that failed is made afresh for the next."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = _arguments()
    folder = arguments.home or Path(tempfile.mkdtemp(prefix="shopstream-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    own_disk = mounted(folder)
    among = rounds.names(arguments.only.split(",") if arguments.only else ())
    if not own_disk:
        among = [name for name in among if "disk" not in name]
    if not among:
        raise SystemExit(f"no fault that this machine can have is called {arguments.only!r}")
    shop = ChaosShop.tiny(folder.resolve() / "home")
    try:
        return 1 if _played(shop, arguments, among) else 0
    finally:
        embedded.down(shop.home)
        if own_disk:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        if not arguments.home:
            shutil.rmtree(folder, ignore_errors=True)


def _played(shop: ChaosShop, arguments: argparse.Namespace, among: list[str]) -> int:
    """How many failed."""
    seed, first, count = arguments.seed, arguments.first, arguments.rounds
    rounds.afresh(shop)
    outcomes: Counter[str] = Counter()
    for number in range(first, first + count):
        played = rounds.play(shop, seed, number, among, change=not arguments.without_change)
        if not played.problems and (number + 1) % COMPARED_EVERY == 0:
            played.problems += oracle.differs_from_undisturbed(shop, shop.home.parent)
            played.notes.append("compared with a home made from nothing")
            if played.problems:
                played.outcome = "FAILED"
        print(json.dumps(played.as_dict()), flush=True)
        outcomes[played.outcome] += 1
        if played.problems:
            rounds.afresh(shop)
    left = oracle.left_after_down(shop)
    print(json.dumps({"seed": seed, "rounds": count, "outcomes": outcomes, "left after down": left}), flush=True)
    return outcomes["FAILED"] + len(left)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Faults at random moments of a refresh, and whether it comes through.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first round, to play one again")
    parser.add_argument("--home", type=Path, help="folder for the shop and its disk; default: a temporary one")
    parser.add_argument("--only", help="only faults whose name has these words, or those after a comma")
    parser.add_argument(
        "--without-change", action="store_true", help="leave the source as it is: rounds of faults at rest are cheaper"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
