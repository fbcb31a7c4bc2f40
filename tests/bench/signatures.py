"""What signatures cost: the same visits from a phone that signs and from one that never has, in turns on one server.

`python -m tests.bench.signatures [sqlite] [postgresql] [--rounds 6]` (a minute; Linux, for the kernel's counters). Whoever
has no key yet is believed by their sign-in, so both ways are taken alike. The ratio of CPU holds on a busy machine too.
"""

import argparse
import sys
from contextlib import ExitStack

from tests.bench.days_work import spending_of, spread
from tests.bench.ingest import Visits, middle, show
from tests.bench.load import Figures, run
from tests.bench.measured import LAN, LEADER, MeasuredServer
from tests.postgres import Postgres

PLANS = ((1, 1, 200), (1, 32, 640), (25, 8, 48), (50, 8, 32))
"""Visits in a delivery, connections, deliveries sent in a round."""


def measure(measured: MeasuredServer, rounds: int) -> None:
    """Take turns and say what both cost."""
    forget = spending_of(measured.server.url)
    phones = {}
    for name, person in (("signed", LEADER), ("not signed", LAN)):
        cookie = measured.sign_in(person)
        homes = measured.households(measured.sign_in(LAN))  # of both the same
        phones[name] = Visits(
            measured.port, cookie, homes, measured.person_id(cookie), signs=name == "signed"
        )
    for size, connections, count in PLANS:
        found: dict[str, list[Figures]] = {name: [] for name in phones}
        for number in range(rounds):
            for name in sorted(phones, reverse=bool(number % 2)):
                forget()
                requests = phones[name].requests(count, size)
                figures = run(
                    measured.port,
                    measured.cpu_seconds,
                    requests,
                    connections=connections,
                    wanted=b'"accepted"',
                )
                found[name].append(figures.each(size))
        for name, figures in found.items():
            show(f"{name}, {size} a delivery, c={connections}", middle(figures))
        pairs = list(zip(found["signed"], found["not signed"], strict=True))
        cpu = spread([(one.cpu_ms, other.cpu_ms) for one, other in pairs])
        rate = spread([(one.per_second, other.per_second) for one, other in pairs])
        print(f"signed : not signed, CPU {cpu}, visits a second {rate} (0.85 at least is wanted)\n")


def main(words: list[str]) -> None:
    """One engine after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("engines", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args(words)
    for engine in asked.engines:
        print(f"\n== {engine}")
        with ExitStack() as stack:
            cluster = None
            if engine == "postgresql":
                cluster = Postgres(options=())
                cluster.start()
                stack.callback(cluster.stop)
            measure(stack.enter_context(MeasuredServer(cluster)), asked.rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
