"""Reports by day, week, month and quarter: a page that prints on A4, files, and the records behind a total."""

from datetime import UTC, date, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import LEVEL_NAMES, IndependenceLevel
from volunteer_app.domain.periods import SPAN_NAMES, Span
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.visits import OUTCOME_NAMES, Outcome
from volunteer_app.i18n import format_day, format_moment, language_now
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.reports import view as addresses
from volunteer_app.pages.reports.charts import charts_of
from volunteer_app.pages.reports.files import csv_of, xlsx_of
from volunteer_app.pages.reports.made import Report, make_report
from volunteer_app.pages.reports.sheets import Sheet, sheets_of
from volunteer_app.pages.reports.view import ReportView, report_view, span_text
from volunteer_app.pages.reports.words import paragraph
from volunteer_app.permissions import (
    Scope,
    may_see_commune,
    may_see_figures,
    may_see_records,
    may_see_small_figures,
    require,
)
from volunteer_app.shell import prefixed
from volunteer_app.storage import reports
from volunteer_app.storage.places import CommuneRow, ProvinceRow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_RECORDS = 500


@get("/reports")
async def reports_start(my_scope: CurrentScope) -> Redirect:
    """To the report of what one answers for."""
    return to_own_place("/reports", my_scope)


@get("/reports/{province_code:str}")
async def report_of_province(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, province_code: FromPath[str]
) -> Template:
    """The report of a province, by communes."""
    return await _page(request, db, me, my_scope, province_code, None)


@get("/reports/{province_code:str}/{commune_code:str}")
async def report_of_commune(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    province_code: FromPath[str],
    commune_code: FromPath[str],
) -> Template:
    """The report of a commune, by hamlets."""
    return await _page(request, db, me, my_scope, province_code, commune_code)


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
    scope, name = await place_of(db, my_scope, province_code, commune_code)
    today = local_day(datetime.now(UTC))
    view = report_view(request.query_params, today, by_day=True)
    period = addresses.period_of(view, today)
    what, _slash, which = request.query_params.get("what", "turns").partition("/")
    if what in ("turns", "attempted", "met", "first_met"):
        found = await reports.visits_behind(
            db, scope, period, only_met=what in ("met", "first_met"), most=MOST_RECORDS
        )
        says = {outcome.value: _(OUTCOME_NAMES[outcome]) for outcome in Outcome}
    else:
        found = await reports.runs_behind(db, scope, period, **_only(what, which), most=MOST_RECORDS)
        says = {str(int(level)): _(LEVEL_NAMES[level]) for level in IndependenceLevel} | {"": _("Stuck")}
    rows = [
        (
            one,
            says.get(one.what, ""),
            _(PUBLIC_SERVICES[one.service].name) if one.service in PUBLIC_SERVICES else "",
        )
        for one in found
    ]
    back = addresses.address(prefixed(language_now.get(), f"/reports/{province_code}/{commune_code}"), view)
    context = {"me": me, "path": request.scope["path"], "rows": rows, "name": name, "back": back}
    context |= {"period": period, "is_cut": len(rows) == MOST_RECORDS, "most": MOST_RECORDS}
    return Template("reports/records.html", context=context)


RESULT_LEVELS = {
    "alone_runs": (IndependenceLevel.ALONE_WATCHED, IndependenceLevel.CONFIRMED_ALONE),
    "help_runs": (IndependenceLevel.WITH_HELP,),
    "done_runs": (IndependenceLevel.DONE_FOR,),
}


def _only(what: str, which: str) -> dict[str, Any]:
    if what in RESULT_LEVELS:
        return {"levels": RESULT_LEVELS[what]}
    if what == "blocker" and which in list(Blocker):
        return {"blocker": Blocker(which)}
    require(what in ("runs", "persons", "guided") and (not which or which in PUBLIC_SERVICES))
    return {"service": which}


def to_own_place(root: str, my_scope: Scope) -> Redirect:
    """From the start of a kind of figures to those of the place that one answers for."""
    require(may_see_figures(my_scope))
    place = "/".join(filter(None, (root, my_scope.province_code, my_scope.commune_code)))
    return Redirect(prefixed(language_now.get(), place), status_code=303)


async def place_of(
    db: AsyncSession, my_scope: Scope, province_code: str, commune_code: str | None
) -> tuple[Scope, str]:
    """The scope of a report's place and its full name; what is out of scope is *not found*."""
    require(may_see_figures(my_scope) and my_scope.province_code == province_code)
    require(my_scope.commune_code is None or commune_code is not None)
    if commune_code is None:
        province = await db.get(ProvinceRow, province_code)
        if province is None:
            raise NotFoundException
        return Scope(my_scope.person_id, my_scope.role, province_code), province.full_name
    require(may_see_commune(my_scope, province_code, commune_code))
    commune = await db.get(CommuneRow, commune_code)
    if commune is None or commune.province_code != province_code:
        raise NotFoundException
    return Scope(my_scope.person_id, my_scope.role, province_code, commune_code), commune.full_name


async def _page(
    request: Request, db: AsyncSession, me: Any, my_scope: Scope, province_code: str, commune_code: str | None
) -> Template:
    scope, name = await place_of(db, my_scope, province_code, commune_code)
    now = datetime.now(UTC)
    today = local_day(now)
    view = report_view(request.query_params, today, by_day=may_see_small_figures(my_scope))
    report = await make_report(db, scope, my_scope, view, now)
    path = request.scope["path"]
    here = prefixed(language_now.get(), path)
    may_open = commune_code is not None and may_see_records(my_scope, province_code, commune_code)
    later = addresses.later(view, today)
    context = {
        "me": me,
        "path": path,
        "name": name,
        "report": report,
        "sheets": sheets_of(report),
        "sentences": paragraph(report, lambda what: _href(here, view, what, may_open)),
        "behind": lambda what: _href(here, view, what, may_open) if may_open and what else "",
        "title": span_text(view.span, report.period),
        "spans": [
            (addresses.address(here, ReportView(span, view.on)), _(SPAN_NAMES[span]), span is view.span)
            for span in (Span.DAY, Span.WEEK, Span.MONTH, Span.QUARTER)
            if span is not Span.DAY or may_see_small_figures(my_scope)
        ],
        "earlier": addresses.address(here, addresses.earlier(view, today)),
        "later": addresses.address(here, later) if later else "",
        "files": _files(view, province_code, commune_code),
        **charts_of(report),
        "is_team": my_scope.role.value == "leader",
        "is_commune": commune_code is not None,
        "today": today,
    }
    return Template("reports/report.html", context=context)


def _href(here: str, view: ReportView, what: str, may_open: bool) -> str:
    """Where a number leads: to its records, or for those who see figures only to its line in the table."""
    if may_open and what != "independent":
        return f"{addresses.address(f'{here}/records', view)}&what={what}"
    return "#blockers" if what.startswith("blocker") else "#results"


def _files(view: ReportView, province_code: str, commune_code: str | None) -> dict[str, str]:
    place = f"province={province_code}" + (f"&commune={commune_code}" if commune_code else "")
    language = language_now.get()
    return {
        kind: f"{addresses.address(f'/api/v1/figures/report/{kind}', view)}&{place}&language={language}"
        for kind in ("xlsx", "csv", "json")
    }


def tables_of(report: Report, sheets: list[Sheet], name: str) -> list[tuple[str, list[list[Any]]]]:
    """The sheets as titled rows, with one in front that says what the file is about and of when it is."""
    about = [
        [_("Report of"), name],
        [_("Period"), span_text(report.view.span, report.period)],
        [_("From"), format_day(report.period.first_day or report.period.last_day)],
        [_("To"), format_day(report.period.last_day)],
        [_("Figures as of"), format_moment(report.made_at)],
        [_("Phones not heard from for 3 days"), report.phones.silent],
        [_("Phones in all"), report.phones.known],
    ]
    tables = [(_("About"), about)]
    for sheet in sheets:
        rows = [[_("under 5") if cell.value is None else cell.value for cell in row] for row in sheet.rows]
        tables.append((sheet.title, [sheet.headings, *rows]))
    return tables


def as_file(kind: str, tables: list[tuple[str, list[list[Any]]]], name: str) -> Response[bytes]:
    """Tables as a download."""
    body, media_type = (xlsx_of(tables), XLSX) if kind == "xlsx" else (csv_of(tables), "text/csv")
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def file_name(what: str, place: str, day: date) -> str:
    """A name for a download: plain letters, place code and day."""
    return f"tung-nha-{what}-{place}-{day.isoformat()}"
