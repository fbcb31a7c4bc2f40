"""Things that routes name, at every distance from who asks: `THINGS["badge"](db, where)` makes one and says its values.

A new kind of thing is one short function here; `where` says in which province, commune and hamlet, and whose.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.authorisation.where import NOW, TODAY, Values, Where
from volunteer_app.domain.facilities import FacilityKind
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.people import Role
from volunteer_app.domain.privacy_requests import RequestKind
from volunteer_app.domain.short_links import BADGE_LETTERS, POSTER_LETTERS, new_code
from volunteer_app.domain.translations import Part
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.endings import EndingRow
from volunteer_app.storage.facilities import FacilityRow
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.posters import PosterRow
from volunteer_app.storage.privacy import BreachRow, PrivacyRequestRow
from volunteer_app.storage.programs import ProgramRow
from volunteer_app.storage.recordings import RecordingRow
from volunteer_app.storage.screen_reports import ScreenPhotoRow
from volunteer_app.storage.sign_in_keys import PinRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of
from volunteer_app.storage.translations import TranslationRow
from volunteer_app.storage.visit_requests import VisitRequestRow


def _person(db: Any, where: Where) -> tuple[UUID, UUID]:
    """A volunteer of that place, who is not the one who asks: (person, membership)."""
    person_id, membership_id = uuid4(), uuid4()
    db.add(PersonRow(province_code=where.province, id=person_id, name="Người mẫu"))
    db.add(
        MembershipRow(
            province_code=where.province,
            id=membership_id,
            person_id=person_id,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            first_day=TODAY - timedelta(days=9),
        )
    )
    return person_id, membership_id


async def membership(db: Any, where: Where) -> Values:
    """Somebody's membership."""
    person_id, membership_id = _person(db, where)
    return {"membership_id": membership_id, "person_id": person_id}


def _session(db: Any, where: Where, person_id: UUID, membership_id: UUID) -> UUID:
    id_ = uuid4()
    db.add(
        SignInRow(
            token_hash=uuid4().hex,
            id=id_,
            province_code=where.province,
            person_id=person_id,
            membership_id=membership_id,
            created_at=NOW,
            expires_at=NOW + timedelta(days=1),
        )
    )
    return id_


async def member_session(db: Any, where: Where) -> Values:
    """A session of somebody on the team."""
    person_id, membership_id = _person(db, where)
    return {"membership_id": membership_id, "session_id": _session(db, where, person_id, membership_id)}


async def session(db: Any, where: Where) -> Values:
    """Another session of the owner."""
    return {"session_id": _session(db, where, where.owner, where.owner)}


async def my_membership(db: Any, where: Where) -> Values:
    """A second membership of the owner."""
    id_ = uuid4()
    db.add(
        MembershipRow(
            province_code=where.province,
            id=id_,
            person_id=where.owner,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            first_day=TODAY,
        )
    )
    return {"membership_id": id_}


async def key(db: Any, where: Where) -> Values:
    """A PIN of the owner."""
    id_ = uuid4()
    db.add(
        PinRow(
            province_code=where.province,
            id=id_,
            person_id=where.owner,
            phone_hash="x",
            salt=b"x",
            pin_hash=b"x",
            created_at=NOW,
            last_used_at=NOW,
        )
    )
    return {"key_id": id_}


def _invite(db: Any, where: Where, kind: InviteKind, person_id: UUID) -> Values:
    id_ = uuid4()
    db.add(
        InviteRow(
            province_code=where.province,
            id=id_,
            kind=kind,
            secret_hash=uuid4().hex,
            code_hash=uuid4().hex,
            role=Role.VOLUNTEER,
            commune_code=where.commune,
            person_id=person_id,
            membership_id=uuid4(),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=15),
            claimed_at=NOW,
            name="Người mới (mẫu)",
            match_code="42",
        )
    )
    return {"invite_id": id_}


async def seat(db: Any, where: Where) -> Values:
    """Somebody who waits to be let in."""
    return _invite(db, where, InviteKind.JOIN, uuid4())


async def ending(db: Any, where: Where) -> Values:
    """A leader whose duty another one, of another origin, wants to end."""
    values = await membership(db, where)
    row = EndingRow(
        province_code=where.province,
        id=uuid4(),
        commune_code=where.commune,
        membership_id=values["membership_id"],
        person_id=where.owner if where.owner != where.asker else uuid4(),
        last_day=TODAY,
        asked_by=uuid4(),
        asked_at=NOW,
    )
    db.add(row)
    return {"ending_id": row.id}


async def phone_invite(db: Any, where: Where) -> Values:
    """A second phone of the owner that waits."""
    return _invite(db, where, InviteKind.DEVICE, where.owner)


async def badge(db: Any, where: Where) -> Values:
    """A badge."""
    _, membership_id = _person(db, where)
    code = new_code(BADGE_LETTERS)
    db.add(BadgeRow(province_code=where.province, code=code, membership_id=membership_id, issued_at=NOW))
    return {"code": code}


async def poster(db: Any, where: Where) -> Values:
    """A poster."""
    code = new_code(POSTER_LETTERS)
    db.add(
        PosterRow(
            province_code=where.province,
            code=code,
            commune_code=where.commune,
            place="Chợ",
            language="vi",
            made_on=TODAY,
            made_by=where.owner,
        )
    )
    return {"code": code}


async def facility(db: Any, where: Where) -> Values:
    """A place where citizens are helped."""
    id_ = uuid4()
    db.add(
        FacilityRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            kind=FacilityKind.SUPPORT_POINT,
            name="Nhà văn hoá",
            place="",
            hours="",
            phone="",
        )
    )
    return {"facility_id": id_}


async def program(db: Any, where: Where) -> Values:
    """A program that reads figures."""
    id_, until = uuid4(), TODAY + timedelta(days=30)
    key = {
        "province_code": where.province,
        "id": id_,
        "commune_code": where.commune,
        "secret_hash": hash_of(str(id_)),
    }
    db.add(ProgramRow(**key, name="Sở", made_by=where.owner, made_at=NOW, last_day=until))
    return {"program_id": id_}


async def visit_request(db: Any, where: Where) -> Values:
    """A citizen's request for a visit."""
    id_ = uuid4()
    db.add(
        VisitRequestRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            hamlet_id=where.hamlet,
            name="Nông Văn Mẫu",
            phone="0987654321",
            received_at=NOW,
        )
    )
    return {"request_id": id_}


async def assignment(db: Any, where: Where) -> Values:
    """A hamlet given to a volunteer."""
    person_id, _ = _person(db, where)
    id_ = uuid4()
    db.add(
        AssignmentRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            hamlet_id=where.hamlet,
            person_id=person_id,
            first_day=TODAY,
            last_day=TODAY + timedelta(days=5),
        )
    )
    return {"assignment_id": id_}


async def privacy_request(db: Any, where: Where) -> Values:
    """What somebody asked about a household's data."""
    request_id, household_id = uuid4(), uuid4()
    db.add(
        HouseholdRow(
            province_code=where.province,
            id=household_id,
            commune_code=where.commune,
            hamlet_id=where.hamlet,
            code="NT-777",
            recorded_at=NOW,
            received_at=NOW,
        )
    )
    db.add(
        PrivacyRequestRow(
            province_code=where.province,
            id=request_id,
            commune_code=where.commune,
            kind=RequestKind.ERASE,
            house_code="NT-777",
            household_id=household_id,
            received_at=NOW,
            person_id=where.owner,
        )
    )
    return {"request_id": request_id, "house_code": "NT-777"}


async def breach(db: Any, where: Where) -> Values:
    """A breach in the register."""
    id_ = uuid4()
    db.add(
        BreachRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            discovered_at=NOW,
            what="Thử",
            person_id=where.owner,
        )
    )
    return {"breach_id": id_}


def _home(db: Any, where: Where) -> HouseholdRow:
    row = HouseholdRow(
        province_code=where.province,
        id=uuid4(),
        commune_code=where.commune,
        hamlet_id=where.hamlet,
        code=f"NT-{uuid4().hex[:4]}",
        recorded_at=NOW,
        received_at=NOW,
    )
    db.add(row)
    return row


async def household(db: Any, where: Where) -> Values:
    """A household with somebody in it."""
    home = _home(db, where)
    member_id = uuid4()
    db.add(
        MemberRow(
            province_code=where.province, id=member_id, household_id=home.id, label="bà nội", received_at=NOW
        )
    )
    return {"household_id": home.id, "member_id": member_id}


async def follow_up(db: Any, where: Where) -> Values:
    """A return to make."""
    home, id_ = _home(db, where), uuid4()
    db.add(
        FollowUpRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            hamlet_id=where.hamlet,
            household_id=home.id,
            reason=Reason.LATER,
            due_from=TODAY,
            due_to=TODAY,
            created_at=NOW,
        )
    )
    return {"follow_up_id": id_}


async def pair(db: Any, where: Where) -> Values:
    """Two households that look alike."""
    return {"kept_id": _home(db, where).id, "lost_id": _home(db, where).id}


async def merger(db: Any, where: Where) -> Values:
    """A merger that can be undone."""
    kept, lost, id_ = _home(db, where), _home(db, where), uuid4()
    said = lost.model_dump(mode="json")
    db.expunge(lost)
    db.add(
        MergerRow(
            province_code=where.province,
            id=id_,
            commune_code=where.commune,
            hamlet_id=where.hamlet,
            kept_id=kept.id,
            lost_id=lost.id,
            lost=said,
            moved={},
            person_id=where.owner,
            merged_at=NOW,
        )
    )
    return {"merger_id": id_}


async def clash(db: Any, where: Where) -> Values:
    """A field with two values."""
    home, id_ = _home(db, where), uuid4()
    place = {"province_code": where.province, "commune_code": where.commune, "hamlet_id": where.hamlet}
    said = {"field": "people_count", "stood": 3, "said": 4, "person_id": where.owner}
    db.add(ClashRow(**place, **said, id=id_, household_id=home.id, recorded_at=NOW, received_at=NOW))
    return {"clash_id": id_, "field": "people_count"}


async def entry(db: Any, where: Where) -> Values:
    """An operation that was parked, of somebody who works in that commune."""
    id_, works = uuid4(), {"role": Role.VOLUNTEER, "commune_code": where.commune, "first_day": TODAY}
    db.add(MembershipRow(province_code=where.province, id=id_, person_id=where.owner, **works))
    db.add(
        OperationRow(
            province_code=where.province,
            id=id_,
            person_id=where.owner,
            device_id=uuid4(),
            seq=1,
            kind="visit",
            body_schema=3,
            digest=b"x" * 16,
            app_build="test",
            outcome=OperationOutcome.PARKED,
            reason="operation.not_assigned",
            body="{}",
            recorded_at=NOW,
            received_at=NOW,
        )
    )
    return {"operation_id": id_}


async def recording(db: Any, where: Where) -> Values:
    """A recording of one's province, made by somebody else."""
    text = all_texts()["term.otp"]
    row = RecordingRow(
        province_code=where.province,
        id=uuid4(),
        text_key=text.key,
        text_mark=text.mark,
        language="tyz",
        recorded_by=uuid4(),
        recorded_at=NOW,
        received_at=NOW,
        file="0" * 32 + ".mp3",
        size=1,
        seconds=1,
    )
    db.add(row)
    return {"tag": row.language, "recording_id": row.id}


async def translation(db: Any, where: Where) -> Values:
    """A translation of one's province, made by somebody else."""
    text = all_texts()["term.otp"]
    row = TranslationRow(
        province_code=where.province,
        language="tyz",
        text_key=text.key,
        part=Part.TEXT,
        source_mark=text.mark,
        text="x",
        translated_by=uuid4(),
        translated_at=NOW,
    )
    db.add(row)
    return {"tag": row.language, "key": row.text_key, "part": row.part.value}


async def screen_photo(db: Any, where: Where) -> Values:
    """The photo of a changed screen, reported by somebody of one's province."""
    row = ScreenPhotoRow(province_code=where.province, report_id=uuid4(), jpeg=b"x")
    db.add(row)
    return {"report_id": row.report_id}


async def province(db: Any, where: Where) -> Values:
    """A province's figures: there is no sibling of one's own province."""
    return {"province_code": where.province}


async def commune(db: Any, where: Where) -> Values:
    """A commune's figures."""
    return {"province_code": where.province, "commune_code": where.commune}


THINGS: dict[str, Callable[[Any, Where], Awaitable[Values]]] = {
    "membership": membership,
    "volunteer": membership,
    "member_session": member_session,
    "session": session,
    "my_membership": my_membership,
    "key": key,
    "seat": seat,
    "phone_invite": phone_invite,
    "ending": ending,
    "badge": badge,
    "poster": poster,
    "facility": facility,
    "program": program,
    "visit_request": visit_request,
    "assignment": assignment,
    "privacy_request": privacy_request,
    "breach": breach,
    "household": household,
    "follow_up": follow_up,
    "pair": pair,
    "merger": merger,
    "clash": clash,
    "entry": entry,
    "recording": recording,
    "translation": translation,
    "screen_photo": screen_photo,
    "province": province,
    "commune": commune,
}

SAME_FOR_SIBLINGS = ("province", "commune")
"""Things that a sibling shares with who asks."""
