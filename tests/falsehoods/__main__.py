"""`python -m tests.falsehoods`: put every known falsehood into a copy of the tree, one at a time; which tests see it.

Fails when one is not seen. `--only NAME`, `--kind KIND` (both more than once), `--day 2026-11-30` (the five of a day),
`--quick` (none that takes a browser), `--side-by-side 2`, `--figures` (counts by kind, nothing is tried).
"""

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from queue import SimpleQueue

from tests.falsehoods import planting
from tests.falsehoods.planting import Falsehood, Outcome


def chosen(arguments: argparse.Namespace) -> list[Falsehood]:
    """The falsehoods that are asked for."""
    if arguments.day:
        return planting.of_the_day(date.fromisoformat(arguments.day))
    found = planting.known(arguments.kind)
    if arguments.only:
        found = [one for one in found if one.name in arguments.only]
    return [one for one in found if not (arguments.quick and one.is_slow)]


def tried(falsehoods: list[Falsehood], side_by_side: int) -> list[Outcome]:
    """What becomes of each; told as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        copies = []
        for number in range(side_by_side):
            copy = planting.a_copy(Path(folder) / str(number))
            copies.append(copy)
            trees.put(copy.__enter__())

        def work(one: Falsehood) -> Outcome:
            if faults := one.faults():
                outcome = Outcome(one, trouble="; ".join(faults))
            else:
                tree = trees.get()
                outcome = planting.plant(tree, one)
                trees.put(tree)
            tell(outcome)
            return outcome

        with ThreadPoolExecutor(side_by_side) as pool:
            outcomes = list(pool.map(work, falsehoods))
        tests = sorted({test for one in falsehoods for test in one.tests})
        failed, trouble = planting.failed_in(trees.get(), tests)
    if failed or trouble:
        raise SystemExit(f"these fail without any falsehood, so they see nothing: {failed} {trouble}")
    return outcomes


def tell(outcome: Outcome) -> None:
    """One line of what became of it, more if there was trouble."""
    one = outcome.falsehood
    names = ", ".join(test.partition("::")[2] for test in outcome.seen_by)
    said = f"TROUBLE {outcome.trouble}" if outcome.trouble else f"seen by {names}" if names else "NOT SEEN"
    print(f"{one.kind}/{one.name}: {said}", flush=True)


def main(words: list[str]) -> int:
    """0 when every one that was tried is seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.falsehoods", description=__doc__)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[], choices=planting.kinds())
    parser.add_argument("--day")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--figures", action="store_true")
    parser.add_argument("--side-by-side", type=int, default=1)
    arguments = parser.parse_args(words)
    wanted = chosen(arguments)
    outcomes = [] if arguments.figures else tried(wanted, arguments.side_by_side)
    seen = Counter(one.falsehood.kind for one in outcomes if one.seen_by)
    for kind, count in sorted(Counter(one.kind for one in wanted).items()):
        print(f"{kind}: {count}" + ("" if arguments.figures else f", seen {seen[kind]}"))
    print(f"all: {len(wanted)}" + ("" if arguments.figures else f", seen {seen.total()}"))
    return 0 if arguments.figures or seen.total() == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
