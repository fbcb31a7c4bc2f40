"""Badges: the public page behind a badge's code, and the leader's page that gives, prints and revokes them."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, engine_of, require
from volunteer_app.domain.badges import BadgeState, state_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import sent_seed
from volunteer_app.domain.names import person_sort_key
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.domain.permissions import may_give_badges
from volunteer_app.domain.short_links import BADGE_LETTERS, badge_path, read_code, scanned, typed
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.public.answering import NEVER_KEPT, PublicPages, public_answer
from volunteer_app.pages.public.frame import frame
from volunteer_app.pages.public.spoken import SpokenLanguages, never_asked
from volunteer_app.qr_codes import svg_of
from volunteer_app.storage import badges


@get("/huy-hieu/{code:str}")
async def badge_page(request: Request, db: Db, state: State, code: FromPath[str]) -> Response[bytes]:
    """Is this a volunteer, today? Asked anew every time, so that a revoked badge is known at once."""
    now = datetime.now(UTC)
    known = read_code(code, BADGE_LETTERS)
    bearer = await badges.bearer_of(db, known) if known else None
    languages: SpokenLanguages = state.spoken_languages
    context = {
        **frame(state, request.scope["path"], icons=("check", "cross", "play")),
        "never_heard": never_asked((await languages.now(engine_of(state))).values()),
        "bearer": bearer,
        "state": state_of(bearer.badge, bearer.membership, local_day(now)) if bearer else None,
        "states": BadgeState,
        "revoked_on": local_day(bearer.badge.revoked_at) if bearer and bearer.badge.revoked_at else None,
        "role_names": ROLE_NAMES,
        "now": now,
    }
    pages: PublicPages = state.public_pages
    page = pages.page(request, "badges/check.html", context)
    return public_answer(request, page, status_code=200 if bearer else 404, keep=NEVER_KEPT)


@get("/badges")
async def badges_desk(
    request: Request, db: Db, state: State, me: CurrentPerson, my_scope: CurrentScope
) -> Template:
    """Everybody on the team with their badge, as cards to print and cut out."""
    require(may_give_badges(my_scope))
    today = local_day(datetime.now(UTC))
    team = await badges.team_badges(db, my_scope, today)
    origin = state.settings.origin
    return desk_page(
        request,
        me,
        "badges/list.html",
        team=sorted(team, key=lambda one: person_sort_key(one.person.name)),
        role_names=ROLE_NAMES,
        code_of=lambda badge: svg_of(scanned(origin, badge_path(badge.code))),
        address_of=lambda badge: typed(origin, badge_path(badge.code)),
    )


class GiveBadge(msgspec.Struct):
    """Whose badge is to be made."""

    membership_id: UUID
    fresh: str = ""


@post("/badges", status_code=303)
async def give_badge(db: Db, my_scope: CurrentScope, data: URLEncodedBody[GiveBadge]) -> Redirect:
    """A new badge for somebody on the team; an older one of theirs is no good from now on."""
    require(may_give_badges(my_scope))
    now = datetime.now(UTC)
    badge = await badges.give(db, my_scope, data.membership_id, now, seed=sent_seed(data.fresh))
    if badge is None:
        raise NotFoundException
    return go_to("/badges", "badge" if badge.issued_at == now else "already")


@post("/badges/{code:str}/revocation", status_code=303)
async def revoke_badge(db: Db, my_scope: CurrentScope, code: FromPath[str]) -> Redirect:
    """The badge is no good from now on."""
    require(may_give_badges(my_scope))
    known = read_code(code, BADGE_LETTERS)
    require(known is not None and await badges.revoke(db, my_scope, known, datetime.now(UTC)))
    return go_to("/badges", "revoked")
