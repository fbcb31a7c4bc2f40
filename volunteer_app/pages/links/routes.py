"""Short addresses: where a scanned or typed one leads. They never die: what is not known leads to the library."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from litestar import get
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from volunteer_app.dependencies import Db
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.guides.reading import implied_answers
from volunteer_app.domain.languages import LANGUAGES as SPOKEN
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.short_links import BADGE_LETTERS, POSTER_LETTERS, read_code
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.pages.public.answering import FRESH_FOR, NEVER_KEPT
from volunteer_app.shell import prefixed
from volunteer_app.storage import posters
from volunteer_app.storage.posters import OpenCounter

ALWAYS_ANEW = {"cache-control": NEVER_KEPT}


@get(["/g/{number:str}", "/G/{number:str}"])
async def short_guide(number: FromPath[str], l: FromQuery[str] = "") -> Redirect:  # noqa: E741 - short on paper
    """A guide by its number, as it is today."""
    return _to_guide(number, "", l)


@get(["/g/{number:str}/{step:str}", "/G/{number:str}/{step:str}"])
async def short_step(number: FromPath[str], step: FromPath[str], l: FromQuery[str] = "") -> Redirect:  # noqa: E741
    """The same, at a step."""
    return _to_guide(number, step, l)


@get(["/g/{number:str}/{step:str}/{language:str}", "/G/{number:str}/{step:str}/{language:str}"])
async def short_step_in_language(
    number: FromPath[str], step: FromPath[str], language: FromPath[str]
) -> Redirect:
    """The same, in the language of the phone that handed it over."""
    return _to_guide(number, step, language)


@get(["/q/{code:str}", "/Q/{code:str}"])
async def poster_scanned(db: Db, state: State, code: FromPath[str]) -> Redirect:
    """A poster: counts one opening for its place, and leads to its guide. Who scanned it is not asked."""
    known = read_code(code, POSTER_LETTERS)
    poster = await posters.poster_called(db, known) if known else None
    if poster is None:
        return Redirect(prefixed(language_now.get(), "/huong-dan"), status_code=302, headers=ALWAYS_ANEW)
    counter: OpenCounter = state.open_counter
    counter.note(poster, local_day(datetime.now(UTC)))
    guide = next((g for g in all_guides() if g.number == poster.guide_number), None)
    address = guide_address(guide, 0, poster.language)
    return Redirect(address, status_code=302, headers=ALWAYS_ANEW)


@get(["/b/{code:str}", "/B/{code:str}"])
async def badge_scanned(code: FromPath[str]) -> Redirect:
    """A badge: its page in the phone's language. What cannot be a badge is a page that says so."""
    known = read_code(code, BADGE_LETTERS) or "-"
    return Redirect(prefixed(language_now.get(), f"/huy-hieu/{known}"), status_code=302, headers=ALWAYS_ANEW)


@get(["/k/{code:str}", "/K/{code:str}"])
async def card_scanned(code: FromPath[str]) -> Redirect:
    """The card of what somebody can do alone, in the phone's language."""
    headers = {"cache-control": FRESH_FOR, "vary": "accept-language"}
    return Redirect(prefixed(language_now.get(), f"/the/{code.lower()}"), status_code=302, headers=headers)


def guide_address(guide: Guide | None, step: int, wanted: str) -> str:
    """A guide's page; at a step, with the answers that lead there. Without a guide: all of them.

    wanted: the language asked for, else the best of those that the phone reads; one in which no page is written is
    heard on a Vietnamese page.
    """
    tag = next((tag for tag in SPOKEN if tag.lower() == wanted.lower()), language_now.get())
    language = tag if tag in LANGUAGES else SOURCE
    if guide is None:
        return prefixed(language, "/huong-dan")
    is_at_step = 0 < step <= len(guide.steps)
    said = {} if tag == language else {"tieng": tag}
    said |= implied_answers(guide, guide.steps[step - 1]) if is_at_step else {}
    query = f"?{urlencode(said)}" if said else ""
    return f"{prefixed(language, f'/huong-dan/{guide.slug}')}{query}{f'#buoc-{step}' if is_at_step else ''}"


def _to_guide(number: str, step: str, language: str) -> Redirect:
    found = next((guide for guide in all_guides() if str(guide.number) == number.lstrip("0")), None)
    address = guide_address(found, _whole(step), language)
    if found is None and _whole(number):
        address += f"?{urlencode({'so': number})}"
    headers = {"cache-control": FRESH_FOR, "vary": "accept-language"}
    return Redirect(address, status_code=302, headers=headers)


def _whole(text: str) -> int:
    """The whole number that a text is; 0 if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
