"""Who may say that the digits are the same, and until when: every half of the condition by itself."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from tests.people import COMMUNE, LAN, MINH, NOW, OTHER_COMMUNE, PROVINCE, SCOPES, THE_FRONT, id_of
from volunteer_app.domain.invites import GOOD_FOR, WAITS_FOR, InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import member_scope
from volunteer_app.storage import invites
from volunteer_app.storage.people import MembershipRow

SECOND = timedelta(seconds=1)
CHAU = id_of("a second leader")
SCOPES = SCOPES | {CHAU: member_scope(CHAU, Role.LEADER, PROVINCE, COMMUNE)}
FAR = member_scope(id_of("a far leader"), Role.LEADER, PROVINCE, OTHER_COMMUNE)
FARTHER = member_scope(id_of("a farther leader"), Role.ADMIN, "01")


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


async def an_invite(db, kind=InviteKind.JOIN, person_id=None, **more):
    made = await invites.make(
        db,
        kind=kind,
        province_code=PROVINCE,
        role=Role.VOLUNTEER,
        now=NOW,
        issued_by=MINH,
        commune_code=COMMUNE,
        person_id=person_id,
        **more,
    )
    await db.flush()
    return made.invite


@pytest.mark.parametrize(
    ("kind", "whose", "after", "said_by", "given"),
    [
        (InviteKind.JOIN, None, WAITS_FOR, [MINH], [True]),
        (InviteKind.JOIN, None, WAITS_FOR + SECOND, [MINH], [False]),
        (InviteKind.JOIN, LAN, SECOND, [LAN], [False]),
        (InviteKind.JOIN, None, SECOND, [MINH, CHAU], [True, False]),  # settled: nothing more to say
        (InviteKind.RECOVERY, LAN, SECOND, [MINH, MINH], [True, False]),
        (InviteKind.RECOVERY, LAN, SECOND, [MINH, CHAU], [True, True]),
        (InviteKind.RECOVERY, LAN, SECOND, [LAN, MINH], [False, True]),
        (InviteKind.RECOVERY, LAN, SECOND, [MINH, LAN], [True, False]),
        (InviteKind.RECOVERY, LAN, WAITS_FOR + SECOND, [MINH, CHAU], [False, False]),
        (InviteKind.DEVICE, LAN, SECOND, [LAN], [True]),
    ],
)
def test_i5_nobody_confirms_themselves_twice_or_too_late(work, kind, whose, after, said_by, given):
    async def story(db):
        invite = await an_invite(db, kind, whose)
        assert not await invites.confirm(db, SCOPES[MINH], invite, NOW), "nobody has used it"
        assert await invites.claim(db, invite, "Máy", NOW + SECOND)
        at = NOW + SECOND + after
        answers = [await invites.confirm(db, SCOPES[one], invite, at) for one in said_by]
        return answers, invite.settled_at is not None, sum(given)

    answers, is_given, times = work(story)

    assert answers == given
    assert is_given == (times >= {InviteKind.RECOVERY: 2}.get(kind, 1))


def test_a_refused_seat_is_never_given(work):
    async def story(db):
        invite = await an_invite(db)
        await invites.claim(db, invite, "Máy", NOW)
        invites.refuse(invite, NOW)
        return await invites.confirm(db, SCOPES[MINH], invite, NOW), list(
            await db.exec(select(MembershipRow).where(MembershipRow.id == invite.membership_id))
        )

    assert work(story) == (False, [])


@pytest.mark.parametrize(("after", "is_used"), [(GOOD_FOR - SECOND, True), (GOOD_FOR, False)])
def test_an_invitation_is_used_within_its_minutes_and_once(work, after, is_used):
    async def story(db):
        invite = await an_invite(db)
        return [await invites.claim(db, invite, "Máy", NOW + after) for _ in range(2)]

    assert work(story) == [is_used, False]


def test_what_waits_is_listed_until_it_is_settled_or_over_and_only_to_its_place(work):
    async def story(db):
        waits, used, refused, unused = [await an_invite(db) for _ in range(4)]
        for one in (waits, used, refused):
            await invites.claim(db, one, "Máy", NOW)
        await invites.confirm(db, SCOPES[MINH], used, NOW)
        invites.refuse(refused, NOW)
        await db.flush()
        shown = {
            who.person_id: [one.id for one in await invites.waiting(db, who, NOW + SECOND)]
            for who in (SCOPES[MINH], SCOPES[THE_FRONT], FAR, FARTHER)
        }
        later = await invites.waiting(db, SCOPES[MINH], NOW + WAITS_FOR)
        found = [
            await invites.in_scope(db, who, waits.id) is not None
            for who in (SCOPES[MINH], SCOPES[THE_FRONT], FAR, FARTHER)
        ]
        return waits.id, shown, later, found, unused.id

    waits, shown, later, found, _ = work(story)

    assert list(shown.values()) == [[waits], [waits], [], []]
    assert (later, found) == ([], [True, True, False, False])


def test_a_seat_begins_on_the_day_in_vietnam_and_ends_as_invited(work):
    at_one = NOW.replace(hour=18)  # 01:00 of the next day
    last = date(2027, 2, 1)

    async def story(db):
        invite = await an_invite(db, last_day=last)
        await invites.claim(db, invite, "Máy", NOW)
        await invites.confirm(db, SCOPES[MINH], invite, at_one)
        await db.flush()
        row = await db.get(MembershipRow, (PROVINCE, invite.membership_id))
        return row.role, row.commune_code, row.first_day, row.last_day

    assert work(story) == (Role.VOLUNTEER, COMMUNE, date(2026, 11, 23), last)
