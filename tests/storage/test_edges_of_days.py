"""Every question to the database that knows days, asked at the edges: the first and the last day belong to it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.edges import DAY, MOMENTS, ONE, around, moment_on
from tests.people import (
    COMMUNE,
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    PROVINCE,
    SCOPES,
    a_household,
    a_visit,
    id_of,
)
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import (
    assignments,
    badges,
    closed_households,
    follow_ups,
    hands,
    late_work,
    people,
    places,
    programs,
    sign_ins,
    team,
)
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.figures import coverage, left_behind
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of
from volunteer_app.storage.visits import VisitRow

FIRST, LAST = DAY, DAY + timedelta(days=9)
LANS, MINHS = SCOPES[LAN], SCOPES[MINH]
HOME = a_household(recorded_at=moment_on(FIRST - timedelta(days=60)))
SENDER = Sender(SCOPES[LAN], LANS_PHONE, "test")


@pytest.fixture
def database_url(sqlite_url):
    """Days are the same texts on both engines; moments are compared on both in test_follow_ups.py."""
    return sqlite_url


async def a_world(db) -> str:
    """Lan's membership, lease and badge, a program and a hamlet, all from FIRST to LAST; a return due then. The secret of
    the program."""
    bounds = {"first_day": FIRST, "last_day": LAST}
    await db.exec(sa.update(AssignmentRow).where(AssignmentRow.person_id == LAN).values(**bounds))
    await take_all(db, SENDER, [HOME], moment_on(FIRST, 5))
    await db.exec(sa.update(MembershipRow).where(MembershipRow.id == LAN).values(**bounds))
    stands = {"valid_from": FIRST, "valid_to": LAST}
    await db.exec(sa.update(HamletRow).where(HamletRow.id == HAMLET).values(**stands))
    same = {"province_code": PROVINCE}
    db.add(BadgeRow(**same, code="LAN", membership_id=LAN, issued_at=moment_on(FIRST)))
    db.add(
        FollowUpRow(
            **same,
            id=id_of("a return"),
            commune_code=COMMUNE,
            hamlet_id=HAMLET,
            household_id=HOME.id,
            reason="later",
            due_from=FIRST,
            due_to=LAST,
            created_at=moment_on(FIRST - ONE),
        )
    )
    db.add(
        SignInRow(
            **same,
            token_hash=hash_of("lan"),
            person_id=LAN,
            membership_id=LAN,
            created_at=moment_on(FIRST),
            expires_at=moment_on(LAST + timedelta(days=99)),
        )
    )
    await db.exec(sa.delete(DeviceRow))
    long_ago = moment_on(FIRST - timedelta(days=99))
    db.add(
        DeviceRow(**same, id=LANS_PHONE, person_id=LAN, first_contact_at=long_ago, last_contact_at=long_ago)
    )
    _, secret = await programs.allow(db, MINHS, "Sở", LAST, moment_on(FIRST))
    await db.flush()
    return secret


async def lans_scope(db, day) -> Scope:
    return await people.scope_of(db, await db.get(MembershipRow, (PROVINCE, LAN)), day)


HOLDS = {
    "a lease opens its hamlet": (
        lambda db, day, _: lans_scope(db, day),
        lambda s: HAMLET in s.hamlet_ids,
        FIRST,
    ),
    "a membership": (
        lambda db, day, _: people.memberships_of(db, PROVINCE, LAN, day),
        bool,
        FIRST,
    ),
    "a session holds while its membership does": (
        lambda db, day, _: sign_ins.signed_in(db, "lan", moment_on(day)),
        bool,
        FIRST,
    ),
    "a session is not revoked": (
        lambda db, day, _: sign_ins.is_revoked(db, "lan", moment_on(day)),
        lambda revoked: not revoked,
        FIRST,
    ),
    "a lease runs": (lambda db, day, _: assignments.running(db, LANS, day), bool, FIRST),
    "a leader sees a lease run": (
        lambda db, day, _: assignments.running(db, MINHS, day),
        lambda rows: LAN in {row.person_id for row in rows},
        FIRST,
    ),
    "a lease is not over": (
        lambda db, day, _: assignments.since(db, MINHS, day),
        lambda rows: LAN in {row.person_id for row in rows},
        None,
    ),
    "who has a hamlet": (
        lambda db, day, _: team.holders(db, PROVINCE, [HAMLET], day),
        lambda found: HAMLET in found,
        FIRST,
    ),
    "on the team": (
        lambda db, day, _: team.team_in(db, MINHS, day),
        lambda found: LAN in {one.membership_id for one in found},
        FIRST,
    ),
    "may come along": (
        lambda db, day, _: hands.volunteers_in(db, MINHS, day),
        lambda found: LAN in {one.id for one in found},
        FIRST,
    ),
    "one's own badge": (lambda db, day, _: badges.own_badge(db, LANS, day), bool, FIRST),
    "has a badge on the team": (
        lambda db, day, _: badges.team_badges(db, MINHS, day),
        lambda found: LAN in {one.person.id for one in found},
        FIRST,
    ),
    "gets a new badge": (
        lambda db, day, _: badges.give(db, MINHS, LAN, moment_on(day)),
        lambda badge: badge is not None,
        FIRST,
    ),
    "a program reads": (lambda db, day, secret: programs.scope_with(db, secret, day), bool, None),
    "a hamlet stands": (
        lambda db, day, _: places.hamlets_of(db, COMMUNE, day),
        lambda found: HAMLET in {one.id for one in found},
        FIRST,
    ),
    "a return is due": (
        lambda db, day, _: follow_ups.counts_in(db, MINHS, day),
        lambda n: n[0] == 1,
        FIRST,
        None,
    ),
    "a return is listed": (
        lambda db, day, _: follow_ups.due_in(db, MINHS, day, 9),
        lambda n: n[1] == 1,
        FIRST,
        None,
    ),
    "a return is not overdue": (
        lambda db, day, _: follow_ups.counts_in(db, MINHS, day),
        lambda n: n[1] == 0,
        None,
    ),
    "its returns are not handed over": (
        lambda db, day, _: follow_ups.handed_over(db, MINHS, day),
        lambda found: not found,
        FIRST,
    ),
    "its phone is counted": (
        lambda db, day, _: coverage.phones_in(db, MINHS, moment_on(day)),
        lambda phones: phones[0] == 1,
        None,
    ),
    "its phone is called silent": (
        lambda db, day, _: left_behind.silent_phones(db, MINHS, moment_on(day)),
        bool,
        None,
    ),
}


def test_a_first_and_a_last_day_belong_to_what_is_kept(work):
    async def asked(db):
        secret = await a_world(db)
        said = {}
        for question, (ask, holds, first, *last) in HOLDS.items():
            days = around(first, last[0] if last else LAST)
            said[question] = [(day, bool(holds(await ask(db, day, secret)))) for day, _ in days]
        return said

    said = work(asked)

    for question, (_ask, _holds, first, *last) in HOLDS.items():
        assert said[question] == around(first, last[0] if last else LAST), question


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_visit_belongs_to_its_day_in_vietnam_and_a_late_one_is_late_by_it(work, moment):
    """The lease ends on DAY: what arrives at 18:00 UTC of it arrives on the day after, and is marked."""
    at, day = MOMENTS[moment]
    visit = a_visit(HOME.id, recorded_at=at)

    async def asked(db):
        await take_all(db, SENDER, [HOME], moment_on(FIRST, 5) - timedelta(days=1))
        ends = sa.update(AssignmentRow).where(AssignmentRow.person_id == LAN).values(last_day=DAY)
        await db.exec(ends)
        (answer,) = await take_all(db, SENDER, [visit], at)
        row = await db.get(VisitRow, (PROVINCE, visit.id))
        told = await late_work.visits_after_lease(db, MINHS, at)
        return answer.problem and answer.problem.code, row.visited_on, bool(told)

    problem, visited_on, is_told = work(asked)

    assert visited_on == day
    assert (problem, is_told) == (("assignment.over_on_arrival", True) if day > DAY else (None, False))


@pytest.mark.parametrize(
    "days", [closed_households.CLOSED_STAYS_DAYS - 1, closed_households.CLOSED_STAYS_DAYS]
)
def test_who_moved_away_leaves_the_phones_on_the_thirtieth_day(work, days):
    moved = a_visit(HOME.id, outcome="moved", recorded_at=moment_on(DAY))

    async def asked(db):
        await take_all(db, SENDER, [HOME, moved], moment_on(DAY))
        closed = await closed_households.closed_in(db, MINHS, DAY + timedelta(days=days))
        visit = await db.get(VisitRow, (PROVINCE, moved.id))
        return [one.id for one in closed], await closed_households.leaving_days(db, MINHS, [visit])

    closed, leaves = work(asked)

    assert closed == ([HOME.id] if days == closed_households.CLOSED_STAYS_DAYS else [])
    assert leaves == {HOME.id: DAY + timedelta(days=closed_households.CLOSED_STAYS_DAYS)}
