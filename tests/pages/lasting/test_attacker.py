"""M6: who may see no small number asks for every horizon, service and place of the lasting skills, writes all down as
equations, and finds no count of 1 to 4 (the attack on other figures: `tests/pages/figures/test_attacker.py`)."""

import re
from datetime import UTC, date, datetime
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import highspy
import pytest

from tests.pages.lasting.test_routes import OF_COMMUNE, OF_PROVINCE, rows_of
from tests.people import COMMUNE, MINH, PROVINCE, THE_FRONT
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.cohort import COHORT_COUNTS
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.figures import cohort

TODAY = local_day(datetime.now(UTC))
PLACES = [UUID(int=number).hex for number in range(1, 6)]
MONTHS = [
    date(TODAY.year - (TODAY.month <= back), (TODAY.month - back - 1) % 12 + 1, 1) for back in (3, 4, 5)
]
SERVICES = core_slugs()[:4]
DAYS = 30

Cell = tuple[str, str, date]
"""A hamlet, a service and a month: what no question divides."""


def kept(chance: Random) -> dict[Cell, int]:
    """So many skills whose 30 days are over; small numbers, as at a beginning."""
    most = chance.choice([1, 1, 2, 4])
    return {cell: chance.randint(0, most) for cell in product(PLACES, SERVICES, MONTHS)}


def rows(numbers: dict[Cell, int]) -> list[dict[str, Any]]:
    """As the night keeps them, of hamlets and of the commune."""
    found = []
    for (place, service, month), count in numbers.items():
        if count:
            found.append((COMMUNE, place, service, month, count))
    for service, month in product(SERVICES, MONTHS):
        count = sum(numbers[place, service, month] for place in PLACES)
        if count:
            found.append((cohort.OF_PROVINCE, COMMUNE, service, month, count))
    named = ("area", "place", "service", "month", "learned")
    return [
        {"province_code": PROVINCE, "as_of": TODAY}
        | dict.fromkeys(COHORT_COUNTS, 0)
        | dict(zip(named, row, strict=True))
        | {f"due_{DAYS}": row[-1]}
        for row in found
    ]


Sums = dict[frozenset[Cell], int | None]
"""What is told of the sum of these cells; None: there is no line."""


PAGES = [(OF_COMMUNE, PLACES), (OF_PROVINCE, [])]
"""Addresses, and the places that have lines there."""


def everything(reader: Any, pages: list[tuple[str, list[str]]] = PAGES) -> Sums:
    """All that is told of skills whose days are over."""
    every, found = [*product(PLACES, SERVICES, MONTHS)], {}
    for service in ("", *SERVICES):
        of_service = [cell for cell in every if service in ("", cell[1])]
        for path, places in pages:
            said = rows_of(reader.get(f"{path}?days={DAYS}&service={service}").text)
            numbers = {name: re.findall(r"\d+", line[0]) for name, line in said.items()}
            told = {name: int(of[1]) for name, of in numbers.items() if len(of) > 1}
            for place in places:
                found[frozenset(cell for cell in of_service if cell[0] == place)] = told.pop(place, None)
            for month in MONTHS:
                found[frozenset(cell for cell in of_service if cell[2] == month)] = told.pop(
                    f"{month:%m/%Y}", None
                )
            assert len(told) <= (path == OF_PROVINCE), told
            for number in told.values():
                found[frozenset(of_service)] = number
    return found


def small_ones_found(told: Sums, *, rounded: bool) -> list[int]:
    """Counts from 1 to 4 that somebody knows for certain who has read this."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    numbers = {cell: solver.addIntegral(0, 1000) for cell in product(PLACES, SERVICES, MONTHS)}
    for cells, number in told.items():
        whole = sum(numbers[cell] for cell in cells)
        solver.addConstr(whole >= (number or 0))
        solver.addConstr(whole <= (number or 0) + (4 if rounded else 0))
    found = []
    for asked in {*told, *(frozenset([cell]) for cell in numbers)}:
        whole = sum(numbers[cell] for cell in asked)
        solver.minimize(whole)
        least = round(solver.getObjectiveValue())
        solver.maximize(whole)
        if least == round(solver.getObjectiveValue()) and 0 < least < 5:
            found.append(least)
    return found


@pytest.fixture(params=range(4))
def night(request, in_database) -> None:
    """A night has counted small numbers."""
    numbers = kept(Random(request.param))
    in_database(
        lambda database: database.writing_at_once(
            lambda c: cohort.keep_commune(c, PROVINCE, COMMUNE, rows(numbers))
        )
    )


@pytest.mark.usefixtures("night")
def test_m6_who_asks_for_all_lasting_skills_and_subtracts_finds_no_small_count(signed_in):
    told = everything(signed_in(THE_FRONT))

    assert len(told) > 30
    assert small_ones_found(told, rounded=True) == []


@pytest.mark.usefixtures("night")
def test_the_same_attack_on_lasting_skills_finds_many_where_they_are_told_exactly(signed_in):
    assert len(small_ones_found(everything(signed_in(MINH), pages=[(OF_COMMUNE, PLACES)]), rounded=False)) > 2
