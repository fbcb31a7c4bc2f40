"""The guides' desk: what there is, in which languages, and how fresh."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.coverage import Share
from volunteer_app.domain.guides.ending import ENDING_WITHIN, ending_soon
from volunteer_app.domain.guides.guide import is_amber
from volunteer_app.domain.permissions import may_edit_guides
from volunteer_app.field_screens import FieldScreens
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.guides.packs import all_guides, all_packs, translated
from volunteer_app.storage import devices, screen_reports

HEARD_DAYS = 28


class HandledForm(msgspec.Struct):
    """What the form sends: up to which report the page was read."""

    seen_until: datetime


@get("/guides")
async def guides_desk(
    request: Request, db: Db, state: State, me: CurrentPerson, my_scope: CurrentScope
) -> Template:
    """Every guide, by number; and how many phones hold them as they are now."""
    require(may_edit_guides(my_scope))
    now = datetime.now(UTC)
    today = local_day(now)
    screens: FieldScreens = state.field_screens
    builds = list(screens.builds.values())
    phones = await devices.phones_with(db, my_scope, builds, since=now - timedelta(days=HEARD_DAYS))
    guides = sorted(all_guides(), key=lambda guide: guide.number)
    return desk_page(
        request,
        me,
        "guides/list.html",
        guides=guides,
        translated=translated,
        completeness=translated_shares(),
        reports=await screen_reports.open_reports(db, my_scope),
        phones=Share(*phones),
        heard_days=HEARD_DAYS,
        ending=ending_soon(guides, today),
        ending_days=ENDING_WITHIN.days,
        amber={guide.slug for guide in guides if is_amber(guide, today)},
    )


@post("/guides/{slug:str}/{step:str}/handled", status_code=303)
async def mark_screen_handled(
    db: Db,
    my_scope: CurrentScope,
    slug: FromPath[str],
    step: FromPath[str],
    data: URLEncodedBody[HandledForm],
) -> Redirect:
    """What volunteers reported about a step has been looked at."""
    require(may_edit_guides(my_scope))
    seen_until = data.seen_until.replace(tzinfo=data.seen_until.tzinfo or UTC)
    await screen_reports.mark_handled(db, my_scope, slug, step, seen_until=seen_until, now=datetime.now(UTC))
    return go_to(f"/guides#{slug}", "handled")


@cache
def translated_shares() -> dict[tuple[str, str], Share]:
    """How many texts of a guide a phone can show in a language, by slug and language."""
    packs = all_packs()
    return {
        (guide.slug, language): share_of(json.loads(packs[f"/guides/packs/{guide.slug}.{language}.json"]))
        for guide in all_guides()
        for language in LANGUAGES
    }


def share_of(pack: Any) -> Share:
    """How many of a pack's texts are translated; the others fall back to Vietnamese."""
    texts = list(_texts(pack))
    return Share(sum("fallback" not in text for text in texts), len(texts))


def _texts(value: Any) -> Iterator[dict[str, Any]]:
    """Every text in a pack."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
