"""Public pages: the library of guides, a guide on one page, telephone numbers, privacy, and the kiosk."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from volunteer_app.assets import as_json
from volunteer_app.dependencies import Db, engine_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.guides.guide import CHANNEL_NAMES, Flag, Guide, Kind, is_amber
from volunteer_app.domain.guides.search import GuideSearch
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.learned_cards import LearnedCard, card_path, read_card
from volunteer_app.domain.privacy_notice import NOTICE
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.domain.short_links import guide_path, scanned, typed
from volunteer_app.field_screens import app_icons
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.i18n import gettext as _
from volunteer_app.pages.guides.packs import all_guides, made_from, translated
from volunteer_app.pages.public.answering import PublicPages, public_answer
from volunteer_app.pages.public.frame import ENDINGS, ENTER_IT_YOURSELF, frame
from volunteer_app.pages.public.place_choice import place_choice
from volunteer_app.pages.public.reading import GuideReading, answers_in
from volunteer_app.pages.public.spoken import Spoken, SpokenLanguages, never_asked, tongues_of
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.qr_codes import svg_of
from volunteer_app.shell import prefixed
from volunteer_app.storage.facilities import facilities_of

FLAG_ICONS = {Flag.OTP: "otp", Flag.POLICE: "police", Flag.FEE: "fee"}
"""Flags that a citizen sees at a step, with their icons. Nearly every step needs signal: that is said once."""

LAST_OF_THE_BEGINNING = 7
"""Guides are numbered in teaching order; up to this one they are about the account that all others need."""

LONGEST_QUERY = 80


@get(["/huong-dan", "/tu-phuc-vu"])
async def library(
    request: Request, state: State, q: FromQuery[str] = "", so: FromQuery[str] = ""
) -> Response[bytes]:
    """All guides, or those that the words mean. so: a number that no guide has, from a short address."""
    query = q.strip()[:LONGEST_QUERY]
    path = request.scope["path"]
    found = search().find(query)
    context = {
        **frame(state, path, pictures=[guide.picture for guide in found.guides], icons=("search",)),
        "kiosk": path == "/tu-phuc-vu",
        "root": path,
        "groups": [("", found.guides)] if query and found.is_exact else grouped(found.guides),
        "query": query,
        "is_exact": found.is_exact,
        "missing": so if so.isdecimal() and len(so) < 6 else "",
        "say": GuideReading(found.guides[0], language_now.get(), _today(), {}).say,
    }
    same_for = () if query or so else (language_now.get(), path)
    pages: PublicPages = state.public_pages
    return public_answer(request, pages.page(request, "public/library.html", context, same_for=same_for))


@get(["/huong-dan/{slug:str}", "/tu-phuc-vu/{slug:str}"])
async def guide(
    request: Request, state: State, slug: FromPath[str], tieng: FromQuery[str] = ""
) -> Response[bytes]:
    """A whole guide on one page. The query may hold answers to its questions. tieng: the language to hear it in."""
    found = guide_called(slug)
    path = request.scope["path"]
    chosen = answers_in(found, request.query_params)
    language, today = language_now.get(), _today()
    pages: PublicPages = state.public_pages
    languages: SpokenLanguages = state.spoken_languages
    spoken = await languages.now(engine_of(state))
    told = spoken.get(tieng) or spoken[language]
    page = pages.page(
        request,
        "public/guide.html",
        guide_context(state, path, GuideReading(found, language, today, chosen, told), list(spoken.values())),
        same_for=() if chosen else (language, path, today, told.language.tag, languages.mark),
    )
    return public_answer(request, page)


@get("/the/{code:str}")
async def learned_card(request: Request, state: State, code: FromPath[str]) -> Response[bytes]:
    """What somebody can do alone, as the card in their hand says. An address that is no card says nothing."""
    card = read_card(code) or LearnedCard((), ())
    alone, learning = ([guide for guide in all_guides() if guide.number in some] for some in card)
    known = LearnedCard(*(tuple(guide.number for guide in some) for some in (alone, learning)))
    origin, path = state.settings.origin, card_path(known)
    pictures = [guide.picture for guide in (*alone, *learning)]
    context = {
        **frame(state, request.scope["path"], pictures=pictures, icons=("level-2", "level-3")),
        "alone": alone,
        "learning": learning,
        "say": lambda text: translated(language_now.get(), text) or text,
        "typed": typed(origin, path),
        "code": svg_of(scanned(origin, path), _("Code with the address of this card")),
    }
    pages: PublicPages = state.public_pages
    return public_answer(request, pages.page(request, "public/learned.html", context))


@get("/duong-day-nong")
async def hotlines(
    request: Request, db: Db, state: State, xa: FromQuery[str] = "", tim: FromQuery[str] = ""
) -> Response[bytes]:
    """Official numbers, and the places of one's commune."""
    choice = await place_choice(db, xa, tim)
    here = choice.commune
    context = {
        **frame(state, request.scope["path"], icons=("own_phone", "map", "search")),
        "choice": choice,
        "keep": {},
        "facilities": await facilities_of(db, here.code) if here else [],
        "hotlines": [
            hotline
            for hotline in HOTLINES.values()
            if here is None or hotline.province_code in (None, here.province_code)
        ],
    }
    pages: PublicPages = state.public_pages
    return public_answer(request, pages.page(request, "public/hotlines.html", context))


@get("/quyen-rieng-tu")
async def privacy(request: Request, state: State, tieng: FromQuery[str] = "") -> Response[bytes]:
    """What is kept about whom, who sees it, and the citizen's rights. tieng: the language to hear it in."""
    languages: SpokenLanguages = state.spoken_languages
    spoken = await languages.now(engine_of(state))
    told = spoken.get(tieng) or spoken[language_now.get()]
    texts = {section.key: all_texts()[section.text_key].text for section in NOTICE}
    context = {
        **frame(state, request.scope["path"], icons=("play",)),
        "notice": NOTICE,
        "told": told.language,
        "tongues": tongues_of(texts.values(), spoken.values()),
        "heard": {key: voice for key, text in texts.items() if (voice := told.voices.get(text))},
        "written": {key: told.words[text] for key, text in texts.items() if text in told.words},
        "never_heard": never_asked([told]),
    }
    pages: PublicPages = state.public_pages
    same_for = (language_now.get(), told.language.tag, languages.mark)
    page = pages.page(request, "public/privacy.html", context, same_for=same_for)
    return public_answer(request, page)


@get("/guides-worker.js")
async def guides_worker(state: State) -> Response[bytes]:
    """The worker that keeps opened guides. Always asked for anew."""
    script = state.assets.source("service_worker/public_guides.js")
    headers = {"cache-control": "no-cache", "service-worker-allowed": "/"}
    return Response(script.body, media_type="text/javascript", headers=headers)


@get("/huong-dan.webmanifest")
async def guides_manifest(state: State) -> Response[bytes]:
    """Who installs a citizen's page gets the guides, in their language, not the volunteers' start page."""
    start = prefixed(language_now.get(), "/huong-dan")
    manifest = {
        "id": "/huong-dan",
        "name": _("Từng Nhà: guides for everybody"),
        "short_name": _("Guides"),
        "description": _("Step by step, to be heard, also without a network."),
        "lang": language_now.get(),
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "background_color": "#f8f1e0",
        "theme_color": "#26305c",
        "icons": app_icons(state.assets),
    }
    headers = {"cache-control": "no-cache"}
    return Response(as_json(manifest), media_type="application/manifest+json", headers=headers)


def guide_context(state: State, path: str, reading: GuideReading, spoken: list[Spoken]) -> dict[str, Any]:
    """What the guide's page shows. spoken: every language it might be told in."""
    found, tag = reading.guide, reading.spoken.language.tag
    origin = state.settings.origin
    short = guide_path(found.number, language=tag if reading.is_abroad else "")
    return {
        **frame(state, path, pictures=reading.pictures, icons=(*FLAG_ICONS.values(), "play")),
        "kiosk": path.startswith("/tu-phuc-vu"),
        "reading": reading,
        "channels": CHANNEL_NAMES,
        "never_heard": never_asked([reading.spoken]),
        "tongues": [one for one in spoken if one.language.tag == reading.language or one.tells(found)],
        "amber_from": found.review_by + timedelta(days=1),
        "made_from": made_from(found),
        "is_amber": is_amber(found, reading.today),
        "needs_signal": any(Flag.SIGNAL in step.flags for step in found.steps),
        "flag_icons": FLAG_ICONS,
        "endings": ENDINGS,
        "enter_it_yourself": ENTER_IT_YOURSELF,
        "typed": typed(origin, short),
        "code": svg_of(scanned(origin, short), _("Code with the address of this guide")),
    }


def guide_called(slug: str) -> Guide:
    """The guide of that slug. Raises NotFoundException."""
    for found in all_guides():
        if found.slug == slug:
            return found
    raise NotFoundException


def grouped(guides: list[Guide]) -> list[tuple[str, list[Guide]]]:
    """The guides under headings: where to begin, everything else, and what only the officer knows."""
    core = set(core_slugs())
    begin = [guide for guide in guides if guide.number <= LAST_OF_THE_BEGINNING or guide.service in core]
    ask = [guide for guide in guides if guide.kind is Kind.ASK_OFFICER]
    rest = [guide for guide in guides if guide not in begin and guide not in ask]
    groups = [
        (_("Begin here"), begin),
        (_("For your papers and your family"), rest),
        (_("Ask the officer"), ask),
    ]
    return [(name, some) for name, some in groups if some]


@cache
def search() -> GuideSearch:
    """The guides by their words, in every language at once."""

    def in_all(text: str) -> list[str]:
        return [translated(language, text) or text for language in LANGUAGES]

    texts = {guide.slug: (in_all(guide.title), in_all(guide.summary)) for guide in all_guides()}
    return GuideSearch(all_guides(), texts)


def _today() -> Any:
    return local_day(datetime.now(UTC))
