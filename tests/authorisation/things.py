"""Things that routes name, at every distance from who asks: `THINGS["badge"](db, where)` makes one and says its values.

A new kind of thing is one short function here; `where` says in which province, commune and hamlet, and whose.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.authorisation.seats import (
    ending,
    key,
    member_session,
    membership,
    my_membership,
    person,
    phone_invite,
    seat,
    session,
)
from tests.authorisation.where import NOW, TODAY, Values, Where
from volunteer_app.domain.facilities import FacilityKind
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.people import Role
from volunteer_app.domain.privacy_requests import RequestKind
from volunteer_app.domain.short_links import BADGE_LETTERS, POSTER_LETTERS, new_code
from volunteer_app.domain.translations import Part
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.facilities import FacilityRow
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.posters import PosterRow
from volunteer_app.storage.privacy import BreachRow, PrivacyRequestRow
from volunteer_app.storage.programs import ProgramRow
from volunteer_app.storage.recordings import RecordingRow
from volunteer_app.storage.screen_reports import ScreenPhotoRow, ScreenReportRow
from volunteer_app.storage.sign_ins import hash_of
from volunteer_app.storage.translations import TranslationRow
from volunteer_app.storage.visit_requests import VisitRequestRow


async def badge(db: Any, where: Where) -> Values:
    """A badge."""
    _, membership_id = person(db, where)
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
    person_id, _ = person(db, where)
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
    of = {"guide": "spot-scams", "guide_version": 1, "step": "x", "person_id": where.owner}
    moments = {"recorded_at": NOW, "received_at": NOW}
    db.add(ScreenReportRow(province_code=where.province, id=row.report_id, **of, **moments))
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
