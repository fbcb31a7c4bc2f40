"""Reports by day, week, month and quarter: a page that prints on A4, files, and the records behind a total."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.independence import LEVEL_NAMES, IndependenceLevel
from volunteer_app.domain.periods import SPAN_NAMES, Span
from volunteer_app.domain.permissions import (
    Scope,
    may_see_commune,
    may_see_figures,
    may_see_records,
    may_see_small_figures,
)
from volunteer_app.domain.problems import N_
from volunteer_app.domain.reports import LINES, Total, total_named
from volunteer_app.domain.visits import OUTCOME_NAMES, Outcome
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.pages.reports import view as addresses
from volunteer_app.pages.reports.charts import charts_of
from volunteer_app.pages.reports.files import csv_of, xlsx_of
from volunteer_app.pages.reports.made import Report, make_report
from volunteer_app.pages.reports.sheets import Cell, Sheet, When, service_name, sheets_of
from volunteer_app.pages.reports.view import ReportView, report_view, span_text
from volunteer_app.pages.reports.words import paragraph
from volunteer_app.shell import prefixed
from volunteer_app.storage import behind, coverage
from volunteer_app.storage.places import CommuneRow, ProvinceRow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_RECORDS, MOST_PAGES = 500, 10_000


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
    context = {"me": me, "path": request.scope["path"], "rows": rows, "name": name, "back": back}
    context |= {"about": _about(total)}
    context |= {"period": period, "count": found.number, "unit": total.unit.value, "first": skip + 1}
    context |= {
        "newer": f"{here}&page={page - 1}" if page > 1 else "",
        "older": f"{here}&page={page + 1}" if skip + len(rows) < found.number else "",
    }
    return Template("reports/records.html", context=context)


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
        return my_scope, province.full_name
    require(may_see_commune(my_scope, province_code, commune_code))
    commune = await db.get(CommuneRow, commune_code)
    if commune is None or commune.province_code != province_code:
        raise NotFoundException
    return my_scope.within(commune_code), commune.full_name


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
        "sentences": paragraph(report, lambda what: _href(here, view, Cell(0, what), may_open)),
        "behind": lambda cell: (
            _href(here, view, cell, may_open) if may_open and cell.what and cell.value else ""
        ),
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


def _href(here: str, view: ReportView, cell: Cell, may_open: bool) -> str:
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


def tables_of(report: Report, sheets: list[Sheet], name: str) -> list[tuple[str, list[list[Any]]]]:
    """The sheets as titled rows, with one in front that says what the file is about and of when it is."""
    about = [
        [_("Report of"), name],
        [_("Period"), span_text(report.view.span, report.period)],
        [_("From"), report.period.first_day or report.period.last_day],
        [_("To"), report.period.last_day],
        [_("Figures as of"), report.made_at],
        [_("Phones not heard from for 3 days"), report.phones.silent],
        [_("Phones in all"), report.phones.known],
    ]
    tables = [(_("About"), about)]
    for sheet in sheets:
        rows = [[_("hidden") if cell.value is None else cell.value for cell in row] for row in sheet.rows]
        tables.append((sheet.title, [sheet.headings, *rows]))
    return tables


async def as_file(kind: str, tables: list[tuple[str, list[list[Any]]]], name: str) -> Response[bytes]:
    """Tables as a download. A workbook is made in a thread: it takes long."""
    if kind == "xlsx":
        body, media_type = await asyncio.to_thread(xlsx_of, tables), XLSX
    else:
        body, media_type = csv_of(tables), "text/csv"
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def file_name(what: str, place: str, day: date) -> str:
    """A name for a download: plain letters, place code and day."""
    return f"tung-nha-{what}-{place}-{day.isoformat()}"
