"""What else a team records, and what a leader has to decide: sessions, papers, ratings, notes, and the few entries that
the server could not take by itself. Further entries of the demo's phones, delivered like all others."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.demo.history import InventedPhone, uuid7
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.notes import Note
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.outreach import SessionPlace
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import notes
from volunteer_app.storage.households import HouseholdRow

SESSIONS = (
    # volunteer (place among them), days ago, where, service, how many more came, note
    (0, 5, SessionPlace.MARKET, "spot-scams", 14, "Phiên chợ thứ Bảy, bà con hỏi nhiều về cuộc gọi lạ."),
    (3, 12, SessionPlace.MEETING_HOUSE, "activate-level-2", 9, "Họp thôn buổi tối."),
    (7, 26, SessionPlace.CENTRE, "file-on-portal", 6, ""),
)
PAPERS = (
    # volunteer, days ago, service, days until the result, what came of it after so many days
    (0, 6, "register-birth", 8, None),
    (0, 15, "certified-copy", 4, ("received", 5)),
    (2, 11, "confirm-residence", 9, None),
    (4, 20, "social-pension", 10, ("more_needed", 11)),
    (5, 9, "marriage-status", 5, None),
)
RATED = 0.2
"""Share of the visits of which a family tapped a smiley."""


def more_work(phone: InventedPhone, number: int, hamlet_id: UUID, last_contact: datetime) -> None:
    """Add what the volunteer of this number also recorded, in a hamlet of theirs."""
    chance = phone.chance
    for operation in [one for one in phone.operations if one.kind == "visit"]:
        if operation.body["outcome"] == "met" and chance.random() < RATED:
            said = {"household_id": operation.body["household_id"], "visit_id": operation.id}
            rating = said | {"smiley": chance.choice([2, 3, 3, 3, 3])}
            phone.record(operation.recorded_at + timedelta(minutes=50), "rating", rating)
    members = [one for one in phone.operations if one.kind == "member"]
    for who, days_ago, place, service, others, note in SESSIONS:
        at = _moment(last_contact, days_ago, 9)
        if who == number:
            _session(phone, at, members, hamlet_id, (place, service, others, note))
    for nth, (who, days_ago, service, wait, result) in enumerate(PAPERS):
        if who != number or len(members) <= nth:
            continue
        at = _moment(last_contact, days_ago, 15)
        member = members[nth]
        body = {"household_id": member.body["household_id"], "member_id": member.id, "service": service}
        day = local_day(at) + timedelta(days=wait)
        papers = phone.record(at, "dossier", body | {"result_on": day.isoformat()})
        if result:
            came, after = result
            said = {"household_id": body["household_id"], "dossier_id": papers, "result": came}
            phone.record(at + timedelta(days=after), "dossier_result", said)


def _session(
    phone: InventedPhone,
    at: datetime,
    members: list[Operation],
    hamlet_id: UUID,
    said: tuple[SessionPlace, str, int, str],
) -> None:
    """Some who had not begun to learn this were ticked: in a crowd nobody is seen alone."""
    place, service, others, note = said
    learned = {one.body["member_id"] for one in phone.operations if one.body.get("service") == service}
    there = [one for one in members if str(one.id) not in learned and one.recorded_at < at][:11]
    ticked: list[dict[str, Any]] = []
    for one in there:
        seen = {"household_id": one.body["household_id"], "member_id": str(one.id)}
        level = phone.chance.choice([2, 2, 1])
        ticked.append(seen | {"id": str(UUID(int=phone.chance.getrandbits(128), version=4)), "level": level})
    body = {"hamlet_id": hamlet_id, "place": place.value, "service": service, "note": note}
    phone.record(at, "outreach_session", body | {"people_count": len(ticked) + others, "ticked": ticked})


def undecided(phone: InventedPhone, number: int, elsewhere: list[UUID], last_contact: datetime) -> None:
    """Entries that wait for the leader: one in a hamlet that was never assigned, one whose person has not arrived."""
    at = last_contact - timedelta(minutes=40)
    if number == 1:
        body = {"household_id": elsewhere[0], "outcome": "met", "note": "Nhà họ hàng ở thôn bên nhờ giúp."}
        phone.record(at, "visit", body)
    visits = [one for one in phone.operations if one.kind == "visit" and one.body["outcome"] == "met"]
    if number == 6 and visits:
        unknown = UUID(int=phone.chance.getrandbits(128), version=4)
        said = {"household_id": visits[0].body["household_id"], "member_id": unknown}
        phone.record(
            at,
            "observation",
            said | {"service": "spot-scams", "level": 2, "basis": "observed", "reason": "–"},
        )


def late_visit(phone: InventedPhone, household: UUID, lease_ended: datetime) -> None:
    """A visit of the last days in a hamlet that has gone to somebody else; it arrives with the rest."""
    at = lease_ended - timedelta(days=2)
    phone.record(at, "visit", {"household_id": household, "outcome": "met", "note": "Lượt cuối ở thôn này."})


def two_values(
    phones: tuple[InventedPhone, InventedPhone], household: UUID, people: int, last_contact: datetime
) -> None:
    """Two people changed the number of a family's members without knowing of each other."""
    for phone, said, hours in zip(phones, (people + 1, people - 1), (30, 6), strict=True):
        body = {"household_id": household, "people_count": said, "base": {"people_count": people}}
        phone.record(last_contact - timedelta(hours=hours), "household_change", body)
        phone.operations[-1].schema = 2


LEADERS_NOTES = (
    "Bà cụ nghe kém: gọi to trước cửa, mang theo kính lão (mẫu).",
    "Hộ này muốn làm căn cước cho cháu, hẹn vào cuối tuần (mẫu).",
)


async def leave_notes(
    db: AsyncSession, leader: Scope, homes: list[HouseholdRow], now: datetime
) -> dict[str, Any]:
    """The leader leaves notes on these households; returns what a phone says when the last of them is done."""
    chance = Random(f"{leader.person_id}/notes")  # noqa: S311
    said: dict[str, Any] = {}
    for days_ago, (home, text) in enumerate(zip(homes, LEADERS_NOTES, strict=True), start=2):
        at = now - timedelta(days=days_ago)
        note = Note(
            province_code=home.province_code,
            id=uuid7(at, chance),
            commune_code=home.commune_code,
            hamlet_id=home.hamlet_id,
            household_id=home.id,
            text=text,
            person_id=leader.person_id,
            written_at=at,
        )
        await notes.write(db, note)
        said = {"household_id": home.id, "note_id": note.id}
    return said


def renumber(phone: InventedPhone) -> None:
    """Number everything by the time at which it was recorded."""
    phone.operations.sort(key=lambda operation: operation.recorded_at)
    for seq, operation in enumerate(phone.operations, start=1):
        operation.seq = seq


def _moment(last_contact: datetime, days_ago: int, hour: int) -> datetime:
    """That many days before, around that hour (UTC+7)."""
    return (last_contact - timedelta(days=days_ago)).replace(hour=hour - 7, minute=20)
