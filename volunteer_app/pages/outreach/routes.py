"""Outreach sessions at the leader's desk: where, on which service, how many came, whom the volunteers knew by name."""

from litestar import Request, get
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.outreach import PLACE_NAMES
from volunteer_app.domain.permissions import may_lead
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.pages.answers import desk_page
from volunteer_app.storage import outreach, people, places

MOST_SESSIONS = 100


@get("/outreach")
async def outreach_desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """The commune's sessions, the latest first. Persons are counted, never visits: no door was knocked on."""
    require(may_lead(my_scope))
    found = await outreach.sessions_in(db, my_scope, MOST_SESSIONS)
    return desk_page(
        request,
        me,
        "outreach/list.html",
        sessions=found,
        came=sum(one.session.people_count for one in found),
        ticked=sum(one.people for one in found),
        most=MOST_SESSIONS,
        hamlets={one.id: one.name for one in await places.all_hamlets_of(db, my_scope.commune_code or "")},
        names=await people.names_of(db, my_scope, {one.session.person_id for one in found}),
        places=PLACE_NAMES,
        services=PUBLIC_SERVICES,
    )
