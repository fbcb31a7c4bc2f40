"""What is recorded around visits, delivered as phones do: settled returns, notes, dossiers, ratings, sessions, levels
decided by a person. The golden payloads must be taken for as long as phones may carry them."""

import json
from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.conftest import ROOT
from tests.field_work import deliver
from tests.people import (
    COMMUNE,
    HAMLET,
    LAN,
    MINH,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
)
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.domain.visit_requests import RequestStatus
from volunteer_app.storage import dossiers, follow_ups, households, notes, outreach, standings, visits
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.visit_requests import VisitRequestRow

GOLDEN = json.loads((ROOT / "tests/golden/operations.json").read_text("utf-8"))
HOME = a_household(recorded_at=NOW - timedelta(days=40))
GRANDMOTHER = a_member(HOME.id, recorded_at=NOW - timedelta(days=40))
VISIT = a_visit(HOME.id, recorded_at=NOW - timedelta(days=40))


def filled(value):
    """A golden payload with the ids of this test."""
    text = json.dumps(value)
    for name, id_ in (("HOME", HOME.id), ("MEMBER", GRANDMOTHER.id), ("VISIT", VISIT.id), ("HAMLET", HAMLET)):
        text = text.replace(f'"{name}"', f'"{id_}"')
    return json.loads(text)


@pytest.fixture
def at_home(in_database):
    """A household with a grandmother, visited once."""
    in_database(lambda database: deliver(database, [HOME, GRANDMOTHER, VISIT], of=LAN))


@pytest.fixture
def answers(at_home, send):
    """The outcomes of operations, delivered as Lan where she was before."""
    return send


@pytest.mark.parametrize("order", [1, -1])
def test_o20_of_two_visits_at_one_moment_the_same_one_came_last_for_every_phone(in_database, order):
    """Found by the simulation: two phones told a household's last outcome differently for ever."""
    twice = [
        a_visit(HOME.id, id=UUID(int=number), outcome=outcome, recorded_at=NOW - timedelta(hours=2))
        for number, outcome in ((7, "later"), (8, "nobody_home"), (9, "refused"))
    ]
    in_database(lambda database: deliver(database, [HOME, *twice[::order]], of=LAN))

    async def read(database):
        async with database.reading() as db:
            return [one.id.int for one in await visits.latest_visits(db, SCOPES[LAN], [HOME.id])]

    assert in_database(read) == [9, 8, 7]


def test_golden_payloads_are_taken_in_any_order_and_a_repeat_changes_nothing(answers, in_database):
    operations = [an_operation(one["kind"], filled(one["body"])) for one in GOLDEN]
    operations[0].id = UUID("01900000-0000-7000-8000-00000000000b")  # the visit whose return is settled
    next(one for one in operations if one.kind == "dossier").id = UUID("01900000-0000-7000-8000-00000000000d")
    note = NoteRow(
        province_code=PROVINCE,
        id=UUID("01900000-0000-7000-8000-00000000000c"),
        commune_code=COMMUNE,
        hamlet_id=HAMLET,
        household_id=HOME.id,
        text="Nhờ hỏi giấy khai sinh",
        person_id=MINH,
        written_at=NOW,
    )

    asked = VisitRequestRow(
        province_code=PROVINCE,
        id=UUID("01900000-0000-7000-8000-00000000000f"),
        commune_code=COMMUNE,
        hamlet_id=HAMLET,
        name="Nông Thị Mẫu",
        phone="0900000001",
        received_at=NOW,
        status=RequestStatus.PLANNED,
        person_id=LAN,
        visit_on=NOW.date(),
    )

    async def write(database):
        async with database.writing() as db:
            db.add_all([note, asked])

    in_database(write)
    first = answers(*reversed(operations))
    again = answers(*operations)

    assert {one.outcome for one in first} == {"accepted", "held"}, "what came before what it names waits"
    assert {one.outcome for one in again} == {"duplicate"}

    async def recount(database):
        async with database.reading() as db:
            return await standings.differences(db, PROVINCE)

    assert in_database(recount) == []


def test_a_settled_return_is_gone_and_cancelling_needs_a_reason(answers, read):
    away = a_visit(HOME.id, outcome="nobody_home")
    settled = {"household_id": HOME.id, "follow_up_id": away.id, "settled_as": "cancelled"}
    answers(away)
    assert [row.id for row in read(follow_ups.open_of, [HOME.id])] == [away.id]

    refused = answers(an_operation("follow_up_settled", settled))
    taken = answers(an_operation("follow_up_settled", settled | {"why": "Đã gọi điện"}))

    assert [one.problem.code for one in refused] == ["follow_up.no_reason"]
    assert [one.outcome for one in taken] == ["accepted"]
    assert read(follow_ups.open_of, [HOME.id]) == []


def test_a_settlement_that_arrives_before_its_return_counts_all_the_same(answers, read):
    away = a_visit(HOME.id, outcome="nobody_home")
    settled = {"household_id": HOME.id, "follow_up_id": away.id, "settled_as": "done"}

    answers(an_operation("follow_up_settled", settled))
    answers(away)

    assert read(follow_ups.open_of, [HOME.id]) == []


def test_a_dossier_brings_somebody_back_on_the_day_of_its_result(answers, read):
    papers = an_operation(
        "dossier",
        {
            "household_id": HOME.id,
            "member_id": GRANDMOTHER.id,
            "service": "register-birth",
            "result_on": "2026-12-01",
        },
    )
    result = {"household_id": HOME.id, "dossier_id": papers.id, "result": "more_needed"}
    answers(papers)
    [due] = read(follow_ups.open_of, [HOME.id])
    assert (due.reason, due.due_from, due.due_to) == (Reason.DOSSIER, date(2026, 12, 1), date(2026, 12, 8))

    answers(a_visit(HOME.id), an_operation("dossier_result", result))

    [found] = read(dossiers.dossiers_of, [HOME.id])
    assert found.result and found.result.result == "more_needed"
    assert [row.blocker for row in read(follow_ups.open_of, [HOME.id])] == ["papers_missing"]


def test_a_dossiers_result_in_the_past_is_parked(answers):
    body = {"household_id": HOME.id, "member_id": GRANDMOTHER.id, "service": "register-birth"}

    [answer] = answers(an_operation("dossier", body | {"result_on": "2026-01-01"}))

    assert answer.problem.code == "dossier.result_before"


def test_f9_one_session_ticks_many_and_never_counts_as_a_visit(answers, read):
    other = a_household(code="NT-002")
    member = a_member(other.id)
    ticked = [
        {"id": str(UUID(int=n + 1)), "household_id": str(home), "member_id": str(who), "level": 2}
        for n, (home, who) in enumerate([(HOME.id, GRANDMOTHER.id), (other.id, member.id)])
    ]
    body = {"hamlet_id": str(HAMLET), "place": "market", "service": "spot-scams", "people_count": 30}

    taken = answers(other, member, an_operation("outreach_session", body | {"ticked": ticked}))

    assert {one.outcome for one in taken} == {"accepted"}
    [session] = read(outreach.sessions_in, 10)
    assert (session.people, session.households, session.session.people_count) == (2, 2, 30)
    stands = {row.household_id: row for row in read(households.standings_in)}
    assert stands[other.id].levels == {"spot-scams": 2}
    assert (stands[other.id].visit_count, stands[other.id].first_met_on) == (0, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"people_count": 0}, "operation.unreadable"),
        ({"people_count": 1, "ticked": 2}, "session.fewer"),
        ({"level": 3}, "session.too_high"),
        ({"service": "no-such-service"}, "operation.unknown_service"),
    ],
)
def test_a_session_that_cannot_be_is_set_aside_with_a_reason(answers, change, code):
    change = dict(change)
    one = {"household_id": str(HOME.id), "member_id": str(GRANDMOTHER.id), "level": change.pop("level", 2)}
    ticked = [one | {"id": str(UUID(int=n + 1))} for n in range(change.pop("ticked", 1))]
    body = {"hamlet_id": str(HAMLET), "place": "market", "service": "spot-scams", "people_count": 9}

    [answer] = answers(an_operation("outreach_session", body | {"ticked": ticked} | change))

    assert answer.problem.code == code


def test_s2_a_level_decided_by_a_person_needs_a_reason_and_then_counts(answers, read):
    body = {"household_id": HOME.id, "member_id": GRANDMOTHER.id, "service": "spot-scams", "level": 3}

    [refused] = answers(an_operation("observation", body | {"basis": "observed"}, schema=SCHEMA))
    [said] = answers(an_operation("observation", body | {"basis": "self_said"}))
    [taken] = answers(an_operation("observation", body | {"basis": "observed", "reason": "Bà tự cúp máy"}))

    assert refused.problem.code == "observation.no_reason"
    assert (said.outcome, taken.outcome) == ("accepted", "accepted")
    assert read(households.standings_in)[0].levels == {"spot-scams": 3}


def test_a5_a_core_service_done_for_them_is_practised_again(answers, read):
    run = a_walk_through(HOME.id, VISIT.id, GRANDMOTHER.id, marks={"a": "did"}, teach_back="skipped")

    answers(run)

    [due] = read(follow_ups.open_of, [HOME.id])
    assert (due.reason, due.service) == (Reason.PRACTISE, "activate-level-2")


@pytest.mark.parametrize(
    ("days_before", "between", "is_asked_again"),
    [
        pytest.param(20, None, False, id="confirmed"),
        pytest.param(13, None, True, id="too early to prove anything"),
        pytest.param(20, {"marks": {"a": "help"}, "teach_back": "skipped"}, True, id="lost in between"),
    ],
)
def test_s3_what_a_recheck_has_confirmed_is_not_asked_for_once_more(
    answers, read, days_before, between, is_asked_again
):
    def a_run(days: int, **changes):
        at = NOW - timedelta(days=days)
        return a_walk_through(HOME.id, VISIT.id, GRANDMOTHER.id, recorded_at=at, **changes)

    first, again = a_run(days_before), a_run(0)
    answers(again, *([a_run(5, **between)] if between else []), first)

    open_now = {row.id for row in read(follow_ups.open_of, [HOME.id])}
    assert (again.id in open_now) is is_asked_again
    assert first.id in open_now, "nobody has been met since"


def test_a_rating_waits_for_its_visit(answers, read):
    visit = a_visit(HOME.id)
    rating = an_operation("rating", {"household_id": HOME.id, "visit_id": visit.id, "smiley": 2})

    [held] = answers(rating)
    answers(visit)

    assert held.outcome == "held"
    assert [row.smiley for row in read(visits.ratings_of, HOME.id)] == [2]


def test_a9_a_note_is_done_once_and_by_whom(answers, read, in_database):
    from volunteer_app.domain.notes import Note

    note = Note(
        province_code=PROVINCE,
        id=UUID(int=77),
        commune_code=HOME_COMMUNE,
        hamlet_id=HAMLET,
        household_id=HOME.id,
        text="Bác trai nghe kém, gõ cửa to",
        person_id=MINH,
        written_at=NOW,
    )

    async def write(database):
        async with database.writing() as db:
            await notes.write(db, note)

    in_database(write)
    assert [one.done for one in read(notes.notes_of, [HOME.id])] == [None]

    answers(an_operation("note_done", {"household_id": HOME.id, "note_id": note.id}))

    [one] = read(notes.notes_of, [HOME.id])
    assert one.done is not None and one.done.person_id == LAN


HOME_COMMUNE = SCOPES[LAN].commune_code or ""
