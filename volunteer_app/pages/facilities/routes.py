"""The desk's list of places where citizens are helped; the public page of telephone numbers shows it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.facilities import FACILITY_KIND_NAMES, Facility, FacilityKind, problems_with
from volunteer_app.domain.ids import sent_id
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import Scope, may_keep_facilities, may_see_commune
from volunteer_app.pages.answers import desk_page, go_to, sentences_of
from volunteer_app.storage import facilities, places
from volunteer_app.storage.database import is_kept
from volunteer_app.storage.facilities import FacilityRow
from volunteer_app.storage.places import CommuneRow

ShortText = Annotated[str, msgspec.Meta(max_length=300)]


class FacilityForm(msgspec.Struct):
    """What the form sends. id: of the facility that is changed; empty: a new one. was: what the page showed of it."""

    name: ShortText = ""
    kind: FacilityKind = FacilityKind.ADMINISTRATION_CENTRE
    place: ShortText = ""
    hours: ShortText = ""
    phone: ShortText = ""
    xa: ShortText = ""
    id: ShortText = ""
    fresh: ShortText = ""
    was: ShortText = ""


@dataclass
class FilledFacility:
    """The form as it is shown: what stands in it, and what is wrong with it."""

    values: Facility | None = None
    theirs: Facility | None = None
    """What a colleague has saved meanwhile."""
    was: str = ""
    problems: dict[str, str] = field(default_factory=dict)


@get("/facilities")
async def facilities_desk(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    xa: FromQuery[str] = "",
    id: FromQuery[UUID | None] = None,
) -> Template:
    """The places of a commune and a form for one more; id: the one to change. xa: for those who see a province."""
    require(may_keep_facilities(my_scope))
    commune = await _commune(db, my_scope, xa)
    row = await facilities.facility_of(db, my_scope, id) if id else None
    return await _page(
        request, db, me, my_scope, commune, FilledFacility(row, was=stamp_of(row) if row else "")
    )


@post("/facilities", status_code=303)
async def keep_facility(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[FacilityForm],
) -> Template | Redirect:
    """One more place, or a change to one."""
    require(may_keep_facilities(my_scope))
    commune = await _commune(db, my_scope, data.xa)
    require(commune is not None)
    facility = Facility(
        province_code=my_scope.province_code,
        id=_uuid(data.id) if data.id else sent_id(data.fresh, datetime.now(UTC)),
        commune_code=commune.code if commune else "",
        kind=data.kind,
        name=tidy(data.name),
        place=tidy(data.place),
        hours=tidy(data.hours),
        phone=tidy(data.phone),
    )
    require(not data.id or await facilities.facility_of(db, my_scope, facility.id) is not None)
    if not data.id and await is_kept(db, FacilityRow, my_scope.province_code, facility.id):
        return _back(facility.commune_code, "already")
    if problems := problems_with(facility):
        said = sentences_of(problems)
        return await _page(
            request,
            db,
            me,
            my_scope,
            commune,
            FilledFacility(facility, was=data.was, problems=said),
            status_code=422,
        )
    now_there = await facilities.facility_of(db, my_scope, facility.id)
    if now_there is not None and data.was not in ("", stamp_of(now_there)):
        if stamp_of(now_there) == stamp_of(facility):
            return _back(facility.commune_code, "already")
        clash = FilledFacility(facility, now_there, stamp_of(now_there))
        return await _page(request, db, me, my_scope, commune, clash, status_code=409)
    await facilities.keep(db, my_scope, facility)
    return _back(facility.commune_code, "saved")


@post("/facilities/{facility_id:uuid}/removal", status_code=303)
async def remove_facility(db: Db, my_scope: CurrentScope, facility_id: FromPath[UUID]) -> Redirect:
    """Off the list."""
    require(may_keep_facilities(my_scope))
    row = await facilities.facility_of(db, my_scope, facility_id)
    require(row is not None)
    await facilities.remove(db, my_scope, facility_id)
    return _back(row.commune_code if row else "", "removed")


def stamp_of(facility: Facility) -> str:
    """A mark of everything that the form can change: another one says that somebody was there in between."""
    said = (facility.name, facility.kind, facility.place, facility.hours, facility.phone)
    return sha256("\0".join(said).encode()).hexdigest()[:16]


async def _page(
    request: Request,
    db: Db,
    me: Me | None,
    scope: Scope,
    commune: CommuneRow | None,
    filled: FilledFacility,
    *,
    status_code: int = 200,
) -> Template:
    return desk_page(
        request,
        me,
        "facilities/places_of_help.html",
        status_code=status_code,
        commune=commune,
        communes=[] if scope.commune_code else await places.communes_of(db, scope.province_code),
        facilities=await facilities.facilities_of(db, commune.code) if commune else [],
        kinds=FACILITY_KIND_NAMES,
        filled=filled,
        is_known=bool(filled.values)
        and await facilities.facility_of(db, scope, filled.values.id) is not None,
    )


async def _commune(db: Db, scope: Scope, code: str) -> CommuneRow | None:
    """The commune meant: one's own, or the chosen one of the province. None: not chosen yet."""
    code = scope.commune_code or code
    if not code:
        return None
    found = await places.commune(db, code)
    if found is None or not may_see_commune(scope, found.province_code, found.code):
        raise NotFoundException
    return found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundException from error


def _back(commune_code: str, done: str) -> Redirect:
    return go_to(f"/facilities?xa={commune_code}", done)
