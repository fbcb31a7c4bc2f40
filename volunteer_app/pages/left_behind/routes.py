"""Left behind: ranked lists of hamlets, phones not heard from, and for the leader the households behind a number."""

from datetime import UTC, datetime

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.left_behind import QUIET_DAYS, Ranking
from volunteer_app.domain.periods import Period
from volunteer_app.domain.permissions import Scope, may_see_records, may_see_small_figures, may_see_team
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.coverage.filters import filters_of, is_chosen
from volunteer_app.pages.coverage.shown import placed
from volunteer_app.pages.left_behind.view import LeftView, address, left_view
from volunteer_app.pages.left_behind.words import listed, phone_rows
from volunteer_app.pages.places import chosen_place, figures_page
from volunteer_app.pages.seen import note_seen
from volunteer_app.shell import prefixed
from volunteer_app.storage.figures import coverage, left_behind


@get("/left-behind/{province_code:str}/{commune_code:str}/households")
async def households_behind(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    province_code: FromPath[str],
    commune_code: FromPath[str],
) -> Template:
    """The households behind a number, for those who may read them: what=relapsed, blocked or blocked/BLOCKER."""
    require(may_see_records(my_scope, province_code, commune_code))
    await note_seen(request, my_scope, "left behind", commune_code=commune_code)
    scope, name = await chosen_place(db, my_scope, province_code, commune_code)
    what, _slash, which = request.query_params.get("what", "relapsed").partition("/")
    require(what in ("relapsed", "blocked") and (not which or which in list(Blocker)))
    if what == "relapsed":
        rows = await left_behind.households_relapsed(db, scope)
    else:
        rows = await left_behind.households_blocked(db, scope, which)
    said = [
        (
            row,
            _(PUBLIC_SERVICES[row.service].name) if row.service in PUBLIC_SERVICES else row.service,
            _(BLOCKER_NAMES[Blocker(row.blocker)]) if row.blocker else "",
        )
        for row in rows
    ]
    title = _("Skills that were lost") if what == "relapsed" else _("Something in the way")
    place = f"{province_code}/{commune_code}"
    back = prefixed(language_now.get(), f"/{'left-behind' if what == 'relapsed' else 'blockers'}/{place}")
    return desk_page(
        request,
        me,
        "left_behind/households.html",
        name=name,
        rows=said,
        title=title,
        back=back,
        shows_blocker=what == "blocked",
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
    now = datetime.now(UTC)
    today = local_day(now)
    view = left_view(request.query_params)
    hides = not may_see_small_figures(my_scope)
    hamlets = await coverage.hamlets_with_figures(
        db, scope, commune_code, core_slugs()[0], Period(None, today), today
    )
    names = {} if commune_code else await coverage.commune_names(db, scope)
    places = [
        (place, counted, names.get(counted.commune_code, ""))
        for place, counted in placed(hamlets, core_slugs()[0], today, hides=hides)
        if is_chosen(counted, view.signal, view.spoken)
    ]
    path = request.scope["path"]
    here = prefixed(language_now.get(), path)
    may_open = commune_code is not None and may_see_records(my_scope, province_code, commune_code)
    behind = {Ranking.RELAPSE: f"{here}/households?what=relapsed"} if may_open else {}
    phones = await left_behind.silent_phones(db, scope, now)
    if not names and phones:
        names = {commune_code or "": ""}
    signals, spoken = filters_of(here, view, hamlets, address)
    return desk_page(
        request,
        me,
        "left_behind/lists.html",
        name=name,
        here=here,
        view=view,
        now=now,
        counts=await coverage.phones_in(db, scope, now),
        lists=[
            listed(one, view, here, places, today, behind.get(one, ""), by_month=hides)
            for one in Ranking
            if view.ranking in (None, one)
        ],
        quiet_choices=[]
        if hides
        else [(address(here, view, quiet=days), days, days == view.quiet) for days in QUIET_DAYS],
        all_lists=address(here, LeftView(None, view.quiet, view.signal, view.spoken)),
        signals=signals,
        spoken=spoken,
        phones=phone_rows(phones, names, now, with_people=may_see_team(my_scope)),
        shows_team=may_see_team(my_scope),
        hides=hides,
        map=prefixed(language_now.get(), path.replace("/left-behind", "/coverage", 1)),
        board=prefixed(language_now.get(), path.replace("/left-behind", "/blockers", 1)),
    )


lists_page = figures_page("/left-behind", _page)
