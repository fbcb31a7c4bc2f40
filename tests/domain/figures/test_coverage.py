"""Every figure means what product §5 says, adds up, and does not depend on the order of what happened."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.figures.coverage import (
    Figures,
    Official,
    Source,
    alone_rate_of,
    coverage_of,
    gap_of,
    independence_of,
    needing,
    staleness_of,
    total,
    total_official,
)
from volunteer_app.domain.independence import (
    Basis,
    IndependenceLevel,
    current_level,
    household_level,
    is_independent,
)
from volunteer_app.domain.observations import Observation
from volunteer_app.domain.public_services import core_slugs

SERVICE = core_slugs()[0]
DAY = date(2026, 11, 22)
LIST = frozenset({Source("danh sách thử", date(2026, 9, 1))})

levels = st.dictionaries(st.sampled_from([*core_slugs(), "other"]), st.integers(-1, 4))
days = st.none() | st.dates(date(2026, 9, 1), DAY)


def figures_of(
    *,
    turns: int,
    first_met_on: date | None,
    last_visit_on: date | None,
    levels: Mapping[str, int],
    is_independent: bool,
) -> Figures:
    """The figures of one household since the beginning. Levels count once somebody there was met."""
    met = int(first_met_on is not None)
    return Figures(
        turns=turns,
        attempted=int(last_visit_on is not None),
        met=met,
        met_so_far=met,
        independent=met * is_independent,
        levels={(service, level): met for service, level in levels.items() if met},
        last_visit_on=last_visit_on,
    )


@st.composite
def households(draw):
    """The figures of one household that was perhaps visited, perhaps met."""
    visits = sorted(draw(st.lists(st.dates(date(2026, 9, 1), DAY), max_size=5)))
    first_met_on = draw(st.sampled_from([None, *visits]))
    return figures_of(
        turns=len(visits),
        first_met_on=first_met_on,
        last_visit_on=visits[-1] if visits else None,
        levels=draw(levels),
        is_independent=draw(st.booleans()),
    )


def a_met_household(level: int | None, **changes) -> Figures:
    values = {
        "turns": 1,
        "first_met_on": DAY,
        "last_visit_on": DAY,
        "levels": {} if level is None else {SERVICE: level},
        "is_independent": False,
    }
    return figures_of(**values | changes)


@given(st.lists(st.lists(households(), max_size=6), max_size=6))
def test_the_figures_of_a_commune_are_the_sum_of_its_hamlets(hamlets):
    together = total(total(hamlet) for hamlet in hamlets)

    assert together == total(household for hamlet in hamlets for household in hamlet)


@given(st.lists(households(), max_size=12), st.randoms())
def test_the_order_of_households_does_not_matter(counted, chance):
    shuffled = chance.sample(counted, len(counted))

    assert total(shuffled) == total(counted)


@given(st.lists(households(), max_size=12))
def test_no_figure_is_larger_than_what_it_is_a_part_of(counted):
    figures = total(counted)

    assert figures.independent <= figures.met <= figures.attempted <= figures.turns
    assert alone_rate_of(figures, SERVICE).part <= needing(figures, SERVICE) <= figures.met_so_far


def observed(chance: Random, household: int, member: int, service: str) -> Observation:
    return Observation.model_construct(
        id=UUID(int=chance.getrandbits(128)),
        household_id=UUID(int=household),
        member_id=UUID(int=household * 10 + member),
        service=service,
        level=chance.randint(-1, 4),
        basis=chance.choice(list(Basis)),
        observed_at=datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(1200)),
    )


@given(st.integers(0, 10**6))
def test_figures_equal_a_recount_from_the_raw_visits_and_observations(seed):
    chance = Random(seed)
    visits = [
        (chance.randrange(8), DAY - timedelta(days=chance.randrange(60)), chance.random() < 0.6)
        for _ in range(chance.randrange(25))
    ]
    observations = [
        observed(chance, chance.randrange(8), chance.randrange(2), chance.choice(core_slugs()))
        for _ in range(chance.randrange(40))
    ]

    counted = total(_household(number, visits, observations) for number in {visit[0] for visit in visits})

    met = {number for number, _, was_met in visits if was_met}
    assert counted.turns == len(visits)
    assert counted.attempted == len({number for number, _, _ in visits})
    assert counted.met == len(met)
    assert counted.last_visit_on == max((day for _, day, _ in visits), default=None)
    best = {number: _best(number, SERVICE, observations) for number in met}
    assert needing(counted, SERVICE) == sum(level != -1 for level in best.values())
    assert alone_rate_of(counted, SERVICE).part == sum(level >= 3 for level in best.values())
    assert counted.at(SERVICE, IndependenceLevel.DONE_FOR) == sum(level == 1 for level in best.values())


def _best(number: int, service: str, observations: list[Observation]) -> int:
    """The plain way: each member's level, the best of them; nothing seen is nothing started."""
    of_members: dict[UUID, list[Observation]] = {}
    for one in observations:
        if one.household_id == UUID(int=number) and one.service == service:
            of_members.setdefault(one.member_id, []).append(one)
    return max((int(current_level(seen)) for seen in of_members.values()), default=0)


def _household(number: int, visits: list, observations: list[Observation]) -> Figures:
    own = [(day, was_met) for of, day, was_met in visits if of == number]
    seen = [one for one in observations if one.household_id == UUID(int=number)]
    of_services = {
        service: household_level(
            current_level(one for one in seen if one.service == service and one.member_id == member)
            for member in {one.member_id for one in seen if one.service == service}
        )
        for service in {one.service for one in seen}
    }
    return figures_of(
        turns=len(own),
        first_met_on=min((day for day, was_met in own if was_met), default=None),
        last_visit_on=max(day for day, _ in own),
        levels=of_services,
        is_independent=is_independent(of_services, core_slugs()),
    )


@given(st.lists(st.booleans(), min_size=1, max_size=10), st.booleans())
def test_a_visit_never_lowers_coverage(before, is_met):
    official = Official(12, LIST)

    def of(visits):
        met_on = DAY if any(visits) else None
        return coverage_of(a_met_household(None, turns=len(visits), first_met_on=met_on), official).part

    assert of([*before, is_met]) >= of(before)


def test_done_for_them_is_counted_but_never_as_alone():
    figures = total([a_met_household(1), a_met_household(3), a_met_household(4), a_met_household(2)])

    assert alone_rate_of(figures, SERVICE) == (2, 4)
    assert figures.at(SERVICE, IndependenceLevel.DONE_FOR) == 1


def test_who_does_not_need_a_service_is_left_out_of_its_rate():
    figures = total([a_met_household(-1), a_met_household(3), a_met_household(None)])

    assert alone_rate_of(figures, SERVICE) == (1, 2)


def test_a_household_that_nobody_met_counts_for_no_level():
    figures = a_met_household(4, first_met_on=None, is_independent=True)

    assert (figures.attempted, figures.met, figures.independent) == (1, 0, 0)
    assert needing(figures, SERVICE) == 0


def test_without_an_official_number_there_is_no_percentage():
    share = coverage_of(a_met_household(None), Official())

    assert share == (1, None)
    assert share.percent is None
    assert gap_of(a_met_household(None), Official()) is None


def test_a_sum_has_a_denominator_only_when_every_part_has_one():
    whole = total_official([Official(40, LIST), Official(30, LIST)])
    with_a_hole = total_official([Official(40, LIST), Official()])

    assert whole == Official(70, LIST)
    assert with_a_hole == Official(None, LIST, missing=1)
    assert total_official([]).households is None


def test_gap_and_independence_are_measured_against_the_official_number():
    figures = total([a_met_household(3, is_independent=True), a_met_household(2)])

    assert gap_of(figures, Official(10, LIST)) == 9
    assert independence_of(figures, Official(10, LIST)).percent == 10


def test_more_households_met_than_the_official_number_shows_as_it_is():
    share = coverage_of(total([a_met_household(None)] * 6), Official(5, LIST))

    assert share.percent == 120


def test_staleness_counts_from_the_last_visit_and_says_never():
    assert staleness_of(a_met_household(None), DAY + timedelta(days=9)) == 9
    assert staleness_of(Figures(), DAY) is None
