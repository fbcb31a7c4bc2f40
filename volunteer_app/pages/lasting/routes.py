"""What lasts: of all skills learned in a month, how many were still there after 30, 90, 180 days; how sure that is."""

from datetime import UTC, datetime

from litestar import Request, get
from litestar.exceptions import ClientException
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.cohort import ASKED_AFTER, FOUND_AGAIN_WITHIN
from volunteer_app.domain.permissions import Scope, may_see_records, may_see_small_figures
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.lasting.words import (
    PART_NAMES,
    cohort_line,
    headline,
    is_told,
    lines_by_place,
    summed,
)
from volunteer_app.pages.places import chosen_place, figures_page
from volunteer_app.pages.reports.sheets import service_name
from volunteer_app.pages.seen import note_seen
from volunteer_app.shell import prefixed
from volunteer_app.storage.figures import cohort
from volunteer_app.storage.figures.coverage import commune_names
from volunteer_app.storage.places import all_hamlets_of

USUAL_HORIZON = 90
"""The mission's own number: still alone after a quarter of a year."""

MOST_TO_FIND = 100
"""How many skills to look at again are listed."""


@get("/lasting/{province_code:str}/{commune_code:str}/households")
async def households_to_find(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    province_code: FromPath[str],
    commune_code: FromPath[str],
) -> Template:
    """The households where somebody should look again, those whose days end first at the top; for who may read them."""
    require(may_see_records(my_scope, province_code, commune_code))
    await note_seen(request, my_scope, "to look at again", commune_code=commune_code)
    scope, name = await chosen_place(db, my_scope, province_code, commune_code)
    found, count = await cohort.to_find(db, scope, local_day(datetime.now(UTC)), MOST_TO_FIND)
    return desk_page(
        request,
        me,
        "lasting/households.html",
        name=name,
        rows=[(row, service_name(row.service)) for row in found],
        count=count,
        back=prefixed(language_now.get(), f"/lasting/{province_code}/{commune_code}"),
    )


async def _page(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    my_scope: Scope,
    province_code: str,
    commune_code: str | None,
) -> Template:
    scope, name = await chosen_place(db, my_scope, province_code, commune_code)
    today = local_day(datetime.now(UTC))
    hides = not may_see_small_figures(my_scope)
    days, service = _chosen(request)
    months = await cohort.by_month(db, scope, today, service)
    places = await cohort.by_place(db, scope, today, service)
    if commune_code is None:
        names = await commune_names(db, scope)
    else:
        names = {row.id.hex: row.name for row in await all_hamlets_of(db, commune_code)}
    here = prefixed(language_now.get(), request.scope["path"])

    def at(days: int = days, service: str = service) -> str:
        said = [f"days={days}"] if days != USUAL_HORIZON else []
        return here + "?" * bool(said or service) + "&".join(said + [f"service={service}"] * bool(service))

    whole, as_of = summed(months.values(), days, hides=hides), await cohort.as_of(db, scope)
    of_months = [
        (month, summed([months[month]], days, hides=hides)) for month in sorted(months, reverse=True)
    ]
    return desk_page(
        request,
        me,
        "lasting/lasting.html",
        name=name,
        headline=headline(whole, days, as_of, hides=hides),
        as_of=as_of,
        part_names=[(key, _(said)) for key, said in PART_NAMES.items()],
        days=days,
        within=FOUND_AGAIN_WITHIN[days],
        months=[cohort_line(f"{month:%m/%Y}", one) for month, one in of_months if is_told(one, hides=hides)],
        places=lines_by_place(places, names, days, "" if commune_code else here, hides=hides),
        day_choices=[(at(days=one), one, one == days) for one in ASKED_AFTER],
        services=[(at(service=""), _("All services"), not service)]
        + [(at(service=slug), service_name(slug), slug == service) for slug in core_slugs()],
        to_find=f"{here}/households"
        if commune_code is not None and may_see_records(my_scope, province_code, commune_code)
        else "",
        hides=hides,
    )


def _chosen(request: Request) -> tuple[int, str]:
    days, service = (
        request.query_params.get("days", str(USUAL_HORIZON)),
        request.query_params.get("service", ""),
    )
    if days not in map(str, ASKED_AFTER) or (service and service not in core_slugs()):
        raise ClientException
    return int(days), service


cohort_page = figures_page("/lasting", _page)
