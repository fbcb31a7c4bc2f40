"""Returns at the leader's desk: what is due in the commune, the most overdue first; asked of somebody, done, cancelled.

And for everybody who works in the field: their own returns as a calendar file.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.calendar_file import Entry, calendar_file
from volunteer_app.domain.follow_ups import (
    FINISHED_AT_SIGNAL,
    REASON_NAMES,
    Reason,
    Settled,
    problems_with_settling,
)
from volunteer_app.domain.households import shown_name
from volunteer_app.domain.ids import new_id
from volunteer_app.domain.permissions import Scope, may_lead, may_work_in_the_field
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.storage import follow_ups, hands, personal, visits
from volunteer_app.storage.database import at_once
from volunteer_app.storage.follow_ups import FollowUpRow, SettlementRow

MOST_RETURNS = 200
SCREENFUL = 40
"""How many the list shows first; the rest is a tap away."""
AHEAD = {"now": 0, "week": 7, "month": 31}
"""How far the list looks ahead, in days."""

ShortText = Annotated[str, msgspec.Meta(max_length=400)]


class SettleForm(msgspec.Struct):
    """What the form sends. person: whom to ask; settled_as: empty while it stays open."""

    person: ShortText = ""
    settled_as: ShortText = ""
    why: ShortText = ""


@get("/follow-ups")
async def follow_ups_desk(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    ahead: FromQuery[str] = "now",
    most: FromQuery[int] = SCREENFUL,
) -> Template:
    """What is due in the commune today, in a week or in a month."""
    require(may_lead(my_scope))
    most = min(max(most, SCREENFUL), MOST_RETURNS)
    return await _page(request, db, me, my_scope, ahead if ahead in AHEAD else "now", {}, "", most=most)


@post("/follow-ups/{follow_up_id:uuid}", status_code=303)
async def settle_follow_up(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    follow_up_id: FromPath[UUID],
    data: URLEncodedBody[SettleForm],
) -> Template | Redirect:
    """Ask somebody to go, or say that it is done or not needed any more, with a reason."""
    require(may_lead(my_scope))
    row = await follow_ups.of_id(db, my_scope, follow_up_id)
    if row is None:
        raise NotFoundException
    now = datetime.now(UTC)
    if data.settled_as:
        require(data.settled_as in list(Settled))
        settled_as = Settled(data.settled_as)
        if problems := problems_with_settling(settled_as, data.why):
            said = {f"why-{follow_up_id}": sentence_of(problem) for problem in problems.values()}
            return await _page(request, db, me, my_scope, "month", said, data.why, status_code=422)
        if await follow_ups.is_settled(db, row):
            return go_to("/follow-ups", "already")
        settlement = SettlementRow(
            province_code=row.province_code,
            id=new_id(now),
            household_id=row.household_id,
            follow_up_id=row.id,
            settled_as=settled_as,
            why=data.why.strip(),
            person_id=my_scope.person_id,
            recorded_at=now,
        )
        await follow_ups.settle(db, row, settlement)
        await at_once(db, personal.forget_without_consent, row.province_code, [row.household_id])
    else:
        people = {str(one.id): one.id for one in await hands.volunteers_in(db, my_scope, local_day(now))}
        require(not data.person or data.person in people)
        await follow_ups.ask_to_go(db, row, people.get(data.person))
    return go_to("/follow-ups", "return" if data.settled_as else "asked" if data.person else "saved")


@get("/follow-ups/calendar.ics")
async def my_calendar(request: Request, db: Db, my_scope: CurrentScope) -> Response[str]:
    """My returns as a calendar file: the phone's own calendar reminds, without an app. House codes only, no names."""
    require(may_work_in_the_field(my_scope))
    today = local_day(datetime.now(UTC))
    found, _count = await follow_ups.due_in(
        db, my_scope, today + timedelta(days=AHEAD["month"]), MOST_RETURNS
    )
    entries = [
        Entry(
            uid=f"{due.follow_up.id}@{request.url.hostname}",
            first_day=max(due.follow_up.due_from, min(today, due.follow_up.due_to)),
            last_day=due.follow_up.due_to,
            title=f"{due.household.code} · {due.hamlet}: {_(REASON_NAMES[due.follow_up.reason])}",
        )
        for due in found
        if is_for(due.follow_up, my_scope)
    ]
    text = calendar_file(entries, _("Từng Nhà: returns"), datetime.now(UTC))
    name = 'attachment; filename="tung-nha.ics"'
    return Response(text, media_type="text/calendar", headers={"content-disposition": name})


def is_for(row: FollowUpRow, scope: Scope) -> bool:
    """Is this return the signed-in person's? One that somebody else was asked to make is not."""
    return row.person_id in (None, scope.person_id)


async def _page(
    request: Request,
    db: Db,
    me: CurrentPerson,
    scope: Scope,
    ahead: str,
    problems: dict[str, str],
    why: str,
    *,
    most: int = MOST_RETURNS,
    status_code: int = 200,
) -> Template:
    today: date = local_day(datetime.now(UTC))
    found, count = await follow_ups.due_in(db, scope, today + timedelta(days=AHEAD[ahead]), most)
    people = await hands.volunteers_in(db, scope, today)
    rechecks = [due.follow_up.id for due in found if due.follow_up.reason is Reason.RECHECK]
    taught_by = await visits.observers_of(db, scope, rechecks)
    return desk_page(
        request,
        me,
        "follow_ups/returns.html",
        status_code=status_code,
        found=found,
        count=count,
        late=(await follow_ups.counts_in(db, scope, today))[1],
        more=most + SCREENFUL if most < min(count, MOST_RETURNS) else 0,
        ahead=ahead,
        today=today,
        people=people,
        handed_over=await follow_ups.handed_over(db, scope, today),
        names={one.id: one.name for one in people},
        taught_by=taught_by,
        shown_name=shown_name,
        reasons=REASON_NAMES,
        blockers=BLOCKER_NAMES,
        services=PUBLIC_SERVICES,
        at_signal=FINISHED_AT_SIGNAL,
        problems=problems,
        why=why,
    )
