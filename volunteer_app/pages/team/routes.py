"""The leader's screen: who is where until when, how far they have come, and which phones have not been heard from.
Who comes in, comes in again, and goes is in `people.py` beside it."""

from datetime import UTC, date, datetime

from litestar import Request, get
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.names import sort_key
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.domain.permissions import may_see_team
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.team.people import endings_in
from volunteer_app.pages.team.standing import member_standing
from volunteer_app.storage import invites
from volunteer_app.storage.team import Other, others_in, team_in


@get("/team")
async def team_page(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Everybody on the team; first those whom the leader should ask."""
    require(may_see_team(my_scope))
    now = datetime.now(UTC)
    today = local_day(now)
    members = [member_standing(member, now, today) for member in await team_in(db, my_scope, today)]
    others = await others_in(db, my_scope, today)
    members.sort(key=lambda one: (not one.needs_a_look, sort_key(given_name(one.member.name))))
    return desk_page(
        request,
        me,
        "team/list.html",
        members=members,
        now=now,
        today=today,
        phones=sum(len(one.member.phones) for one in members),
        silent=sum(len(one.silent) for one in members),
        missing=sum(one.missing for one in members),
        waiting=[
            one for one in await invites.waiting(db, my_scope, now) if one.kind is not InviteKind.DEVICE
        ],
        role_names=ROLE_NAMES,
        others=[
            (_("Officers, editors and administrators"), [one for one in others if is_here(one, today)]),
            (
                _("Not begun yet"),
                [one for one in others if one.first_day > today and not has_left(one, today)],
            ),
            (_("Have left"), [one for one in others if has_left(one, today)]),
        ],
        my_id=my_scope.person_id,
        **await endings_in(db, my_scope, now),
    )


def has_left(one: Other, today: date) -> bool:
    """Is their last day over?"""
    return one.last_day is not None and one.last_day < today


def is_here(one: Other, today: date) -> bool:
    """Does their duty run today?"""
    return one.first_day <= today and not has_left(one, today)


def given_name(name: str) -> str:
    """The last word, by which people are sorted and called in Vietnam."""
    return name.rsplit(maxsplit=1)[-1] if name.split() else name
