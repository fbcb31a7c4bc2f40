"""How long a suggested plan takes, and how much better it is than the plain one.

.venv/bin/python -m tests.bench.plans       140 teams and 3,800 hamlets of a province of 124 communes
"""

import asyncio
import resource
from random import Random
from time import perf_counter

from volunteer_app import solver
from volunteer_app.domain.plans import Hand, Need, Plan, Task, common, greedy, load_of

HAMLETS, TEAMS, COMMUNES = 3_800, 140, 124


def a_province(seed: int = 919) -> Task:
    """Communes scattered over 140 × 120 km, thirty hamlets in each, each with the language of its part of the province."""
    chance = Random(seed)
    centres = [(chance.uniform(0, 140), chance.uniform(0, 120)) for _ in range(COMMUNES)]
    needs = []
    for n in range(HAMLETS):
        east, north = centres[n % COMMUNES]
        language = chance.choices(["tyz", "hmn", "ium", "nut", "vi"], _shares(north))[0]
        households = max(15, round(chance.gauss(110, 45)))
        unmet = round(households * chance.choice([1, 1, 0.8, 0.5, 0.2, 0]))
        at = (east + chance.gauss(0, 3), north + chance.gauss(0, 3))
        needs.append(Need(f"h{n}", households, unmet, (language,), at))
    total = sum(need.unmet for need in needs)
    hands = []
    for n in range(TEAMS):
        base = chance.choice(centres)
        spoken = {"vi", *chance.choices(["tyz", "hmn", "ium", "nut"], _shares(base[1])[:4], k=2)}
        hands.append(
            Hand(f"t{n}", round(total / TEAMS * chance.uniform(0.6, 1.2)), tuple(sorted(spoken)), base)
        )
    return Task(tuple(needs), tuple(hands))


def _shares(north: float) -> list[float]:
    """Mông in the north, Tày in the south, as in the real province."""
    return [60 - north / 3, 5 + north / 2, 15, 10, 15]


def describe(name: str, plan: Plan, task: Task, seconds: float) -> None:
    """One line for the table."""
    needs = {need.key: need for need in task.needs}
    hands = {hand.key: hand for hand in task.hands}
    served = sum(choice.households for choice in plan.choices)
    understood = sum(
        choice.households
        for choice in plan.choices
        if common(needs[choice.need].languages, hands[choice.hand].languages)
    )
    overloaded = sum(load > hands[key].capacity * 1.25 for key, load in load_of(plan).items())
    print(
        f"{name:8} {seconds:6.2f} s  cost {plan.cost:8.0f}  households given {served:7,} of "
        f"{sum(need.unmet for need in task.needs):,}  understood {understood / served:5.1%}  "
        f"hamlets left out {len(plan.left_out):4}  teams given more than a quarter too much {overloaded}"
    )


def main() -> None:
    """Solve the same province both ways."""
    task = a_province()
    for name, plans in (("greedy", greedy), ("solver", lambda task: asyncio.run(solver.suggest(task)))):
        begun = perf_counter()
        plan = plans(task)
        describe(name, plan, task, perf_counter() - begun)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"solver's own process: {used:.0f} MB at most, given back when it has answered")


if __name__ == "__main__":
    main()
