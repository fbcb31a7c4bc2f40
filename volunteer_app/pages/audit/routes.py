"""Who did what: the log as leaders and administrators may read it."""

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.permissions import may_see_audit
from volunteer_app.domain.problems import N_
from volunteer_app.pages.answers import desk_page
from volunteer_app.storage import audit

AT_A_TIME = 100

ACTION_NAMES = {
    "invite.made": N_("Invitation made"),
    "invite.used": N_("Invitation used"),
    "seat.confirmed": N_("Digits compared: let in"),
    "seat.refused": N_("Not let in"),
    "ending.asked": N_("Asked that a leader's duty ends"),
    "ending.agreed": N_("Agreed that a leader's duty ends"),
    "ending.refused": N_("Did not agree that a leader's duty ends"),
    "seat.entered": N_("Came in"),
    "sign_in.began": N_("Signed in"),
    "passkey.made": N_("Passkey made"),
    "key.forgotten": N_("Key forgotten"),
    "session.ended": N_("Phone signed out from elsewhere"),
    "member.role": N_("Role changed"),
    "member.last_day": N_("Last day changed"),
    "member.recovery": N_("Phone lost: everything stopped"),
    "names.seen": N_("List with names seen"),
    "household.opened": N_("Household opened at the desk"),
    "household.merged": N_("Households merged"),
    "merger.undone": N_("Merger taken back"),
    "households.told_apart": N_("Two households told apart"),
    "level.decided": N_("Level decided at the desk"),
    "file.handed_in": N_("File of a phone handed in"),
    "clash.settled": N_("One of two values chosen"),
    "operation.replayed": N_("Parked entry taken again"),
    "operation.discarded": N_("Parked entry set aside for good"),
    "export.made": N_("Figures taken as a file"),
    "program.allowed": N_("Another program let in to read figures"),
    "program.stopped": N_("Another program stopped"),
    "voice.taken_down": N_("Published voice taken down"),
    "household.exported": N_("Household's data taken as a file"),
    "household.erased": N_("Household erased"),
    "privacy.asked": N_("Privacy request written down"),
    "privacy.step": N_("Privacy request: next step"),
    "breach.found": N_("Breach written down"),
    "breach.reported": N_("Breach reported"),
}


@get("/audit")
async def audit_page(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    of: FromQuery[str] = "",
    before: FromQuery[int | None] = None,
) -> Template:
    """The last lines first. of: only what happened to this thing; before: further back."""
    require(may_see_audit(my_scope))
    lines = await audit.lines(db, my_scope, object_id=of, before=before, most=AT_A_TIME)
    return desk_page(
        request,
        me,
        "audit/who_did_what.html",
        lines=lines,
        names=await audit.people_in(db, my_scope, lines),
        actions=ACTION_NAMES,
        of=of,
        further=lines[-1].seq if len(lines) == AT_A_TIME else None,
    )
