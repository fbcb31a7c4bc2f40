"""The board of blockers by place and category, to be handed to those who can remove them."""

from datetime import UTC, datetime

from litestar import Request
from litestar.exceptions import ClientException
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import Me
from volunteer_app.domain.blockers import BLOCKER_NAMES, REMOVER_NAMES, Remover
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.periods import SPAN_NAMES, Span
from volunteer_app.domain.permissions import Scope, may_see_records, may_see_small_figures
from volunteer_app.i18n import format_number, language_now
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.blockers.board import BlockerLine, Board, make_board
from volunteer_app.pages.places import chosen_place, figures_page
from volunteer_app.pages.reports import view as addresses
from volunteer_app.pages.reports.view import ReportView, report_view, span_text
from volunteer_app.shell import prefixed


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
    may_see_small = may_see_small_figures(my_scope)
    view = report_view({"span": "month"} | dict(request.query_params), today, by_day=may_see_small)
    remover = _remover(request.query_params.get("remover", ""))
    board = await make_board(db, scope, view, now, hides=not may_see_small, remover=remover)
    path = request.scope["path"]
    here = prefixed(language_now.get(), path)
    later = addresses.later(view, today)

    def at(some: ReportView, who: Remover | None) -> str:
        return addresses.address(here, some) + (f"&remover={who.value}" if who else "")

    may_open = commune_code is not None and may_see_records(my_scope, province_code, commune_code)
    place = f"/left-behind/{province_code}/{commune_code}/households?what=blocked"
    return desk_page(
        request,
        me,
        "blockers/board.html",
        name=name,
        board=board,
        title=span_text(view.span, board.period),
        lines=[
            (
                _(REMOVER_NAMES[who]),
                [(line, _(BLOCKER_NAMES[line.blocker]), course_text(board, line)) for line in found],
            )
            for who, found in board.lines.items()
        ],
        blockers=[_(BLOCKER_NAMES[one]) for one in board.blockers],
        place_rows=[(said, key, _cells(board, counts)) for said, key, counts in board.places],
        removers=[
            (at(view, None if who is remover else who), _(said), who is remover)
            for who, said in REMOVER_NAMES.items()
        ],
        addressed_to=_(REMOVER_NAMES[remover]) if remover else "",
        spans=[
            (at(ReportView(span, view.on), remover), _(SPAN_NAMES[span]), span is view.span)
            for span in (Span.WEEK, Span.MONTH, Span.QUARTER)
        ],
        earlier=at(addresses.earlier(view, today), remover),
        later=at(later, remover) if later else "",
        behind=prefixed(language_now.get(), place) if may_open else "",
        is_commune=commune_code is not None,
    )


board_page = figures_page("/blockers", _page)


def _remover(text: str) -> Remover | None:
    try:
        return Remover(text) if text else None
    except ValueError as error:
        raise ClientException from error


def course_text(board: Board, line: BlockerLine) -> str:
    """The weeks in words, for who does not see the bars."""
    weeks = zip(board.weeks, line.course, strict=True)
    said = [f"{start:%d/%m} {'•' if turns is None else format_number(turns)}" for start, turns in weeks]
    return _("Turns by week: %(weeks)s") % {"weeks": "; ".join(said)}


def _cells(board: Board, counts: list[int | None]) -> list[tuple[str, int]]:
    """Each count in words, with how strongly it is woven (0–5, by its share of the largest)."""
    most = max((count or 0 for _, _, row in board.places for count in row[:-1]), default=0) or 1
    return [("•", 0) if count is None else (format_number(count), -(-5 * count // most)) for count in counts]
