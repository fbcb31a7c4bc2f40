"""A suggested plan (gợi ý phân công): who could go to which hamlet, and why. A leader reads it, changes it, accepts it.

What is weighed: nobody is given much more than they can do; a hamlet with more households not yet met comes
first; somebody who speaks the hamlet's language; a short way from where they already are. Travel is measured in what is
known without positions: steps in the commune's own order of hamlets, or kilometres between commune centres.

`solver.py` finds the best plan; `greedy` is the plain plan that it is compared with, and the answer where the solver
is not installed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, hypot

from volunteer_app.domain.languages import LANGUAGES

PlanPoint = tuple[float, float]
"""Where something is: kilometres east and north, or (0, step in the commune's order)."""

LANGUAGE = 3.0
"""What it costs that nobody speaks the hamlet's language, in days of walking."""
LEFT_OUT = 50.0
"""What it costs to leave a whole hamlet without anybody; a share of it when part of its households were met."""
TOO_MUCH = 8.0
"""What it costs, per share of somebody's capacity, to give them more than they can do."""
MOST_OVER = 0.25
"""Nobody is ever given more than this share above their capacity; what does not fit is left out, and said so."""
FARTHEST = 4.0
"""The longest way counts like this many days; beyond it nobody is compared by distance."""
CANDIDATES = 12
"""How many of the best people are weighed for each hamlet; more does not change the plan, only the time."""


@dataclass(frozen=True)
class Need:
    """A hamlet as a plan sees it. unmet: households nobody has met there yet. at: None while its place is unknown."""

    key: str
    households: int
    unmet: int
    languages: tuple[str, ...] = ()
    at: PlanPoint | None = None

    @property
    def weight(self) -> float:
        """How much it matters that somebody goes: the share not yet met, large hamlets a little more."""
        return self.unmet / max(1, self.households) + self.unmet / 200


@dataclass(frozen=True)
class Hand:
    """Somebody (a volunteer or a team) who can be sent. capacity: households they can meet in those days.

    held: hamlets that are theirs already. base: where they set out from; None: anywhere.
    """

    key: str
    capacity: int
    languages: tuple[str, ...] = ()
    base: PlanPoint | None = None
    held: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """The question that a plan answers. day_km: how far one walks or rides in a day (in the unit of the points)."""

    needs: tuple[Need, ...]
    hands: tuple[Hand, ...]
    day_km: float = 20.0


@dataclass(frozen=True)
class Choice:
    """One suggestion: somebody for a hamlet, the households they would meet there, and what speaks for it.

    reasons: stable words, put into sentences by the page.
    """

    need: str
    hand: str
    households: int
    reasons: tuple[str, ...] = ()


@dataclass
class Plan:
    """What is suggested, hamlet by hamlet; those left out, and the cost that the solver minimises."""

    choices: list[Choice] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    cost: float = 0.0


def common(one: Iterable[str], other: Iterable[str]) -> set[str]:
    """Languages that both have. A variety counts as the language that is heard in its place: whoever speaks one Mông is
    better understood in another than who speaks none."""
    return {_family(tag) for tag in one} & {_family(tag) for tag in other}


def _family(tag: str) -> str:
    language = LANGUAGES.get(tag)
    return language.instead or tag if language else tag


def pairs_of(task: Task) -> dict[tuple[int, int], float]:
    """What it costs to send a hand to a need, for the few best hands of each: (need, hand) → cost."""
    costs = {}
    for i, need in enumerate(task.needs):
        if not need.unmet:
            continue
        ranked = sorted((cost_of(need, hand, task.day_km), j) for j, hand in enumerate(task.hands))
        costs |= {(i, j): cost for cost, j in ranked[:CANDIDATES]}
    return costs


def cost_of(need: Need, hand: Hand, day_km: float) -> float:
    """What it costs to send this hand there: a foreign language, a long way; cheaper where they are already at work."""
    cost = 0.0 if not need.languages or common(need.languages, hand.languages) else LANGUAGE
    if need.key in hand.held:
        return cost - 0.5
    if need.at and hand.base:
        cost += min(FARTHEST, hypot(need.at[0] - hand.base[0], need.at[1] - hand.base[1]) / day_km)
    return cost


def greedy(task: Task) -> Plan:
    """The plain plan: the most urgent hamlet first, to the cheapest hand that still has room."""
    pairs = defaultdict(list)
    for (i, j), cost in pairs_of(task).items():
        pairs[i].append((cost, j))
    load = [0] * len(task.hands)
    chosen: dict[int, int] = {}
    for i in sorted(range(len(task.needs)), key=lambda i: -task.needs[i].weight):
        need, offers = task.needs[i], []
        for cost, j in pairs[i]:
            capacity, then = max(1, task.hands[j].capacity), load[j] + need.unmet
            if then <= capacity * (1 + MOST_OVER):
                more = max(0, then - capacity) - max(0, load[j] - capacity)
                offers.append((cost + TOO_MUCH * more / capacity, j))
        if offers and min(offers)[0] < LEFT_OUT * need.weight:
            chosen[i] = min(offers)[1]
            load[chosen[i]] += need.unmet
    return plan_from(task, chosen)


def plan_from(task: Task, chosen: dict[int, int]) -> Plan:
    """The plan that sends hand `chosen[i]` to need `i`, with its cost and what speaks for each choice."""
    load: dict[int, int] = defaultdict(int)
    plan = Plan()
    for i, need in enumerate(task.needs):
        if not need.unmet:
            continue
        j = chosen.get(i)
        if j is None:
            plan.left_out.append(need.key)
            plan.cost += LEFT_OUT * need.weight
            continue
        load[j] += need.unmet
        plan.cost += cost_of(need, task.hands[j], task.day_km)
        plan.choices.append(
            Choice(need.key, task.hands[j].key, need.unmet, _reasons(need, task.hands[j], task))
        )
    for j, households in load.items():
        over = households - task.hands[j].capacity
        plan.cost += TOO_MUCH * max(0, over) / max(1, task.hands[j].capacity)
    return plan


def load_of(plan: Plan) -> dict[str, int]:
    """Households that each hand would meet."""
    load: dict[str, int] = defaultdict(int)
    for choice in plan.choices:
        load[choice.hand] += choice.households
    return load


def spread_bases(hands: Iterable[Hand], needs: Iterable[Need]) -> tuple[Hand, ...]:
    """Give those without a place one of their own, spread evenly along the commune's order, so that ways stay short."""
    hands, places = list(hands), sorted(need.at for need in needs if need.at and need.unmet)
    free = [n for n, hand in enumerate(hands) if hand.base is None]
    for turn, n in enumerate(free):
        if places:
            at = places[min(len(places) - 1, ceil((turn + 0.5) * len(places) / len(free)) - 1)]
            one = hands[n]
            hands[n] = Hand(one.key, one.capacity, one.languages, at, one.held)
    return tuple(hands)


def _reasons(need: Need, hand: Hand, task: Task) -> tuple[str, ...]:
    found = []
    shared = sorted(common(need.languages, hand.languages))
    if shared:
        found.append(f"speaks:{shared[0]}")
    elif need.languages:
        found.append("no_language")
    if need.key in hand.held:
        found.append("held")
    elif need.at and hand.base and hypot(need.at[0] - hand.base[0], need.at[1] - hand.base[1]) <= task.day_km:
        found.append("near")
    if need.unmet == need.households:
        found.append("nobody_met")
    return tuple(found)
