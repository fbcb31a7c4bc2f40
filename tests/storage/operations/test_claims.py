"""Every id in a body is a claim: it is looked up, and tied to the household or hamlet that was judged."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec
import pytest
from sqlmodel import col, select

from tests.people import (
    COMMUNE,
    HAMLET,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
    id_of,
)
from volunteer_app.domain.operations.claims import TIES, Thing, claims_of, parts_of
from volunteer_app.domain.operations.kinds import KINDS, SCHEMA
from volunteer_app.storage import follow_ups, households, merging, privacy
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.operations import parked
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.lookups import LOOKUPS
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.outreach import AttendanceRow, SessionRow
from volunteer_app.storage.visit_requests import VisitRequestRow
from volunteer_app.storage.visits import VisitRow

LANS, MINHS = Sender(SCOPES[LAN], LANS_PHONE, "test"), Sender(SCOPES[MINH], id_of("Minh's phone"), "test")
BEGUN = NOW - timedelta(days=20)
UNKNOWN = UUID(int=99)


def a_house(hamlet_id, code):
    """A household with one thing of each kind that bodies name: what is named → its id, and the operations."""
    home = a_household(hamlet_id=hamlet_id, code=code, recorded_at=BEGUN)
    member = a_member(home.id, recorded_at=BEGUN)
    visit = a_visit(home.id, outcome="later", recorded_at=BEGUN)
    papers = an_operation(
        "dossier",
        {"household_id": home.id, "member_id": member.id, "service": "spot-scams", "result_on": "2026-12-01"},
    )
    tapped = a_visit(home.id, outcome="nobody_home", recorded_at=BEGUN)
    ids = {
        Thing.HAMLET: hamlet_id,
        Thing.HOUSEHOLD: home.id,
        Thing.MEMBER: member.id,
        Thing.VISIT: visit.id,
        Thing.RETURN: visit.id,
        Thing.DOSSIER: papers.id,
        Thing.NOTE: id_of(f"note {code}"),
        Thing.REQUEST: id_of(f"asked {code}"),
        Thing.RECORD: tapped.id,
        Thing.PERSON: LAN,
    }
    return ids, [home, member, visit, papers, tapped]


OURS, OUR_WORK = a_house(HAMLET, "NT-001")
THEIRS, THEIR_WORK = a_house(NEXT_HAMLET, "KM-001")


def a_note(of):
    return NoteRow(
        province_code=PROVINCE,
        id=of[Thing.NOTE],
        commune_code=COMMUNE,
        hamlet_id=of[Thing.HAMLET],
        household_id=of[Thing.HOUSEHOLD],
        text="Nhờ mang theo mẫu đơn",
        person_id=MINH,
        written_at=NOW,
    )


def asked(of, person_id):
    """A citizen asks for a visit, and somebody is sent."""
    return VisitRequestRow(
        province_code=PROVINCE,
        id=of[Thing.REQUEST],
        commune_code=COMMUNE,
        hamlet_id=of[Thing.HAMLET],
        name="Bà Mẫu",
        phone=f"09123456{str(of[Thing.REQUEST].int)[:2]}",
        received_at=NOW,
        person_id=person_id,
        visit_on=NOW.date(),
    )


@pytest.fixture
def answers(in_database):
    """Deliver as somebody, when two households and their things are there: `answers(operation, …)`."""

    async def begin(database):
        async with database.writing() as db:
            answers = await take_all(db, MINHS, OUR_WORK[:-1] + THEIR_WORK, NOW)
            db.add_all([a_note(OURS), a_note(THEIRS), asked(OURS, LAN), asked(THEIRS, MINH)])
            answers += await take_all(db, LANS, OUR_WORK[-1:], NOW)
            assert {answer.outcome for answer in answers} == {"accepted"}

    in_database(begin)

    def deliver(*operations, of=LANS, now=NOW):
        async def work(database):
            async with database.writing() as db:
                return await take_all(db, of, list(operations), now)

        return in_database(work)

    return deliver


@pytest.fixture
def rows(in_database):
    def read(table, *conditions):
        async def work(database):
            async with database.reading() as db:
                return list(await db.exec(select(table).where(*conditions)))

        return in_database(work)

    return read


def bodies() -> dict[str, dict[str, Any]]:
    """One body of each kind, as Lan's phone says it of her own household."""
    home = {"household_id": str(OURS[Thing.HOUSEHOLD])}
    member = home | {"member_id": str(OURS[Thing.MEMBER])}
    visit = home | {"visit_id": str(OURS[Thing.VISIT])}
    ticked = [member | {"id": str(UUID(int=1)), "level": 1}]
    run = a_walk_through(OURS[Thing.HOUSEHOLD], OURS[Thing.VISIT], OURS[Thing.MEMBER]).body
    return {
        "household": {"hamlet_id": str(HAMLET), "code": "NT-009", "consent": "not_asked"},
        "household_change": home | {"people_count": 4, "base": {}},
        "member": home | {"label": "cháu gái"},
        "member_change": member | {"own_phone": True, "base": {}},
        "visit": home | {"outcome": "met", "companions": [str(MINH)]},
        "walk_through": run,
        "observation": member
        | {"service": "spot-scams", "level": 1, "basis": "self_said", "reason": "Mới thử một lần"},
        "screen_changed": {"guide": "activate-level-2", "guide_version": 1, "step": "open-app"},
        "follow_up_settled": home | {"follow_up_id": str(OURS[Thing.RETURN]), "settled_as": "done"},
        "note_done": home | {"note_id": str(OURS[Thing.NOTE])},
        "request_answered": {"request_id": str(OURS[Thing.REQUEST]), "status": "done"},
        "dossier": member | {"service": "spot-scams", "result_on": "2026-12-01"},
        "dossier_result": home | {"dossier_id": str(OURS[Thing.DOSSIER]), "result": "received"},
        "rating": visit | {"smiley": 3},
        "taken_back": home | {"record_id": str(OURS[Thing.RECORD])},
        "outreach_session": {
            "hamlet_id": str(HAMLET),
            "place": "market",
            "service": "spot-scams",
            "people_count": 9,
            "ticked": ticked,
        },
    }


def an_entry(kind, body=None, **changes):
    return an_operation(kind, json.loads(json.dumps(body or bodies()[kind])), schema=SCHEMA, **changes)


def ids_in(kind: type) -> set[tuple[str, str]]:
    """Every field that holds an id, by its type alone: where it stands and its name."""
    found = set()
    for field in msgspec.structs.fields(kind):
        waiting = [field.type]
        while waiting:
            one = waiting.pop()
            if one is UUID:
                found.add((kind.__name__, field.name))
            elif isinstance(one, type) and issubclass(one, msgspec.Struct):
                found |= ids_in(one)
            elif get_origin(one) is not None or get_args(one):
                waiting += [arg for arg in get_args(one) if not isinstance(arg, Thing)]
    return found


def claimed_in(kind: type) -> set[tuple[str, str]]:
    parts = set().union(*(claimed_in(part) for _, part in parts_of(kind)))
    return {(kind.__name__, claim.field) for claim in claims_of(kind)} | parts


@pytest.mark.parametrize("kind", KINDS)
def test_every_id_in_a_body_says_what_it_names(kind):
    assert claimed_in(KINDS[kind].body) == ids_in(KINDS[kind].body)


def test_everything_that_can_be_named_is_looked_up_and_tied():
    assert set(TIES) == set(Thing)
    assert {lookup.thing for lookup in LOOKUPS} == set(Thing) - {Thing.PERSON, Thing.NEW}


CLAIMS = [
    (kind, claim.field, claim.thing)
    for kind in KINDS
    for claim in claims_of(KINDS[kind].body)
    if claim.thing is not Thing.PERSON
]


def test_every_body_of_ones_own_is_taken(answers):
    taken = answers(*(an_entry(kind) for kind in KINDS))

    assert {answer.outcome for answer in taken} == {"accepted"}


@pytest.mark.parametrize("named", ["another household's", "nobody's"])
@pytest.mark.parametrize(("kind", "field", "thing"), CLAIMS)
def test_i9_an_id_of_somebody_else_is_never_taken(answers, rows, kind, field, thing, named):
    """Each id of each kind, one at a time, with all others as they should be; both answers are the same."""
    other = THEIRS[thing] if named.startswith("another") else UNKNOWN

    [answer] = answers(an_entry(kind, bodies()[kind] | {field: str(other)}))

    assert answer.outcome in ("held", "parked")
    assert rows(OperationRow, OperationRow.id == answer.id)[0].body is not None


def test_a_return_of_a_hamlet_never_assigned_stays_open(answers, in_database):
    settled = bodies()["follow_up_settled"] | {"follow_up_id": str(THEIRS[Thing.RETURN])}

    answers(an_entry("follow_up_settled", settled))

    async def work(database):
        async with database.reading() as db:
            return await follow_ups.open_of(db, SCOPES[MINH], [THEIRS[Thing.HOUSEHOLD]])

    assert THEIRS[Thing.RETURN] in [row.id for row in in_database(work)]


def test_who_came_along_is_kept_only_if_they_work_in_the_commune(answers, rows):
    visit = an_entry("visit", bodies()["visit"] | {"companions": [str(MINH), str(HOA), str(UNKNOWN)]})

    [answer] = answers(visit)

    assert answer.outcome == "accepted"
    assert rows(VisitRow, VisitRow.id == visit.id)[0].companions == [str(MINH)]


def test_one_person_ticked_never_takes_down_what_was_done_for_the_others(answers, rows):
    body = bodies()["outreach_session"]
    theirs = {"household_id": str(THEIRS[Thing.HOUSEHOLD]), "member_id": str(THEIRS[Thing.MEMBER])}
    body["ticked"].append({"id": str(UUID(int=2)), "level": 1} | theirs)

    [answer] = answers(an_entry("outreach_session", body))

    assert answer.outcome == "accepted"
    assert [row.id for row in rows(AttendanceRow)] == [UUID(int=1)]


def test_e6_two_entries_of_one_id_in_one_delivery_are_both_kept(answers, rows):
    first = a_visit(OURS[Thing.HOUSEHOLD], note="lần một")
    second = a_visit(OURS[Thing.HOUSEHOLD], note="lần hai", id=first.id)

    taken = answers(first, second, first)
    again = answers(second, first)

    assert [answer.outcome for answer in taken] == ["accepted", "mismatch", "accepted"]
    assert [answer.outcome for answer in again] == ["mismatch", "duplicate"]
    assert [row.note for row in rows(VisitRow, VisitRow.id == first.id)] == ["lần một"]
    [apart] = rows(OperationRow, OperationRow.outcome == "mismatch")
    assert "lần hai" in apart.body


MOMENTS = {
    "tomorrow": NOW + timedelta(days=1),
    "in eleven minutes": NOW + timedelta(minutes=11),
    "in the year 9999": datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_o18_what_comes_from_the_future_is_taken_once_and_marked_whatever_was_recorded(
    answers, rows, kind, moment
):
    """A clock that runs ahead makes nothing unsendable, and nothing from the future outweighs what is true."""
    entry = an_entry(kind, recorded_at=MOMENTS[moment])

    taken = [answers(entry)[0] for _ in range(3)]

    assert [answer.outcome for answer in taken] == ["accepted", "duplicate", "duplicate"]
    [kept] = rows(OperationRow, OperationRow.id == entry.id)
    assert (kept.recorded_at, kept.time_quality) == (NOW, "corrected")


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_before_this_app_is_parked_with_its_reason_whatever_was_recorded(answers, kind):
    entry = an_entry(kind, recorded_at=datetime(1, 1, 1, tzinfo=UTC))

    taken = [answers(entry)[0] for _ in range(3)]

    assert {answer.outcome for answer in taken} == {"parked"}
    assert taken[0].problem.code == "operation.before_this_app"


def test_work_for_a_merged_household_is_judged_by_where_it_was_recorded(answers, in_database, rows):
    """The kept one stands in a hamlet that Lan never had. What she did at her own door is hers all the same."""

    async def merge(database):
        async with database.writing() as db:
            pair = [
                await households.household_of(db, SCOPES[MINH], of[Thing.HOUSEHOLD]) for of in (THEIRS, OURS)
            ]
            await merging.merge(db, SCOPES[MINH], *pair, NOW)

    in_database(merge)
    visit = a_visit(OURS[Thing.HOUSEHOLD])

    taken = answers(visit, an_entry("outreach_session"))

    assert [(answer.outcome, answer.problem) for answer in taken] == [("accepted", None)] * 2
    assert rows(VisitRow, VisitRow.id == visit.id)[0].household_id == THEIRS[Thing.HOUSEHOLD]
    assert answers(a_visit(THEIRS[Thing.HOUSEHOLD]))[0].outcome == "parked", "the kept one is not hers"


def test_late_work_for_an_erased_household_ends_and_its_words_are_not_kept(answers, in_database, rows):
    async def erase(database):
        async with database.writing() as db:
            row = await households.household_of(db, SCOPES[MINH], OURS[Thing.HOUSEHOLD])
            await privacy.erase(db, row)

    in_database(erase)
    session = an_entry("outreach_session")
    assert [answer.outcome for answer in answers(session)] == ["accepted"], (
        "what was done for the others stands"
    )
    assert rows(SessionRow, SessionRow.id == session.id) and not rows(AttendanceRow)
    late = [
        an_entry(kind) for kind in KINDS if Thing.HOUSEHOLD in [c.thing for c in claims_of(KINDS[kind].body)]
    ]

    taken, again = answers(*late), answers(*late)

    assert len(late) > 9
    assert {answer.outcome for answer in taken + again} == {"duplicate"}, "to the phone it is received"
    kept = rows(OperationRow, col(OperationRow.id).in_([one.id for one in late]))
    assert {(row.outcome, row.reason, row.body, row.waits_for) for row in kept} == {
        ("discarded", "operation.erased", None, None)
    }


def test_the_latest_lease_decides_whether_work_is_late(answers, in_database):
    """A lease that was renewed: the first one is over, the second runs."""

    async def renew(database):
        async with database.writing() as db:
            [lease] = (
                await db.exec(
                    select(AssignmentRow).where(
                        AssignmentRow.hamlet_id == HAMLET, AssignmentRow.person_id == LAN
                    )
                )
            ).all()
            over = lease.model_dump() | {
                "id": id_of("a first lease"),
                "first_day": lease.first_day - timedelta(days=90),
                "last_day": NOW.date() - timedelta(days=30),
            }
            db.add(AssignmentRow(**over))

    in_database(renew)

    assert answers(a_visit(OURS[Thing.HOUSEHOLD]))[0].problem is None


def test_what_a_leader_releases_is_fetched_by_phones(answers, in_database, rows):
    visit = a_visit(THEIRS[Thing.HOUSEHOLD])
    assert answers(visit)[0].outcome == "parked"
    before = rows(HouseholdRow, HouseholdRow.id == THEIRS[Thing.HOUSEHOLD])[0].feed_seq

    async def release(database):
        async with database.writing() as db:
            lease = AssignmentRow(
                province_code=PROVINCE,
                id=id_of("a lease given later"),
                commune_code=COMMUNE,
                hamlet_id=NEXT_HAMLET,
                person_id=LAN,
                first_day=NOW.date(),
                last_day=NOW.date() + timedelta(days=9),
            )
            db.add(lease)
            await db.flush()
            return await parked.replay(db, SCOPES[MINH], visit.id, NOW)

    assert in_database(release).outcome == "accepted"
    assert rows(HouseholdRow, HouseholdRow.id == THEIRS[Thing.HOUSEHOLD])[0].feed_seq > before
    assert rows(OperationRow, OperationRow.id == visit.id)[0].body is None


def test_the_words_of_what_waited_are_not_kept_when_it_is_released(answers, rows):
    home = a_household(code="NT-010")
    visit = a_visit(home.id, note="Chờ hộ này")

    assert answers(visit)[0].outcome == "held"
    assert rows(OperationRow, OperationRow.id == visit.id)[0].body is not None
    answers(home)

    [row] = rows(OperationRow, OperationRow.id == visit.id)
    assert (row.outcome, row.body, row.waits_for) == ("accepted", None, None)
