"""A visit and its rating, from what a phone says to what is kept."""

from datetime import date, timedelta

import pytest

from tests.people import COMMUNE, HOA, MINH, NOW, OTHER_COMMUNE, a_visit, an_operation, id_of
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.operations.envelope import FIRST_MOMENT
from volunteer_app.domain.operations.follow_ups import FollowUp
from volunteer_app.domain.operations.visits import Rating
from volunteer_app.domain.visits import CLOCK_DRIFT


def test_a_visit_stands_where_the_household_stands(take, known, family):
    operation = a_visit(family.home, note=" Gọi trước khi đến. ")

    (visit,) = take(operation)

    home = known.households[family.home]
    assert (visit.commune_code, visit.hamlet_id) == (home.commune_code, home.hamlet_id)
    assert (visit.note, visit.recorded_at) == ("Gọi trước khi đến.", operation.recorded_at)
    assert known.visits[operation.id] == known.returns[operation.id] == family.home


def test_nobody_at_home_leaves_a_return_with_the_visits_id(take, family):
    operation = a_visit(family.home, outcome="nobody_home")

    _visit, left = take(operation)

    assert isinstance(left, FollowUp)
    assert (left.id, left.household_id, left.proposed.reason) == (
        operation.id,
        family.home,
        Reason.NOBODY_HOME,
    )


def test_a_familys_own_day_is_the_window(take, family):
    _visit, left = take(a_visit(family.home, outcome="later", return_on="2026-11-30"))

    assert left.proposed == (Reason.LATER, date(2026, 11, 30), date(2026, 11, 30))


def test_only_who_works_in_the_commune_came_along(take, known, family):
    known.people = {MINH: {COMMUNE}, HOA: {OTHER_COMMUNE}}

    (visit,) = take(a_visit(family.home, companions=[str(MINH), str(HOA), str(id_of("a stranger"))]))

    assert visit.companions == [str(MINH)]


def test_what_is_older_than_the_app_is_told(take, family):
    early = a_visit(family.home, recorded_at=FIRST_MOMENT - timedelta(seconds=1))

    assert take(early) == "operation.before_this_app"


@pytest.mark.parametrize(
    ("ahead", "counts_from"),
    [
        (CLOCK_DRIFT, NOW + CLOCK_DRIFT),
        (CLOCK_DRIFT + timedelta(seconds=1), NOW),
        (timedelta(days=3650), NOW),
    ],
)
def test_o18_what_comes_from_the_future_counts_from_when_it_came(take, family, ahead, counts_from):
    (visit,) = take(a_visit(family.home, recorded_at=NOW + ahead))

    assert visit.recorded_at == counts_from


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"note": "CCCD 008 199 012 345"}, "text.id_number"),
        ({"return_on": "2026-11-21"}, "visit.return_before_visit"),
        ({"return_on": "2027-12-31"}, "visit.return_too_late"),
        ({"outcome": "danced"}, "operation.unreadable"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_and_teaches_nothing(take, known, family, said, code):
    operation = a_visit(family.home, **said)

    assert take(operation) == code
    assert operation.id not in known.visits


def test_a_rating_is_of_a_visit_of_that_family(take, family):
    said = {"household_id": family.home, "visit_id": family.visit, "smiley": 3}
    operation = an_operation("rating", said)

    assert take(operation) == [Rating(operation.id, family.home, family.visit, 3)]
    assert take(an_operation("rating", said | {"visit_id": id_of("no visit")})) == id_of("no visit")
    assert take(an_operation("rating", said | {"smiley": 4})) == "operation.unreadable"
