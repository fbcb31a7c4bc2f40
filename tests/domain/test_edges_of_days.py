"""Every rule with days, asked at the edges: what counts from a moment counts from Vietnam's day, and last days belong to it."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from tests.edges import DAY, MOMENTS, ONE, around, moment_on
from tests.people import COMMUNE, HAMLET, LAN, PROVINCE, an_operation, id_of
from volunteer_app.domain import assignments, badges, dossiers, follow_ups, independence, privacy_requests
from volunteer_app.domain.assignments import Assignment, LeaseState
from volunteer_app.domain.badges import Badge, BadgeState
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.dossiers import Dossier
from volunteer_app.domain.figures.tallies import Run
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.guides.figures import holds
from volunteer_app.domain.guides.guide import is_amber
from volunteer_app.domain.households import Household
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.follow_ups import FollowUp
from volunteer_app.domain.operations.known import Known
from volunteer_app.domain.people import Membership, Role, is_active
from volunteer_app.domain.periods import Span, end_of, start_of
from volunteer_app.domain.places import Hamlet, is_valid_on
from volunteer_app.domain.privacy_requests import PrivacyRequest, RequestKind
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS, Outcome, leaves_phones_on
from volunteer_app.i18n import format_day, format_moment
from volunteer_app.pages.reports.view import ReportView, later
from volunteer_app.pages.reports.view import earlier as earlier_report

HOME, PAPERS = id_of("a home"), id_of("papers")
FIRST, LAST = DAY, DAY + timedelta(days=9)


def stuck(moment, blocker=None):
    return follow_ups.after_walk_through(
        is_stuck=True, level=None, finished_at=moment, return_on=None, blocker=blocker
    )


def ended(moment, level):
    return follow_ups.after_walk_through(
        is_stuck=False, level=level, finished_at=moment, return_on=None, is_core=True
    )


def left_by(moment, kind, body):
    """The return that an operation recorded at a moment leaves to do."""
    known = Known(PROVINCE, LAN, COMMUNE, None, hamlets={HAMLET: COMMUNE})
    known.households[HOME] = Household(
        province_code=PROVINCE, id=HOME, commune_code=COMMUNE, hamlet_id=HAMLET, code="X"
    )
    known.dossiers[PAPERS] = HOME
    operation = an_operation(kind, {"household_id": HOME} | body, recorded_at=moment, schema=kinds.SCHEMA)
    taken = kinds.take(operation, kinds.read_body(operation), known, moment)
    return next(one.proposed for one in taken if isinstance(one, FollowUp))


def asked_at(kind):
    return lambda moment: PrivacyRequest(
        province_code=PROVINCE, id=HOME, commune_code=COMMUNE, kind=kind, received_at=moment
    )


COUNTED = {
    "the day": (local_day, 0),
    "a moment as it is told": (lambda m: format_moment(m).split()[1], 0),
    "a moment's day as it is told": (format_day, 0),
    "nobody home": (lambda m: follow_ups.after_visit(Outcome.NOBODY_HOME, m, None).due_from, 1),
    "nobody home, at the latest": (lambda m: follow_ups.after_visit(Outcome.NOBODY_HOME, m, None).due_to, 7),
    "away working": (lambda m: follow_ups.after_visit(Outcome.AWAY_WORKING, m, None).due_from, 14),
    "another day": (lambda m: follow_ups.after_visit(Outcome.LATER, m, None).due_to, 7),
    "stuck": (lambda m: stuck(m).due_from, 3),
    "stuck without signal": (lambda m: stuck(m, Blocker.NO_SIGNAL).due_to, 5),
    "alone": (lambda m: ended(m, IndependenceLevel.ALONE_WATCHED).due_from, 14),
    "with help": (lambda m: ended(m, IndependenceLevel.WITH_HELP).due_from, 7),
    "a visit that is delivered": (lambda m: left_by(m, "visit", {"outcome": "nobody_home"}).due_from, 1),
    "papers to add": (
        lambda m: left_by(m, "dossier_result", {"dossier_id": PAPERS, "result": "more_needed"}).due_from,
        follow_ups.window(Reason.STUCK, DAY, Blocker.PAPERS_MISSING).due_from.toordinal() - DAY.toordinal(),
    ),
    "a run in the tallies": (
        lambda m: Run(HOME, HOME, "spot-scams", m, None).day,
        0,
    ),
    **{
        f"asked to {kind}": (
            lambda m, kind=kind: privacy_requests.due_on(asked_at(kind)(m)),
            privacy_requests.DAYS[kind],
        )
        for kind in RequestKind
    },
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("rule", COUNTED)
def test_what_counts_from_a_moment_counts_from_its_day_in_vietnam(rule, moment):
    ask, days = COUNTED[rule]
    at, day = MOMENTS[moment]
    said = ask(at)

    expected = day + timedelta(days=days)
    assert said == (expected.strftime("%d/%m/%Y") if isinstance(said, str) else expected)


def test_the_clock_is_told_as_it_stands_in_vietnam():
    assert format_moment(moment_on(DAY)) == "01:00 25/11/2026"
    assert format_moment(moment_on(DAY, 5)) == "12:00 25/11/2026"


MEMBERSHIP = Membership(
    province_code=PROVINCE, id=LAN, person_id=LAN, role=Role.VOLUNTEER, first_day=FIRST, last_day=LAST
)
BADGE = Badge(province_code=PROVINCE, code="X", membership_id=LAN, issued_at=moment_on(FIRST))
STANDS = Hamlet(
    province_code=PROVINCE,
    id=HAMLET,
    commune_code=COMMUNE,
    name="Nà Thử",
    kind="thôn",
    position=0,
    valid_from=FIRST,
    valid_to=LAST,
)
LEASE = Assignment(
    province_code=PROVINCE,
    id=LAN,
    commune_code=COMMUNE,
    hamlet_id=HAMLET,
    person_id=LAN,
    first_day=FIRST,
    last_day=LAST,
)
A_YEAR = timedelta(days=366)


def result_due(on: date) -> bool:
    papers = Dossier(
        province_code=PROVINCE,
        id=PAPERS,
        commune_code=COMMUNE,
        hamlet_id=HAMLET,
        household_id=HOME,
        member_id=HOME,
        service="spot-scams",
        result_on=on,
        person_id=LAN,
        recorded_at=moment_on(DAY),
    )
    return not dossiers.problems_with(papers)


def confirms(day: date) -> bool:
    """Is "alone" confirmed by seeing it again on this day, early in the morning?"""
    seen = [
        SimpleNamespace(
            id=UUID(int=number), level=IndependenceLevel.ALONE_WATCHED, basis="observed", observed_at=at
        )
        for number, at in enumerate((moment_on(DAY, 16), moment_on(day)))
    ]
    return independence.current_level(seen) is IndependenceLevel.CONFIRMED_ALONE


HOLDS = {
    "membership": (lambda day: is_active(MEMBERSHIP, day), FIRST, LAST),
    "badge": (lambda day: badges.state_of(BADGE, MEMBERSHIP, day) is BadgeState.VALID, FIRST, LAST),
    "hamlet": (lambda day: is_valid_on(STANDS, day), FIRST, LAST),
    "lease": (
        lambda day: assignments.state_of(LEASE, day) in (LeaseState.RUNNING, LeaseState.ENDING),
        FIRST,
        LAST,
    ),
    "a lease is called ending": (
        lambda day: assignments.state_of(LEASE, day) is LeaseState.ENDING,
        LAST - timedelta(days=6),
        LAST,
    ),
    "work is not late": (
        lambda day: not assignments.is_after_lease({HAMLET: LAST}, [HAMLET], day),
        None,
        LAST,
    ),
    "a lease may end": (
        lambda day: not assignments.problems_with(min(day, DAY), day, None, today=DAY),
        DAY,
        None,
    ),
    "a lease is a year at most": (
        lambda day: not assignments.problems_with(DAY, day, None, today=DAY),
        DAY,
        DAY + A_YEAR,
    ),
    "a family's own day": (
        lambda day: not follow_ups.problems_with_day(day, moment_on(DAY)),
        DAY,
        DAY + A_YEAR,
    ),
    "papers are due": (result_due, DAY, DAY + A_YEAR),
    "meeting settles papers": (
        lambda day: follow_ups.is_closed_by(Reason.DOSSIER, DAY, moment_on(DAY - A_YEAR), moment_on(day)),
        DAY,
        None,
    ),
    "meeting settles a recheck": (
        lambda day: follow_ups.is_closed_by(Reason.RECHECK, DAY, moment_on(DAY - A_YEAR), moment_on(day)),
        DAY,
        None,
    ),
    "alone is confirmed": (confirms, DAY + timedelta(days=14), None),
    "a dated figure": (
        lambda day: holds(SimpleNamespace(valid_from=FIRST, valid_to=LAST), day),
        FIRST,
        LAST,
    ),
    "a guide was read lately": (lambda day: not is_amber(SimpleNamespace(review_by=LAST), day), None, LAST),
    "phones carry who moved away": (
        lambda day: day < leaves_phones_on(Outcome.MOVED, DAY, is_awaited=False),
        None,
        DAY + timedelta(days=CLOSED_STAYS_DAYS - 1),
    ),
    "there is a later report": (
        lambda day: later(ReportView(Span.WEEK, DAY), day) is not None,
        end_of(Span.WEEK, DAY) + ONE,
        None,
    ),
}


@pytest.mark.parametrize("rule", HOLDS)
def test_a_first_and_a_last_day_belong_to_what_they_bound(rule):
    ask, first, last = HOLDS[rule]

    assert [(day, ask(day)) for day, _ in around(first, last)] == around(first, last)


@pytest.mark.parametrize("span", [Span.WEEK, Span.MONTH, Span.QUARTER])
def test_spans_follow_one_another_without_a_gap(span):
    for number in range(400):
        day = DAY + timedelta(days=number)
        first, last = start_of(span, day), end_of(span, day)

        assert first <= day <= last and start_of(span, last + ONE) == last + ONE
        assert earlier_report(ReportView(span, day), day + A_YEAR).on == first - ONE


def test_a_day_that_the_family_named_keeps_why_somebody_comes():
    on = DAY + timedelta(days=3)
    said = {outcome: follow_ups.after_visit(outcome, moment_on(DAY), on) for outcome in Outcome}

    assert {outcome: one.reason for outcome, one in said.items() if one} == {
        outcome: follow_ups.RETURN_AFTER.get(outcome, Reason.LATER) for outcome in Outcome
    }
    assert {(one.due_from, one.due_to) for one in said.values()} == {(on, on)}
