"""The commune's households at the leader's desk, as a list: searched, filtered, sorted, page by page; what was asked
stands in the address."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import shown_name
from volunteer_app.domain.names import matches, person_sort_key, sort_key
from volunteer_app.domain.permissions import may_lead
from volunteer_app.domain.problems import N_
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.listing import Listing
from volunteer_app.pages.seen import note_seen
from volunteer_app.storage import assignments, places
from volunteer_app.storage.household_lists import HouseholdLine, listed_in, standings_of

LONG_AGO = timedelta(days=30)

STATES = {
    "": N_("All households"),
    "never": N_("Nobody came yet"),
    "not_met": N_("Nobody was met yet"),
    "not_lately": N_("No visit for 30 days"),
    "without": N_("In a hamlet that nobody has"),
    "independent": N_("Independent"),
    "not_independent": N_("Not independent yet"),
}
"""What the list can be narrowed to, by its word in the address."""

ORDERS = {
    "": N_("By house code"),
    "name": N_("By given name"),
    "hamlet": N_("By hamlet"),
    "longest": N_("Longest without a visit first"),
    "latest": N_("Visited last first"),
}
"""How it can be sorted, by its word in the address."""


@get("/households")
async def households_desk(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    hamlet: FromQuery[UUID | None] = None,
    q: FromQuery[str] = "",
    which: FromQuery[str] = "",
    order: FromQuery[str] = "",
    page: FromQuery[int] = 1,
) -> Template:
    """The commune's households, found by name, house code, hamlet and state."""
    require(may_lead(my_scope))
    await note_seen(request, my_scope, "households")
    today = local_day(datetime.now(UTC))
    hamlets = await places.all_hamlets_of(db, my_scope.commune_code or "")
    which, order = which if which in STATES else "", order if order in ORDERS else ""
    is_wanted = wanted(
        which, today, {row.hamlet_id for row in await assignments.running(db, my_scope, today)}
    )
    found = [
        row
        for row in await listed_in(db, my_scope)
        if (hamlet is None or row.hamlet_id == hamlet)
        and is_wanted(row)
        and (not q or matches(q, f"{row.label} {row.code}"))
    ]
    positions = {one.id: n for n, one in enumerate(hamlets)}
    found.sort(key=sorting(order, positions))
    asked = {"q": q, "hamlet": str(hamlet or ""), "which": which, "order": order}
    listing = Listing("/households", asked, page, len(found))
    shown = listing.of(found)
    return desk_page(
        request,
        me,
        "households/list.html",
        hamlets={one.id: one.name for one in hamlets},
        hamlet=hamlet,
        q=q,
        which=which,
        order=order,
        states=STATES,
        orders=ORDERS,
        found=shown,
        listing=listing,
        standings=await standings_of(db, my_scope, [row.id for row in shown]),
        shown_name=shown_name,
        core=[PUBLIC_SERVICES[slug] for slug in core_slugs()],
    )


def wanted(which: str, today: date, held: set[UUID]) -> Callable[[HouseholdLine], bool]:
    """Which households a state means. held: hamlets that somebody has."""
    long_ago = today - LONG_AGO
    return {
        "never": lambda row: row.last_visit_on is None,
        "not_met": lambda row: row.first_met_on is None,
        "not_lately": lambda row: row.last_visit_on is None or row.last_visit_on < long_ago,
        "without": lambda row: row.hamlet_id not in held,
        "independent": lambda row: bool(row.is_independent),
        "not_independent": lambda row: not row.is_independent,
    }.get(which, lambda row: True)


def sorting(order: str, positions: dict[UUID, int]) -> Callable[[HouseholdLine], Any]:
    """What an order compares; the house code tells apart what is alike."""

    def by_code(row: HouseholdLine) -> Any:
        return sort_key(row.code)

    never = date.min
    return {
        "name": lambda row: (person_sort_key(row.label or row.code), by_code(row)),
        "hamlet": lambda row: (positions.get(row.hamlet_id, 0), by_code(row)),
        "longest": lambda row: (row.last_visit_on or never, by_code(row)),
        "latest": lambda row: (-(row.last_visit_on or never).toordinal(), by_code(row)),
    }.get(order, by_code)
