"""Where citizens' phones hear the machine: which texts of a guide nobody has recorded yet, and their sound."""

import asyncio
from functools import cache

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from volunteer_app.dependencies import engine_of
from volunteer_app.domain.glossary import TERMS, terms_in
from volunteer_app.domain.guides.figures import filled, said
from volunteer_app.domain.guides.guide import DOUBT, FLAG_NAMES, Guide
from volunteer_app.domain.independence import LEVEL_MEANINGS, LEVEL_NAMES
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.spoken_texts import mark_of, texts_of
from volunteer_app.domain.training import CARDS
from volunteer_app.i18n import catalog
from volunteer_app.machine_voice import MachineVoice
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.pages.public.answering import FOR_EVER
from volunteer_app.pages.public.frame import ENDINGS, ENTER_IT_YOURSELF
from volunteer_app.pages.public.spoken import SpokenLanguages
from volunteer_app.pages.voices.delivery import sound_answer
from volunteer_app.pages.voices.texts import sentences

OUTSIDE_GUIDES = "ladder"
"""In the place of a guide: what the houses of the ladder mean."""

LIST_STAYS = "public, max-age=300"


@get("/media/machine/guides/{slug:str}")
async def machine_voices(state: State, slug: FromPath[str], whole: FromQuery[bool] = False) -> Response[dict]:
    """What the machine says of a guide in Vietnamese: every text that no person has recorded, by its letters
    without spaces as the page shows them. `whole`: for a volunteer's phone, which may not have the person's voice;
    every text, and every word that can be looked up."""
    guide = next((one for one in all_guides() if one.slug == slug), None)
    if guide is None and slug != OUTSIDE_GUIDES:
        raise NotFoundException
    texts = texts_shown(guide) if guide else ladder()
    languages: SpokenLanguages = state.spoken_languages
    people = {} if whole else (await languages.now(engine_of(state)))[SOURCE].voices
    machine: MachineVoice = state.machine_voice
    voices = {
        "".join(shown.split()): f"/media/machine/{mark_of(text)}.mp3"
        for shown, text in (texts | (meanings() if whole and guide else {})).items()
        if text not in people and machine.can_say(text)
    }
    body = {"name": catalog(SOURCE).gettext("machine voice"), "voices": voices}
    return Response(body, headers={"cache-control": LIST_STAYS})


@get("/media/machine/{name:str}")
async def machine_sound(request: Request, state: State, name: FromPath[str]) -> Response[bytes]:
    """One text in the machine's voice, for everybody; made when it is first asked for."""
    text = machine_texts().get(name.removesuffix(".mp3"))
    machine: MachineVoice = state.machine_voice
    body = await asyncio.to_thread(machine.says, text) if text and name.endswith(".mp3") else None
    if body is None:
        raise NotFoundException
    return sound_answer(request, body, FOR_EVER)


def texts_shown(guide: Guide) -> dict[str, str]:
    """What a guide's page shows in Vietnamese, each with the words to say for it."""
    shown = {text: text for one in texts_of(guide) for text in (one.text, one.more) if text}
    shown |= {filled(figure, figure.text, SOURCE): said(figure) for figure in guide.figures}
    explained = (
        term for step in guide.steps for term in terms_in(f"{step.action} {step.explanation}", TERMS)
    )
    shown |= {f"{term.title} {term.text}": term.spoken for term in explained}
    return shown | {text: text for text in (DOUBT, *_of_the_page())}


@cache
def ladder() -> dict[str, str]:
    """The houses of the ladder: the name of each, and its name with what it tells; and a newcomer's cards."""
    say = catalog(SOURCE).gettext
    names = {level: say(LEVEL_NAMES[level]) for level in LEVEL_MEANINGS}
    explained = {
        f"{names[level]} {say(told)}": f"{names[level]}. {say(told)}"
        for level, told in LEVEL_MEANINGS.items()
    }
    cards = {say(told): say(told) for _, told in CARDS}
    return explained | {name: name for name in names.values()} | cards


def meanings() -> dict[str, str]:
    """What the word list shows, each with the words to say for it."""
    return {term.text: term.spoken for term in TERMS}


@cache
def machine_texts() -> dict[str, str]:
    """Everything that the machine may be asked to say, by its mark."""
    return sentences() | {mark_of(text): text for text in (*_of_the_page(), *ladder().values())}


@cache
def _of_the_page() -> tuple[str, ...]:
    """What the page itself says at a step."""
    say = catalog(SOURCE).gettext
    return tuple(say(text) for text in (*FLAG_NAMES.values(), *ENDINGS.values(), ENTER_IT_YOURSELF))
