"""What citizens of the demo commune see: places to go, posters with their openings, badges, requests for a visit."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.demo.history import uuid7
from volunteer_app.demo.invented import SEED, head_name
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.facilities import FacilityKind
from volunteer_app.domain.people import Role
from volunteer_app.domain.privacy_requests import RequestKind
from volunteer_app.domain.short_links import ALPHABET, BADGE_LETTERS, POSTER_LETTERS
from volunteer_app.domain.visit_requests import RequestStatus
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.facilities import FacilityRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.posters import PosterOpensRow, PosterRow
from volunteer_app.storage.privacy import PrivacyRequestRow
from volunteer_app.storage.visit_requests import VisitRequestRow

FACILITIES = (
    (
        FacilityKind.ADMINISTRATION_CENTRE,
        "Trung tâm Phục vụ hành chính công (mẫu)",
        "Trụ sở Uỷ ban nhân dân xã",
    ),
    (FacilityKind.SERVICE_CENTRE, "Trung tâm Dịch vụ công (mẫu)", "Cạnh trường học"),
    (FacilityKind.COMMUNE_POLICE, "Công an xã (mẫu)", "Trong trụ sở xã, nhà thứ hai"),
    (FacilityKind.SUPPORT_POINT, "Nhà văn hoá thôn Nà Mẫu", "Đầu thôn, gần cầu treo"),
    (FacilityKind.SUPPORT_POINT, "Nhà văn hoá thôn Bản Ví Dụ", "Cạnh chợ phiên"),
)
HOURS = "thứ Hai đến thứ Sáu, 7:30 đến 11:30 và 13:30 đến 17:00"
POSTERS = (
    ("Nhà văn hoá thôn Nà Mẫu", 3, 9),
    ("Trạm y tế xã (mẫu)", 15, 6),
    ("Cửa hàng ở chợ phiên", None, 14),
)
"""Place, guide (None: all), openings a day at most."""

POSTER_DAYS = 40
REQUESTS = ((1, 3, RequestStatus.NEW), (4, 8, RequestStatus.NEW), (6, None, RequestStatus.PLANNED))
"""Hamlet (its place in the list), guide, and how far it has come."""


async def make_public(db: AsyncSession, hamlets: list[HamletRow], now: datetime) -> None:
    """Add them to a demo commune that has its people."""
    chance = Random(SEED)  # noqa: S311 - invented things, the same at every start
    commune: dict[str, Any] = {
        "province_code": hamlets[0].province_code,
        "commune_code": hamlets[0].commune_code,
    }
    for kind, name, place in FACILITIES:
        facility = FacilityRow(
            **commune, id=uuid7(now, chance), kind=kind, name=name, place=place, hours=HOURS
        )
        db.add(facility)
    memberships = await db.exec(
        select(MembershipRow).where(
            MembershipRow.province_code == commune["province_code"], col(MembershipRow.team_id).is_not(None)
        )
    )
    team = sorted(memberships, key=lambda one: one.id.bytes)
    for member in team:
        badge = BadgeRow(
            province_code=member.province_code,
            code=_code(chance, BADGE_LETTERS),
            membership_id=member.id,
            issued_at=now,
        )
        db.add(badge)
    _posters(db, commune, team, chance, now)
    first = next(one for one in team if one.role is Role.VOLUNTEER)
    _requests(db, commune, hamlets, first.person_id, chance, now)
    await _a_family_asks_what_is_kept(db, team[0], hamlets[1], chance, now)


def _posters(
    db: AsyncSession, commune: dict[str, Any], team: list[MembershipRow], chance: Random, now: datetime
) -> None:
    leader = next(one for one in team if one.role is Role.LEADER)
    first_day = local_day(now) - timedelta(days=POSTER_DAYS)
    for place, guide, most in POSTERS:
        poster = PosterRow(
            **commune,
            code=_code(chance, POSTER_LETTERS),
            place=place,
            guide_number=guide,
            language="vi",
            made_on=first_day,
            made_by=leader.person_id,
        )
        db.add(poster)
        for day in range(POSTER_DAYS):
            opens = PosterOpensRow(
                province_code=poster.province_code,
                code=poster.code,
                day=first_day + timedelta(days=day),
                opens=chance.randint(0, most),
            )
            db.add(opens)


def _requests(
    db: AsyncSession,
    commune: dict[str, Any],
    hamlets: list[HamletRow],
    who_goes: UUID,
    chance: Random,
    now: datetime,
) -> None:
    taken: set[frozenset[str]] = set()
    for number, (hamlet, guide, status) in enumerate(REQUESTS):
        received_at = now - timedelta(hours=5 + 20 * number)
        request = VisitRequestRow(
            **commune,
            id=uuid7(received_at, chance),
            hamlet_id=hamlets[hamlet].id,
            name=head_name(chance, taken),
            phone=f"02000000{number:02d}",  # an area code that nobody has
            guide_number=guide,
            received_at=received_at,
            status=status,
        )
        if status is RequestStatus.PLANNED:
            request.person_id, request.visit_on = who_goes, local_day(now) + timedelta(days=1)
        db.add(request)


async def _a_family_asks_what_is_kept(
    db: AsyncSession, by: MembershipRow, hamlet: HamletRow, chance: Random, now: datetime
) -> None:
    """One request about data, written down yesterday by a volunteer; its deadlines run."""
    query = select(HouseholdRow).where(HouseholdRow.hamlet_id == hamlet.id).order_by(col(HouseholdRow.code))
    household = (await db.exec(query.limit(1))).one()
    asked_at = now - timedelta(days=1)
    request = PrivacyRequestRow(
        province_code=household.province_code,
        id=uuid7(asked_at, chance),
        commune_code=household.commune_code,
        kind=RequestKind.SEE,
        house_code=household.code,
        household_id=household.id,
        received_at=asked_at,
        person_id=by.person_id,
    )
    db.add(request)


def _code(chance: Random, letters: int) -> str:
    return "".join(chance.choices(ALPHABET, k=letters))
