"""A run of a guide: what was seen of the person and what is left to do are derived, never sent."""

from datetime import date

import pytest

from tests.people import a_walk_through
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.independence import Basis, IndependenceLevel


def test_alone_while_watched_is_an_observation_and_a_recheck_with_the_runs_id(take, family):
    operation = a_walk_through(*family_of(family))

    run, seen, left = take(operation)

    assert {run.id, seen.id, left.id} == {operation.id}
    assert (seen.member_id, seen.level, seen.basis) == (
        family.member,
        IndependenceLevel.ALONE_WATCHED,
        Basis.OBSERVED,
    )
    assert left.proposed == (Reason.RECHECK, date(2026, 12, 6), date(2026, 12, 20))


def family_of(family):
    return family.home, family.visit, family.member


def test_a_step_that_got_stuck_proves_nothing_and_brings_somebody_back(take, family):
    stuck = {
        "marks": {"open-app": "stuck"},
        "stuck_step": "open-app",
        "blocker": "no_signal",
        "teach_back": "skipped",
    }

    run, left = take(a_walk_through(*family_of(family), **stuck))

    assert (run.stuck_step, left.proposed.reason, left.blocker) == ("open-app", Reason.STUCK, "no_signal")


def test_a_level_that_is_sent_is_not_taken(take, family):
    assert take(a_walk_through(*family_of(family), level=4)) == "operation.unreadable"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"service": "no-such-service"}, "operation.unknown_service"),
        ({"marks": {}}, "walk_through.empty"),
        ({"marks": {"open-app": "stuck"}}, "walk_through.no_blocker"),
        ({"note": "CCCD 008 199 012 345"}, "text.id_number"),
        ({"return_on": "2026-11-21"}, "visit.return_before_visit"),
    ],
)
def test_a_run_that_cannot_be_is_refused(take, family, said, code):
    assert take(a_walk_through(*family_of(family), **said)) == code


def test_a_run_waits_for_its_visit_and_its_person(take, family):
    assert take(a_walk_through(family.home, family.member, family.member)) == family.member
    assert take(a_walk_through(family.home, family.visit, family.visit)) == family.visit
