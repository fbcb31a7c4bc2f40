"""Reports by day, week, month and quarter: a page that prints on A4, files, and the records behind a total."""

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.reports import LINES, Total, total_named
from volunteer_app.domain.independence import LEVEL_NAMES, IndependenceLevel
from volunteer_app.domain.periods import SPAN_NAMES, Span
from volunteer_app.domain.permissions import (
    Scope,
    may_see_records,
    may_see_small_figures,
)
from volunteer_app.domain.problems import N_
from volunteer_app.domain.visits import OUTCOME_NAMES, Outcome
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.places import chosen_place, figures_page
from volunteer_app.pages.reports import view as addresses
from volunteer_app.pages.reports.charts import charts_of
from volunteer_app.pages.reports.made import make_report
from volunteer_app.pages.reports.sheets import SheetCell, When, service_name, sheets_of
from volunteer_app.pages.reports.view import ReportView, report_view, span_text
from volunteer_app.pages.reports.words import paragraph
from volunteer_app.pages.seen import note_seen
from volunteer_app.shell import prefixed
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.figures import records_behind as behind

MOST_RECORDS, MOST_PAGES = 500, 10_000


@get("/reports/{province_code:str}/{commune_code:str}/records")
async def records_behind(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    province_code: FromPath[str],
    commune_code: FromPath[str],
) -> Template:
    """The records behind a total, for those who may read them: only inside one's own commune."""
    require(may_see_records(my_scope, province_code, commune_code))
    await note_seen(request, my_scope, "report", commune_code=commune_code)
    scope, name = await chosen_place(db, my_scope, province_code, commune_code)
    today = local_day(datetime.now(UTC))
    view = report_view(request.query_params, today, by_day=True)
    query = request.query_params
    total, when = total_named(query.get("what", "turns")), query.get("when", "now")
    require(total is not None and when in list(When))
    assert total is not None  # noqa: S101 - said above, for the type checker
    period = addresses.of_records(view, today, when)
    page = max(1, int(number)) if (number := query.get("page", "1")).isdecimal() else 1
    hamlet_ids = None
    if query.get("hamlet"):
        hamlet_ids = await coverage.counted_for(db, scope, _id(query["hamlet"]), today)
        require(bool(hamlet_ids))
    skip = (min(page, MOST_PAGES) - 1) * MOST_RECORDS
    found = await behind.records_behind(
        db, scope, period, total, hamlet_ids=hamlet_ids, skip=skip, most=MOST_RECORDS
    )
    rows = [(one, _went(total, one.what), service_name(one.service)) for one in found.records]
    back = addresses.address(prefixed(language_now.get(), f"/reports/{province_code}/{commune_code}"), view)
    here = f"{addresses.address(prefixed(language_now.get(), request.scope['path']), view)}&" + urlencode(
        {name: query[name] for name in ("what", "when", "hamlet") if query.get(name)}
    )
    context = {
        "rows": rows,
        "name": name,
        "back": back,
    }
    context |= {"about": _about(total)}
    context |= {"period": period, "count": found.number, "unit": total.unit.value, "first": skip + 1}
    context |= {
        "newer": f"{here}&page={page - 1}" if page > 1 else "",
        "older": f"{here}&page={page + 1}" if skip + len(rows) < found.number else "",
    }
    return desk_page(request, me, "reports/records.html", **context)


def _about(total: Total) -> list[str]:
    """Which total it is, in the words of the report."""
    names = {line.key: line.name for line in LINES} | OTHER_TOTALS
    which = [BLOCKER_NAMES[Blocker(total.which)]] if total.of.startswith("stuck") and total.which else []
    service = [service_name(total.which)] if total.which and not which else []
    return [_(names[total.of]), *map(_, which), *service]


OTHER_TOTALS = {
    "stuck": N_("What stood in the way"),
    "stuck_households": N_("What stood in the way"),
    "independent": N_("Households that can use every core service alone"),
    "alone": N_("Households that can do it alone so far"),
    "needing": N_("Households met that need it"),
}


def _went(total: Total, what: str) -> str:
    """How it went, in words: an outcome, or a level."""
    if total.is_of_visits:
        return _(OUTCOME_NAMES[Outcome(what)])
    if not what:
        return _("Stuck") if not total.is_of_skills else ""
    return _(LEVEL_NAMES[IndependenceLevel(int(what))])


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundException from error


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
    view = report_view(request.query_params, today, by_day=may_see_small_figures(my_scope))
    report = await make_report(db, scope, my_scope, view, now)
    path = request.scope["path"]
    here = prefixed(language_now.get(), path)
    may_open = commune_code is not None and may_see_records(my_scope, province_code, commune_code)
    later = addresses.later(view, today)
    return desk_page(
        request,
        me,
        "reports/report.html",
        name=name,
        report=report,
        sheets=sheets_of(report),
        sentences=paragraph(report, lambda what: _href(here, view, SheetCell(0, what), may_open)),
        behind=lambda cell: (
            _href(here, view, cell, may_open) if may_open and cell.what and cell.value else ""
        ),
        title=span_text(view.span, report.period),
        spans=[
            (addresses.address(here, ReportView(span, view.on)), _(SPAN_NAMES[span]), span is view.span)
            for span in (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER)
            if span is not Span.DAY or may_see_small_figures(my_scope)
        ],
        earlier=addresses.address(here, addresses.earlier(view, today)),
        later=addresses.address(here, later) if later else "",
        files=_files(view, province_code, commune_code),
        **charts_of(report),
        is_team=my_scope.role.value == "leader",
        is_commune=commune_code is not None,
        today=today,
    )


report_page = figures_page("/reports", _page)


def _href(here: str, view: ReportView, cell: SheetCell, may_open: bool) -> str:
    """Where a number leads: to its records, or for those who see figures only to its line in the table."""
    if cell.what.startswith("#"):
        return cell.what
    if not may_open:
        return "#blockers" if cell.what.startswith("stuck") else "#results"
    address = f"{addresses.address(f'{here}/records', view)}&what={cell.what}"
    if cell.when is not When.NOW:
        address += f"&when={cell.when.value}"
    return f"{address}&hamlet={cell.hamlet}" if cell.hamlet else address


def _files(view: ReportView, province_code: str, commune_code: str | None) -> dict[str, str]:
    place = f"province={province_code}" + (f"&commune={commune_code}" if commune_code else "")
    language = language_now.get()
    return {
        kind: f"{addresses.address(f'/api/v1/figures/report/{kind}', view)}&{place}&language={language}"
        for kind in ("xlsx", "csv", "json")
    }
