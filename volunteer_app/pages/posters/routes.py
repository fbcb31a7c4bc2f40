"""Posters, household cards and stickers: made by leaders and editors, printed from the browser, counted by place."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, engine_of, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.languages import LANGUAGES as SPOKEN
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import may_give_badges, may_keep_facilities, may_make_posters
from volunteer_app.domain.posters import Poster, problems_with
from volunteer_app.domain.problems import N_
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.short_links import (
    POSTER_LETTERS,
    guide_path,
    poster_path,
    read_code,
    scanned,
    typed,
)
from volunteer_app.i18n import LANGUAGES, catalog, language_now
from volunteer_app.pages.answers import desk_page, go_to, sentences_of
from volunteer_app.pages.guides.packs import all_guides, translated
from volunteer_app.pages.public.drawings import symbols
from volunteer_app.pages.public.spoken import SpokenLanguages
from volunteer_app.qr_codes import svg_of
from volunteer_app.storage import posters

LATELY = timedelta(days=28)
LIBRARY_PICTURE = "home-visit"


class Shape(StrEnum):
    """What is printed."""

    A4 = "a4"
    A5 = "a5"
    CARDS = "cards"
    STICKERS = "stickers"


SHAPE_NAMES = {
    Shape.A4: N_("Poster A4"),
    Shape.A5: N_("Poster A5"),
    Shape.CARDS: N_("Household cards, 4 on A4"),
    Shape.STICKERS: N_("Stickers, 24 on A4 (70 × 37 mm)"),
}
COPIES = {Shape.A4: 1, Shape.A5: 1, Shape.CARDS: 4, Shape.STICKERS: 24}

SAID = {
    "scan": N_("Scan, and see how it is done, step by step"),
    "hear": N_("Scan, and hear how it is done, step by step"),
    "type": N_("or type:"),
    "number": N_("Guide"),
    "all": N_("All guides, step by step"),
    "about": N_("VNeID and the National Public Service Portal, with pictures. Free of charge, no account."),
    "never": N_("A volunteer never asks for OTP codes, passwords, money or your papers."),
    "alone": N_("We can do this alone:"),
    "again": N_("We come again on:"),
    "call": N_("VNeID helpline:"),
}
"""What stands on paper, in the language of the paper."""

Text = Annotated[str, msgspec.Meta(max_length=300)]


class PosterForm(msgspec.Struct):
    """What the form sends. guide: a number; empty: the library."""

    place: Text = ""
    guide: Text = ""
    language: Text = "vi"
    fresh: Text = ""


@get("/posters")
async def posters_desk(
    request: Request, db: Db, state: State, me: CurrentPerson, my_scope: CurrentScope
) -> Template:
    """Every poster with its openings, and a form for one more."""
    require(may_make_posters(my_scope))
    languages = await _languages(state)
    return await _desk(request, db, me, my_scope, PosterForm(), {}, languages, status_code=200)


@post("/posters", status_code=303)
async def make_poster(
    request: Request,
    db: Db,
    state: State,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[PosterForm],
) -> Template | Redirect:
    """A new code for one place."""
    require(may_make_posters(my_scope))
    code = await posters.fresh_code(db, data.fresh)
    before = await posters.poster_called(db, code)
    if before is not None and before.made_by == my_scope.person_id:
        return go_to(f"/posters/{before.code}", "already")
    poster = Poster(
        province_code=my_scope.province_code,
        code=code,
        commune_code=my_scope.commune_code,
        place=tidy(data.place),
        guide_number=None if not data.guide else int(data.guide) if data.guide.isdecimal() else -1,
        language=data.language,
        made_on=local_day(datetime.now(UTC)),
        made_by=my_scope.person_id,
    )
    numbers = {guide.number for guide in all_guides()}
    languages = await _languages(state)
    if problems := problems_with(poster, guide_numbers=numbers, languages=languages):
        said = sentences_of(problems)
        return await _desk(request, db, me, my_scope, data, said, languages, status_code=422)
    await posters.keep(db, my_scope, poster)
    return go_to(f"/posters/{poster.code}")


@get("/posters/{code:str}")
async def print_poster(
    request: Request,
    db: Db,
    state: State,
    me: CurrentPerson,
    my_scope: CurrentScope,
    code: FromPath[str],
    shape: FromQuery[Shape] = Shape.A4,
) -> Template:
    """The paper itself, as the browser prints it."""
    require(may_make_posters(my_scope))
    known = read_code(code, POSTER_LETTERS)
    poster = await posters.poster_of(db, my_scope, known) if known else None
    if poster is None:
        raise NotFoundException
    return desk_page(
        request,
        me,
        "posters/print.html",
        shape=shape,
        shapes=SHAPE_NAMES,
        copies=COPIES[shape],
        poster=poster,
        **_paper(state, poster),
    )


async def _languages(state: State) -> dict[str, str]:
    """Languages that a poster can promise, by their own names: those of the pages, and those in which people speak."""
    known: SpokenLanguages = state.spoken_languages
    spoken = await known.now(engine_of(state))
    heard = {
        tag: one.language.own
        for tag, one in spoken.items()
        if any(one.tells(guide) for guide in all_guides())
    }
    return heard | LANGUAGES


def _paper(state: State, poster: Poster) -> dict[str, Any]:
    """What stands on paper, in the poster's language; Vietnamese for one in which these pages are not written."""
    language = poster.language if poster.language in LANGUAGES else SOURCE
    is_heard = language != poster.language
    words = catalog(language)
    origin = state.settings.origin
    guide = next((guide for guide in all_guides() if guide.number == poster.guide_number), None)
    picture = guide.picture if guide else LIBRARY_PICTURE
    core = [one for one in all_guides() if one.service in core_slugs()]
    return {
        "guide": guide,
        "language": language,
        "own_name": SPOKEN[poster.language].own,
        "is_heard": is_heard,
        "picture": picture,
        "title": _in(language, guide.title) if guide else words.gettext(SAID["all"]),
        "summary": _in(language, guide.summary) if guide else words.gettext(SAID["about"]),
        "said": {key: words.gettext(text) for key, text in SAID.items()},
        "core": [(one.number, _in(language, one.title)) for one in core],
        "helpline": HOTLINES["vneid"].number,
        "code": svg_of(scanned(origin, poster_path(poster.code)), typed(origin, poster_path(poster.code))),
        "address": typed(origin, guide_path(guide.number) if guide else poster_path(poster.code)),
        "drawings": symbols(state.assets, pictures=[picture]),
    }


def _in(language: str, vietnamese: str) -> str:
    return translated(language, vietnamese) or vietnamese


async def _desk(
    request: Request,
    db: Db,
    me: Me | None,
    my_scope: CurrentScope,
    form: PosterForm,
    problems: dict[str, str],
    languages: dict[str, str],
    *,
    status_code: int,
) -> Template:
    today = local_day(datetime.now(UTC))
    guides: list[Guide] = sorted(all_guides(), key=lambda guide: guide.number)
    return desk_page(
        request,
        me,
        "posters/list.html",
        status_code=status_code,
        posters=await posters.posters_of(db, my_scope, lately_from=today - LATELY),
        guides=[(guide.number, _in(language_now.get(), guide.title)) for guide in guides],
        form=form,
        offered=languages,
        problems=problems,
        days=LATELY.days,
        may_give_badges=may_give_badges(my_scope),
        may_keep_facilities=may_keep_facilities(my_scope),
    )
