"""What a team member's phone holds: the very field pack that it would fetch now, shown to the leader."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.follow_ups import REASON_NAMES
from volunteer_app.domain.permissions import Scope, may_lead, may_work_in_the_field
from volunteer_app.domain.visits import OUTCOME_NAMES
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.seen import note_seen
from volunteer_app.pages.sync.field_pack import field_pack
from volunteer_app.pages.team.people import member_of
from volunteer_app.storage import device_reports, people

OF_HOUSEHOLDS = ("households", "members", "visits", "walk_throughs", "observations", "follow_ups")
"""Parts of the pack that come a page at a time, and what is counted on the page."""


@get("/team/members/{membership_id:uuid}/phone")
async def phone_page(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, membership_id: FromPath[UUID]
) -> Template:
    """Every household that this person's phone holds after its next contact, and all that is said of it."""
    require(may_lead(my_scope))
    person, membership = await member_of(db, my_scope, membership_id)
    await note_seen(request, my_scope, "phone", membership_id)
    now = datetime.now(UTC)
    scope = await people.scope_of(db, membership, local_day(now))
    pack = await _whole(db, scope, now) if may_work_in_the_field(scope) else None
    return desk_page(
        request,
        me,
        "team/phone.html",
        person=person,
        membership=membership,
        pack=pack,
        phones=await device_reports.device_report(db, my_scope, person.id),
        of=_by_household(pack) if pack else {},
        counts={part: len(pack[part]) for part in OF_HOUSEHOLDS} if pack else {},
        outcomes=OUTCOME_NAMES,
        reasons=REASON_NAMES,
        services={one["slug"]: one["name"] for one in pack["services"]} if pack else {},
        now=now,
    )


async def _whole(db: AsyncSession, scope: Scope, now: datetime) -> dict[str, Any]:
    """All pages of the pack as one."""
    pack = page = await field_pack(db, scope, now, {}, language=language_now.get())
    while page["left"]:
        cursors = {UUID(id_): cursor for id_, cursor in page["cursors"].items()}
        page = await field_pack(db, scope, now, cursors, language=language_now.get())
        for part in OF_HOUSEHOLDS:
            pack[part] = [*pack[part], *page[part]]
    return pack


def _by_household(pack: dict[str, Any]) -> dict[UUID, dict[str, list[Any]]]:
    """Household → its members, visits and open returns."""
    found: dict[UUID, dict[str, list[Any]]] = {
        household["id"]: {part: [] for part in OF_HOUSEHOLDS[1:]} for household in pack["households"]
    }
    for part in OF_HOUSEHOLDS[1:]:
        for row in pack[part]:
            found[row["household_id"]][part].append(row)
    return found
