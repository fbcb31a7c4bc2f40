"""Figures for other programs: JSON, CSV, spreadsheets and GeoJSON, by the same functions as the pages.

Who is signed in gets what their pages show: small cells hidden outside the commune, no name of a family but in the list
of visits, and that only for who leads the commune. Programs get the figures of their place, small cells hidden. Every
export is noted.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, Parameter
from litestar.response import Stream, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, Reader, engine_of, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import gap_of, recency_of, staleness_of
from volunteer_app.domain.figures.measures import MeasuredPlace
from volunteer_app.domain.figures.tallies import ANY
from volunteer_app.domain.permissions import (
    Scope,
    may_let_programs_in,
    may_see_figures,
    may_see_records,
    may_see_small_figures,
)
from volunteer_app.domain.problems import N_
from volunteer_app.domain.programs import LASTS_DAYS
from volunteer_app.i18n import LANGUAGES, language_now, sentence_of
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.coverage.shown import Asked, asked_of, shown_in
from volunteer_app.pages.figures import geojson
from volunteer_app.pages.places import chosen_place
from volunteer_app.pages.reports.downloads import XLSX, as_file, file_name, tables_of
from volunteer_app.pages.reports.files import BOM, csv_lines, csv_of, lines_of_safe, safe, xlsx_of
from volunteer_app.pages.reports.made import make_report
from volunteer_app.pages.reports.sheets import sheets_of
from volunteer_app.pages.reports.view import report_view
from volunteer_app.storage import programs
from volunteer_app.storage.database import Database
from volunteer_app.storage.figures import exports

ProvinceParameter = Annotated[
    str, Parameter(description=N_("Code of the province, two digits"), max_length=2)
]
CommuneParameter = Annotated[
    str | None, Parameter(description=N_("Code of the commune, five digits"), max_length=5)
]
LanguageParameter = Annotated[str, Parameter(description=N_("Language of the words: vi or en"))]
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv", "xlsx": XLSX, "geojson": "application/geo+json"}
FILE_KINDS = tuple(MEDIA_TYPES)
COLUMNS = (
    "code", "name", "official_households", "official_source", "turns", "households_visited", "households_met",
    "households_met_so_far", "independent_households", "gap", "service", "households_needing", "households_alone",
    "households_with_help", "households_done_for", "households_blocked",
    "households_relapsed", "last_visit", "days_without_visit", "last_visit_when", "first_day", "last_day", "as_of",
)  # fmt: skip


class PlaceFigures(msgspec.Struct):
    """What was counted in a place. null: not known, or of fewer than 5 households, which is hidden outside the commune.
    There all counts are rounded down to a multiple of 5, and of the last visit only `last_visit_when` is told."""

    code: str
    name: str
    official_households: int | None
    official_source: str
    turns: int | None
    households_visited: int | None
    households_met: int | None
    households_met_so_far: int | None
    independent_households: int | None
    gap: int | None
    service: str
    households_needing: int | None
    households_alone: int | None
    households_with_help: int | None
    households_done_for: int | None
    households_blocked: int | None
    households_relapsed: int | None
    last_visit: date | None
    days_without_visit: int | None
    last_visit_when: str
    first_day: date | None
    last_day: date
    as_of: datetime


@get(
    "/api/v1/figures/places/{kind:str}",
    include_in_schema=True,
    tags=["figures"],
    description=N_(
        "The communes of a province or the hamlets of a commune, with their figures. kind: json, csv, xlsx or geojson."
    ),
)
async def figures_of_places(
    request: Request,
    db: Db,
    reader: Reader,
    kind: FromPath[str],
    province: ProvinceParameter,
    commune: CommuneParameter = None,
    language: LanguageParameter = "vi",
    span: Annotated[
        str,
        Parameter(
            description=N_(
                "all (usual), week, month or quarter; inside the commune also day, or dates for chosen days"
            )
        ),
    ] = "",
    first_day: Annotated[str, Parameter(description=N_("With span=dates: YYYY-MM-DD"))] = "",
    last_day: Annotated[str, Parameter(description=N_("With span=dates: YYYY-MM-DD"))] = "",
    back: Annotated[str, Parameter(description=N_("So many periods before the one that is running"))] = "",
    service: Annotated[str, Parameter(description=N_("Of which service the levels are counted"))] = "",
    blocker: Annotated[
        str, Parameter(description=N_("Only what this blocker stands in; all unless told"))
    ] = "",
    signal: Annotated[
        str, Parameter(description=N_("Only hamlets with this signal: none, weak, good, unknown"))
    ] = "",
    spoken: Annotated[
        str, Parameter(description=N_("Only hamlets where this language is spoken, by its tag"))
    ] = "",
) -> Response[Any]:
    """Places with their figures."""
    _speak(language)
    require(kind in FILE_KINDS)
    now = datetime.now(UTC)
    scope, _name = await chosen_place(db, reader, province, commune)
    chosen = {
        "span": span, "first_day": first_day, "last_day": last_day, "back": back,
        "service": service, "blocker": blocker, "signal": signal, "spoken": spoken,
    }  # fmt: skip
    asked = asked_of(chosen, now, by_day=may_see_small_figures(reader))
    if asked.problem is not None:
        raise ClientException(sentence_of(asked.problem))
    rows = await figures_in(db, scope, reader, asked)
    await exports.note(engine_of(request.app.state), reader, f"places.{kind}", province, commune, now)
    name = file_name("figures", commune or province, local_day(now))
    headers = {"cache-control": "no-store"}
    if kind != "json":
        headers["content-disposition"] = f'attachment; filename="{name}.{kind}"'
    return Response(
        await body_of(kind, db, scope, rows, asked.today), media_type=MEDIA_TYPES[kind], headers=headers
    )


@get(
    "/api/v1/figures/report/{kind:str}",
    include_in_schema=True,
    tags=["figures"],
    description=N_("A report by day, week, month or quarter, as on its page. kind: json, csv or xlsx."),
)
async def figures_of_report(
    request: Request,
    db: Db,
    reader: Reader,
    kind: FromPath[str],
    province: ProvinceParameter,
    commune: CommuneParameter = None,
    language: LanguageParameter = "vi",
    span: Annotated[
        str, Parameter(description=N_("day (inside the commune only), week (usual), month, quarter"))
    ] = "",
    on: Annotated[str, Parameter(description=N_("A day in it, YYYY-MM-DD; today unless told"))] = "",
) -> Response[Any]:
    """A report, as on its page."""
    _speak(language)
    require(kind in ("json", "csv", "xlsx"))
    now = datetime.now(UTC)
    scope, name = await chosen_place(db, reader, province, commune)
    view = report_view({"span": span, "on": on}, local_day(now), by_day=may_see_small_figures(reader))
    report = await make_report(db, scope, reader, view, now)
    await exports.note(engine_of(request.app.state), reader, f"report.{kind}", province, commune, now)
    tables = tables_of(report, sheets_of(report), name)
    if kind == "json":
        said = [{"title": title, "rows": rows} for title, rows in tables]
        return Response(msgspec.json.encode(said), media_type="application/json")
    return await as_file(
        kind, tables, file_name(f"report-{view.span.value}", commune or province, report.period.last_day)
    )


@get(
    "/api/v1/figures/visits.csv",
    include_in_schema=True,
    tags=["figures"],
    description=N_("Every visit of one's own commune, row by row, with names: only for who leads there."),
)
async def visits_as_csv(
    request: Request, my_scope: CurrentScope, province: ProvinceParameter, commune: CommuneParameter = None
) -> Stream:
    """The visits of one's own commune."""
    require(commune is not None and may_see_records(my_scope, province, commune or ""))
    scope, now = my_scope.within(commune), datetime.now(UTC)
    await exports.note(engine_of(request.app.state), my_scope, "visits.csv", province, commune, now)
    name = file_name("visits", commune or "", local_day(now))
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "cache-control": "no-store"}
    return Stream(_visits(engine_of(request.app.state), scope), media_type="text/csv", headers=headers)


async def _visits(database: Database, scope: Scope) -> AsyncIterator[bytes]:
    """The list in parts, inside a transaction of its own that lasts as long as the reader reads."""
    yield (BOM + csv_lines([exports.VISIT_COLUMNS])).encode()
    async with database.reading() as db:
        async for rows in exports.visits_in(db, scope, safe):
            yield lines_of_safe(rows).encode()


@get("/figures-api")
async def description(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """How other programs read the figures, in words; the same as OpenAPI stands beside it. And which ones may."""
    require(may_see_figures(my_scope))
    return await description_page(request, db, me, my_scope, FilledProgram())


@dataclass
class FilledProgram:
    """The form for one more program as it is shown. secret: of the one just let in, shown this once."""

    name: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    secret: str = ""


async def description_page(
    request: Request,
    db: AsyncSession,
    me: Me | None,
    scope: Scope,
    filled: FilledProgram,
    status_code: int = 200,
) -> Template:
    """The page; filled: what stands in its form."""
    schema = request.app.openapi_schema.to_schema()
    lets_in = may_let_programs_in(scope)
    return desk_page(
        request,
        me,
        "figures/description.html",
        at="/figures-api",
        status_code=status_code,
        operations=[(path, methods["get"]) for path, methods in schema["paths"].items() if "get" in methods],
        scope=scope,
        lets_in=lets_in,
        programs=await programs.programs_of(db, scope) if lets_in else [],
        lasts=LASTS_DAYS,
        filled=filled,
        today=local_day(datetime.now(UTC)),
        origin=request.app.state.settings.origin,
    )


async def figures_in(db: AsyncSession, scope: Scope, seen_by: Scope, asked: Asked) -> list[PlaceFigures]:
    """The places of a scope, and all of them together, as rows for other programs."""
    hides = not may_see_small_figures(seen_by)
    shown, _counted = await shown_in(
        db, scope, asked, hides_small_cells=hides, blocker=asked.view.blocker or ANY
    )
    return [row_of(one.place, asked) for one in shown.places]


def row_of(place: MeasuredPlace, asked: Asked) -> PlaceFigures:
    """A place as a row. What must stay hidden is left out."""
    counts = {name: None if name in place.hidden else count for name, count in place.counts.items()}
    official, period, last = place.official, asked.period, place.figures.last_visit_on
    return PlaceFigures(
        code=place.key,
        name=place.name,
        official_households=official.households,
        official_source="; ".join(sorted(source.name for source in official.sources)),
        turns=counts["turns"],
        households_visited=counts["attempted"],
        households_met=counts["met"],
        households_met_so_far=counts["met_so_far"],
        independent_households=counts["independent"],
        gap=None if "independent" in place.hidden else gap_of(place.figures, official),
        service=asked.view.service,
        households_needing=counts["needing"],
        households_alone=counts["alone"],
        households_with_help=counts["with_help"],
        households_done_for=counts["done_for"],
        households_blocked=counts["blocked"],
        households_relapsed=counts["relapsed"],
        last_visit=last if place.recency is None else None,
        days_without_visit=staleness_of(place.figures, period.last_day) if place.recency is None else None,
        last_visit_when=place.recency or recency_of(last, period.last_day),
        first_day=period.first_day,
        last_day=period.last_day,
        as_of=asked.now.replace(microsecond=0),
    )


async def body_of(kind: str, db: AsyncSession, scope: Scope, rows: list[PlaceFigures], today: date) -> bytes:
    """The rows as a file. kind: one of `FILE_KINDS`."""
    if kind == "json":
        return msgspec.json.encode(rows)
    if kind == "geojson":
        outlines = await exports.outlines_in(db, scope, today)
        features = [
            geojson.feature(
                row.code,
                msgspec.structs.asdict(row),
                geojson.geometry_of(outlines[row.code]) if row.code in outlines else None,
            )
            for row in rows
        ]
        return msgspec.json.encode(geojson.collection(features))
    table = [list(COLUMNS), *(list(msgspec.structs.astuple(row)) for row in rows)]
    if kind == "csv":
        return csv_of([("", table)])
    return await asyncio.to_thread(xlsx_of, [(_("Figures"), table)])


def _speak(language: str) -> None:
    """Addresses of the API have no language in front; the words of a file do."""
    if language not in LANGUAGES:
        raise NotFoundException
    language_now.set(language)
