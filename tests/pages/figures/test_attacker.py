"""M6: somebody outside the commune asks for everything that they may see, writes it all down as equations, and must not
find a count of 1 to 4 households, nor the turns paid to them (review S7).

The unknown numbers are those of each hamlet and each stretch of days that no question can divide. What is told of them
together is an interval; the solver looks for the smallest and the largest number that fit all of them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import highspy
import pytest

from tests.field_work import deliver
from tests.pages.counted import NOW, OF_COMMUNE, TODAY, two_communes
from tests.people import COMMUNE, MINH, PROVINCE, THE_FRONT, a_household, a_visit
from volunteer_app.domain.places import Signal

BEGINNING = date(2020, 1, 1)
PLACE = {"province": PROVINCE, "commune": COMMUNE}


class Told(NamedTuple):
    """The sum of a hamlet's numbers from a day to a day lies in these bounds."""

    what: str
    hamlet: str
    first_day: date
    last_day: date
    least: int
    most: float


def questions() -> Iterator[dict[str, str]]:
    """Every period that an address can name, and those that somebody might try."""
    for span, furthest in {"all": 12, "week": 26, "month": 12, "quarter": 8, "day": 14}.items():
        for back in range(furthest):
            yield {"span": span, "back": str(back)}
    monday = TODAY - timedelta(days=TODAY.weekday())
    for weeks in range(10):
        last = monday - timedelta(days=7 * weeks + 1)
        yield {"span": "dates", "first_day": "2026-01-05", "last_day": last.isoformat()}


def everything(reader: Any) -> list[Told]:
    """All that the API of places tells about turns and about households met for the first time."""
    found = []
    for query in questions():
        answer = reader.get("/api/v1/figures/places/json", params=PLACE | query)
        if answer.status_code != 200:
            assert answer.status_code in (400, 404)
            continue
        for row in answer.json():
            last = date.fromisoformat(row["last_day"])
            first = date.fromisoformat(row["first_day"]) if row["first_day"] else BEGINNING
            found.append(_told("turns", row["name"], first, last, row["turns"], most=float("inf")))
            found.append(_told("first met", row["name"], BEGINNING, last, row["households_met_so_far"], 4))
    return list(dict.fromkeys(found))


def _told(what: str, name: str, first: date, last: date, number: int | None, most: float) -> Told:
    if number is None:
        return Told(what, name, first, last, 1, most)
    exact = number == 0 or number % 5
    return Told(what, name, first, last, number, number if exact else number + 4)


def bounds(told: list[Told], cells: list[tuple[date, date]]) -> dict[tuple[date, date], tuple[int, int]]:
    """For each stretch of days the smallest and the largest number that fit everything told (of one kind and hamlet)."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    numbers = [solver.addIntegral(0, 1000) for _ in cells]
    for one in told:
        inside = [
            number
            for number, (first, last) in zip(numbers, cells, strict=True)
            if one.first_day <= first and last <= one.last_day
        ]
        if inside:
            solver.addConstr(sum(inside) >= one.least)
            if one.most < 1000:
                solver.addConstr(sum(inside) <= one.most)
    found = {}
    for cell, number in zip(cells, numbers, strict=True):
        solver.minimize(number)
        least = round(solver.val(number))
        solver.maximize(number)
        found[cell] = (least, round(solver.val(number)))
    return found


def small_ones_found(told: list[Told]) -> list[tuple[str, str, date, int]]:
    """What an attacker knows for certain: (what, hamlet, first day, number) of counts from 1 to 4."""
    found = []
    for what, hamlet in sorted({(one.what, one.hamlet) for one in told}):
        of_it = [one for one in told if (one.what, one.hamlet) == (what, hamlet)]
        starts = {one.first_day for one in of_it} | {one.last_day + timedelta(days=1) for one in of_it}
        cells = [(first, after - timedelta(days=1)) for first, after in pairwise(sorted(starts))]
        for (first, _), (least, most) in bounds(of_it, cells).items():
            if least == most and 0 < least < 5:
                found.append((what, hamlet, first, least))
    return found


@pytest.fixture(params=[11, 12])
def history(request, in_database) -> None:
    """A random history of two communes, and one family that was visited on one day long ago."""

    async def make(database: Any) -> None:
        await two_communes(database, request.param)
        long_ago = NOW - timedelta(days=100)
        home = a_household(code="NT-901", recorded_at=long_ago)
        await deliver(database, [home, a_visit(home.id, recorded_at=long_ago)], now=NOW)

    in_database(make)


@pytest.mark.usefixtures("history")
def test_m6_who_asks_for_everything_and_subtracts_finds_no_small_count(signed_in):
    told = everything(signed_in(THE_FRONT))

    assert len(told) > 100
    assert small_ones_found(told) == []


@pytest.mark.usefixtures("history")
def test_the_same_attack_finds_many_where_counts_are_told_exactly(signed_in):
    """Inside the commune everything may be known; the attack itself must be able to succeed."""
    assert len(small_ones_found(everything(signed_in(MINH)))) > 20


@pytest.mark.usefixtures("history")
def test_m6_hamlets_left_out_by_a_filter_tell_nothing_by_their_absence(signed_in):
    """What is told of some hamlets is what is told of each of them, added up."""
    reader = signed_in(THE_FRONT)
    rows = {row["code"]: row for row in reader.get("/api/v1/figures/places/json", params=PLACE).json()}
    of_province = {"province": PROVINCE}
    for narrowed in [{"signal": one.value} for one in Signal] + [{"spoken": tag} for tag in ("hmn", "tyz")]:
        kept = reader.get("/api/v1/figures/places/json", params=PLACE | narrowed).json()
        communes = reader.get("/api/v1/figures/places/json", params=of_province | narrowed).json()
        assert kept == [rows[row["code"]] | {"as_of": row["as_of"]} for row in kept]
        together = next((one for one in communes if one["code"] == COMMUNE), None)
        assert (together is None) == (not kept)
        for name in ("turns", "households_met", "households_met_so_far", "independent_households"):
            parts = [row[name] for row in kept]
            if together is not None:
                assert together[name] == (None if None in parts else sum(parts)), (narrowed, name)


@pytest.mark.usefixtures("history")
def test_m6_no_page_outside_the_commune_has_a_number_that_is_not_by_fives(signed_in):
    """Every count is hidden, nought or a multiple of 5, in every period."""
    reader = signed_in(THE_FRONT)
    for span in ("all", "week", "month", "quarter"):
        query = {"span": span} | PLACE
        for row in reader.get("/api/v1/figures/places/json", params=query).json():
            counts = {k: v for k, v in row.items() if k.startswith("households_") or k == "turns"}
            assert not [count for count in counts.values() if count and count % 5], row
        if span == "all":
            continue
        report = reader.get("/api/v1/figures/report/json", params=query | {"language": "en"})
        tables = {one["title"]: one["rows"] for one in report.json()}
        cells = [cell for row in tables["Results"][1:-3] for cell in row[2:5]]
        cells += [cell for row in tables["By place"][1:] for cell in row[1:5]]
        assert len(cells) > 40
        assert not [cell for cell in cells if isinstance(cell, int) and cell % 5], span
    assert "rounded down to a multiple of 5" in reader.get(f"/en/coverage/{OF_COMMUNE}").text


def test_the_solver_sees_what_follows_from_overlapping_answers():
    """Twelve households until Sunday and nine until the Sunday before: three in between."""
    weeks = [date(2026, 11, 2), date(2026, 11, 9)]
    told = [Told("x", "h", BEGINNING, weeks[0], 9, 9), Told("x", "h", BEGINNING, weeks[1], 12, 12)]
    assert small_ones_found(told) == [("x", "h", weeks[0] + timedelta(days=1), 3)]
