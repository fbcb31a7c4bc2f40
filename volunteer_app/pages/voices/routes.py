"""The desk of voices and translations: what is there in each language, recording, translating, publishing by two."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.figures.coverage import Share
from volunteer_app.domain.glossary import TERMS as GLOSSARY
from volunteer_app.domain.glossary import Term, terms_in
from volunteer_app.domain.languages import LANGUAGES, SOURCE, Language
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import Scope, may_review_voices
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.recordings import (
    STANDING_NAMES,
    Recording,
    Review,
    Standing,
    outdated,
    problems_with_review,
    problems_with_taking_down,
    published,
    standing,
    waiting,
)
from volunteer_app.domain.spoken_texts import SpokenText, mark_of
from volunteer_app.domain.translations import (
    LONGEST,
    Part,
    Translated,
    Translation,
    as_published,
    problems_with,
    standing_of,
    words_of,
)
from volunteer_app.domain.wordings import changes
from volunteer_app.i18n import language_now, sentence_of
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.guides.packs import all_guides, translated
from volunteer_app.pages.public.drawings import symbols
from volunteer_app.pages.voices.language_packs import KeptVoices, kept_recordings, standings_in
from volunteer_app.pages.voices.texts import (
    DOOR,
    all_texts,
    group_of,
    groups,
    of_release,
    sentences,
    texts_to_say,
)
from volunteer_app.storage import audit, people, recordings, translations


class ReviewForm(msgspec.Struct):
    """What the second person decided. native: they say that they speak the language at home."""

    decision: str = ""
    native: str = ""
    why: Annotated[str, msgspec.Meta(max_length=300)] = ""


class WordsForm(msgspec.Struct):
    """A translation as typed. seen: the mark of the words in whose place it was typed; told: of what the page says of
    somebody else's words."""

    seen: str | None = None
    told: str = ""
    text: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""


@dataclass(frozen=True)
class BenchWords:
    """One part of a text at the bench: its Vietnamese, what stands for it, and who said so."""

    part: Part
    source: str
    text: str
    standing: Standing
    row: Translation | None

    @property
    def seen(self) -> str:
        """What a form says that it has seen these words."""
        return mark_of(self.text)

    @property
    def before(self) -> str:
        """What the Vietnamese said when it was translated, where it says something else now and that was kept."""
        return self.row.source if self.row and self.standing is Standing.OUT_OF_DATE else ""


@dataclass(frozen=True)
class Explained:
    """A word of the list that stands in a text: how it is said and explained in the language, where it is."""

    title: str
    meaning: str
    said: str
    heard: Recording | None


@dataclass(frozen=True)
class BenchText:
    """One text at the bench. old: spoken when it said something else. terms: the words of the list that stand in it."""

    text: SpokenText
    standing: Standing
    heard: Recording | None
    waits: Recording | None
    old: Recording | None
    words: list[BenchWords]
    terms: list[Explained]


@get("/voices")
async def voices_desk(request: HTMXRequest, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Every language: how many texts are published, wait, are out of date, are missing (L11)."""
    require(may_review_voices(my_scope))
    kept = await kept_recordings(db, my_scope, LANGUAGES)
    counts = {}
    for tag in LANGUAGES:
        standings = standings_in(kept, tag)
        said = [standings[key] for key in texts_to_say()]
        counts[tag] = {one: said.count(one) for one in Standing}
    return desk_page(
        request,
        me,
        "voices/list.html",
        spoken=LANGUAGES,
        counts=counts,
        standings=STANDING_NAMES,
        written=await _written(db, my_scope),
        total=len(texts_to_say()),
    )


async def _written(db: AsyncSession, scope: Scope) -> dict[str, Share]:
    """Of every sentence how many have words in a language: published here, else the release's own."""
    tags = [tag for tag, language in LANGUAGES.items() if language.written and tag != SOURCE]
    published_in: dict[str, set[str]] = {tag: set() for tag in tags}
    for row in await translations.in_languages(db, scope, tags):
        if words := as_published(row):
            published_in[row.language].add(words.source_mark)
    return {
        tag: Share(
            sum(mark in done or bool(of_release(tag, said)) for mark, said in sentences().items()),
            len(sentences()),
        )
        for tag, done in published_in.items()
    }


@get("/voices/{tag:str}")
async def bench(
    request: HTMXRequest,
    state: State,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    tag: FromPath[str],
    group: FromQuery[str] = DOOR,
) -> Template:
    """The texts of one guide in one language: Vietnamese beside its words and voice."""
    require(may_review_voices(my_scope))
    language = _language(tag)
    if group not in groups():
        raise NotFoundException
    texts = groups()[group]
    shown, names = await _bench_texts(db, my_scope, language, texts)
    said = standings_in(await kept_recordings(db, my_scope, [tag]), tag)
    titles = {
        guide.slug: translated(language_now.get(), guide.title) or guide.title for guide in all_guides()
    }
    context = _frame(my_scope, language, names) | {
        "group": group,
        "groups": {name: [said[text.key] for text in some] for name, some in groups().items()},
        "titles": titles,
        "texts": shown,
        "problems": {},
        "drawings": symbols(state.assets, pictures=[text.picture for text in texts if text.picture]),
    }
    return desk_page(request, me, "voices/bench.html", **context)


@get("/voices/{tag:str}/gaps")
async def gaps(
    request: HTMXRequest, db: Db, me: CurrentPerson, my_scope: CurrentScope, tag: FromPath[str]
) -> Template:
    """What nobody can hear yet in one language, text by text, and why (L11)."""
    require(may_review_voices(my_scope))
    language = _language(tag)
    said = standings_in(await kept_recordings(db, my_scope, [tag]), tag)
    open_texts = [text for text in texts_to_say().values() if said[text.key] is not Standing.APPROVED]
    order = list(Standing)
    is_written = language.written and tag != SOURCE
    made = Translated(await translations.in_languages(db, my_scope, [tag]))
    context = _frame(my_scope, language, {}) | {
        "words": {text.key: _words(language, text, Part.TEXT, made) for text in open_texts if is_written},
        "texts": sorted(open_texts, key=lambda text: -order.index(said[text.key])),
        "said": said,
        "group_of": group_of,
        "total": len(texts_to_say()),
    }
    return desk_page(request, me, "voices/gaps.html", **context)


@get("/voices/{tag:str}/texts/{key:str}")
async def bench_text(
    request: HTMXRequest,
    db: Db,
    my_scope: CurrentScope,
    tag: FromPath[str],
    key: FromPath[str],
) -> Template | Redirect:
    """One text of the bench as it stands now: asked for once a recording made there has arrived."""
    require(may_review_voices(my_scope))
    return await _answer(request, db, my_scope, _language(tag), _text(key), [])


@post("/voices/{tag:str}/recordings/{recording_id:uuid}", status_code=200)
async def review_recording(
    request: HTMXRequest,
    db: Db,
    my_scope: CurrentScope,
    tag: FromPath[str],
    recording_id: FromPath[UUID],
    data: URLEncodedBody[ReviewForm],
) -> Template | Redirect:
    """The second person publishes a recording or sends it back; a published one can be taken down, with a reason."""
    require(may_review_voices(my_scope))
    language = _language(tag)
    row = await recordings.recording_of(db, my_scope, recording_id)
    if row is None or row.language != tag or row.text_key not in all_texts():
        raise NotFoundException
    text = all_texts()[row.text_key]
    now = datetime.now(UTC)
    problems: list[Problem] = []
    if data.decision == "take_down":
        problems = problems_with_taking_down(row, tidy(data.why))
        if not problems:
            await recordings.settle(
                db, row, Review.SENT_BACK, by=my_scope.person_id, at=now, why=tidy(data.why)
            )
            await audit.note(db, my_scope, "voice.taken_down", row.id, now=now)
    elif data.decision == "send_back":
        if row.review is Review.WAITING:
            await recordings.settle(
                db, row, Review.SENT_BACK, by=my_scope.person_id, at=now, why=tidy(data.why)
            )
    else:
        problems = problems_with_review(
            row, by=my_scope.person_id, is_native=data.native == "yes", mark=text.mark
        )
        if not problems:
            await recordings.settle(db, row, Review.APPROVED, by=my_scope.person_id, at=now)
    return await _answer(request, db, my_scope, language, text, problems)


@post("/voices/{tag:str}/words/{key:str}/{part:str}", status_code=200)
async def keep_words(
    request: HTMXRequest,
    db: Db,
    my_scope: CurrentScope,
    tag: FromPath[str],
    key: FromPath[str],
    part: FromPath[str],
    data: URLEncodedBody[WordsForm],
) -> Template | Redirect | Response[None]:
    """Keep a translation as it is typed; a second person publishes it."""
    require(may_review_voices(my_scope))
    language, text, which = _language(tag), _text(key), _part(part)
    require(language.written)
    typed = tidy(data.text)
    problems = problems_with(typed)
    source = words_of(text, which)
    row = await _row_of(db, my_scope, tag, text, which)
    here = row.text if row else of_release(tag, source)
    is_stale = data.seen not in (None, mark_of(here)) and typed != here and bool(request.htmx)
    told = f"{mark_of(typed)}.{mark_of(here)}"
    if is_stale and data.told == told:
        return Response(None, status_code=204)  # the page says so already: nothing moves under the finger
    if not problems and not is_stale:
        made = Translation(
            province_code=my_scope.province_code,
            language=tag,
            text_key=row.text_key if row else key,
            part=row.part if row else which,
            source_mark=mark_of(source),
            source=source,
            text=typed,
            translated_by=my_scope.person_id,
            translated_at=datetime.now(UTC),
        )
        await translations.keep(db, my_scope, made)
        await db.flush()
    if not request.htmx:
        return _back(language, text)
    (shown,), names = await _bench_texts(db, my_scope, language, [text])
    words = next(one for one in shown.words if one.part is which)
    context = _frame(my_scope, language, names) | {
        "one": shown,
        "words": words,
        "problems": _sentences(problems),
        "stale": {"typed": typed, "seen": data.seen, "told": told} if is_stale else None,
    }
    return Template(
        "voices/_words_state.html", context=context, status_code=422 if problems or is_stale else 200
    )


@post("/voices/{tag:str}/words/{key:str}/{part:str}/review", status_code=200)
async def review_words(
    request: HTMXRequest,
    db: Db,
    my_scope: CurrentScope,
    tag: FromPath[str],
    key: FromPath[str],
    part: FromPath[str],
    data: URLEncodedBody[ReviewForm],
) -> Template | Redirect:
    """The second person publishes a translation."""
    require(may_review_voices(my_scope))
    language, text, which = _language(tag), _text(key), _part(part)
    row = await _row_of(db, my_scope, tag, text, which)
    if row is None:
        raise NotFoundException
    as_recorded = Recording(
        province_code=row.province_code,
        id=my_scope.person_id,
        text_key=key,
        text_mark=row.source_mark,
        language=tag,
        recorded_by=row.translated_by,
        recorded_at=row.translated_at,
        received_at=row.translated_at,
        file="",
        size=0,
        seconds=0,
        review=row.review,
    )
    problems = problems_with_review(
        as_recorded,
        by=my_scope.person_id,
        is_native=data.native == "yes",
        mark=mark_of(words_of(text, which)),
    )
    if not problems:
        await translations.approve(db, row, by=my_scope.person_id, at=datetime.now(UTC))
    return await _answer(request, db, my_scope, language, text, problems)


async def _row_of(
    db: AsyncSession, scope: Scope, tag: str, text: SpokenText, part: Part
) -> translations.TranslationRow | None:
    return Translated(await translations.in_languages(db, scope, [tag])).of(text, part)


async def _answer(
    request: HTMXRequest,
    db: AsyncSession,
    scope: Scope,
    language: Language,
    text: SpokenText,
    problems: list[Problem],
) -> Template | Redirect:
    await db.flush()
    if not request.htmx and not problems:
        return _back(language, text)
    (shown,), names = await _bench_texts(db, scope, language, [text])
    context = _frame(scope, language, names) | {"one": shown, "problems": _sentences(problems)}
    return Template("voices/_text.html", context=context, status_code=422 if problems else 200)


async def _bench_texts(
    db: AsyncSession, scope: Scope, language: Language, texts: list[SpokenText]
) -> tuple[list[BenchText], dict[UUID, str]]:
    kept = await kept_recordings(db, scope, [language.tag])
    made = Translated(await translations.in_languages(db, scope, [language.tag]))
    shown = []
    for text in texts:
        own = kept.of(language.tag, text)
        words = []
        for part in Part if language.written and language.tag != SOURCE else ():
            if words_of(text, part):
                words.append(_words(language, text, part, made))
        shown.append(
            BenchText(
                text,
                standing(own, text.mark),
                published(own, text.mark),
                waiting(own, text.mark),
                outdated(own, text.mark) if standing(own, text.mark) is Standing.OUT_OF_DATE else None,
                words,
                [_explained(term, language, kept, made) for term in _terms_of(text)],
            )
        )
    who = {
        by
        for one in shown
        for row in (one.heard, one.waits, one.old)
        if row
        for by in (row.recorded_by, row.reviewed_by)
        if by
    }
    who |= {
        by
        for one in shown
        for w in one.words
        if w.row
        for by in (w.row.translated_by, w.row.reviewed_by)
        if by
    }
    return shown, await people.names_of(db, scope, who)


def _words(language: Language, text: SpokenText, part: Part, made: Translated[Any]) -> BenchWords:
    source, row = words_of(text, part), made.of(text, part)
    said = row.text if row else of_release(language.tag, source)
    return BenchWords(part, source, said, standing_of(row, source), row)


def _terms_of(text: SpokenText) -> list[Term]:
    return [] if text.key.startswith("term.") else terms_in(f"{text.text} {text.more}", GLOSSARY)


def _explained(term: Term, language: Language, kept: KeptVoices, made: Translated[Any]) -> Explained:
    text = all_texts()[f"term.{term.key}"]
    row = made.of(text, Part.TEXT)
    heard = published(kept.of(language.tag, text), text.mark)
    return Explained(term.title, term.text, row.text if row else of_release(language.tag, text.text), heard)


def _frame(scope: Scope, language: Language, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "language": language,
        "names": names,
        "standings": STANDING_NAMES,
        "stale": None,
        "me_id": scope.person_id,
        "changes": changes,
    }


def _back(language: Language, text: SpokenText) -> Redirect:
    address = f"/voices/{language.tag}?group={group_of(text)}#{text.key}"
    return go_to(address)


def _sentences(problems: list[Problem]) -> dict[str, str]:
    return {problem.code: sentence_of(problem) for problem in problems}


def _language(tag: str) -> Language:
    if tag not in LANGUAGES:
        raise NotFoundException
    return LANGUAGES[tag]


def _text(key: str) -> SpokenText:
    if key not in all_texts():
        raise NotFoundException
    return all_texts()[key]


def _part(part: str) -> Part:
    if part not in list(Part):
        raise NotFoundException
    return Part(part)
