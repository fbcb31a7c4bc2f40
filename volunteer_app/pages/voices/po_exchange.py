"""The bench's words as a PO file: out for Poedit or Weblate, and in again (`po_files.py`)."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, MultipartBody
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app import po_files
from volunteer_app.dependencies import CurrentScope, Db, engine_of, provide_me, provide_scope, require
from volunteer_app.domain.languages import LANGUAGES, Language
from volunteer_app.domain.permissions import Scope, may_review_voices
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.spoken_texts import mark_of
from volunteer_app.domain.translations import Translated, Translation
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.voices.texts import all_texts, of_release
from volunteer_app.storage import translations
from volunteer_app.storage.database import Database

SHOWN_REFUSED = 50

TOGETHER = 100
"""How many texts one transaction takes: others who write wait no longer for a large file."""


class Upload(msgspec.Struct):
    """What the form sends."""

    file: UploadFile | None = None


class Taken(NamedTuple):
    """What became of a file: texts that are new or changed, that say what was here, left out, refused."""

    changed: int
    same: int
    left_out: int
    refused: list[po_files.RefusedWords]


@get("/voices/{tag:str}/words.po")
async def export_words(db: Db, my_scope: CurrentScope, tag: FromPath[str]) -> Response[bytes]:
    """Every text in one language as a PO file."""
    require(may_review_voices(my_scope))
    headers = {"content-disposition": f'attachment; filename="tung-nha-{_written(tag).tag}.po"'}
    return Response(
        await words_file(db, my_scope, tag), media_type="text/x-gettext-translation", headers=headers
    )


@post("/voices/{tag:str}/words.po", status_code=200, request_max_body_size=po_files.LARGEST_PO_BYTES)
async def import_words(
    request: Request, state: State, tag: FromPath[str], data: MultipartBody[Upload]
) -> Template:
    """Take a PO file's words; each waits for a second person. The file is read in a thread and before anything is
    written: it comes from elsewhere, and may be large."""
    async with engine_of(state).reading() as db:
        me = await provide_me(db, request)
    my_scope = await provide_scope(me)
    require(may_review_voices(my_scope))
    language = _written(tag)
    body = await data.file.read() if data.file else b""
    taken, problem = None, None
    try:
        content = await asyncio.to_thread(po_files.read, body, language, all_texts())
        taken = await take_words(engine_of(state), my_scope, tag, content, datetime.now(UTC))
    except po_files.BrokenFile as broken:
        problem = broken.problem
    return desk_page(
        request,
        me,
        "voices/taken.html",
        status_code=422 if problem else 200,
        language=language,
        taken=taken,
        refused=[(one.key, sentence_of(one.problem)) for one in taken.refused[:SHOWN_REFUSED]]
        if taken
        else [],
        problem=problem,
    )


async def words_file(db: AsyncSession, scope: Scope, tag: str) -> bytes:
    """A language's words as a PO file."""
    made = Translated(await translations.in_languages(db, scope, [tag]))
    return po_files.as_po(LANGUAGES[tag], all_texts().values(), made, partial(of_release, tag))


async def take_words(
    database: Database, scope: Scope, tag: str, content: po_files.Content, now: datetime
) -> Taken:
    """Keep what a PO file says where it says something else than is here, some texts at a time."""
    changed = 0
    for first in range(0, len(content.said), TOGETHER):
        async with database.writing() as db:
            before = Translated(await translations.in_languages(db, scope, [tag]))
            for said in content.said[first : first + TOGETHER]:
                if made := _differing(before, said, scope, tag, now):
                    changed += 1
                    await translations.keep(db, scope, made)
    return Taken(changed, len(content.said) - changed, content.left_out, content.refused)


def _differing(
    before: Translated, said: po_files.Said, scope: Scope, tag: str, now: datetime
) -> Translation | None:
    row, mark = before.of(all_texts()[said.key], said.part), mark_of(said.source)
    here = (row.text, row.source_mark) if row else (of_release(tag, said.source), mark)
    if here == (said.text, mark):
        return None
    return Translation(
        province_code=scope.province_code,
        language=tag,
        text_key=row.text_key if row else said.key,
        part=row.part if row else said.part,
        source_mark=mark,
        source=said.source,
        text=said.text,
        translated_by=scope.person_id,
        translated_at=now,
    )


def _written(tag: str) -> Language:
    if tag not in LANGUAGES or not LANGUAGES[tag].written:
        raise NotFoundException
    return LANGUAGES[tag]


def problem_of(tag: str) -> Problem | None:
    """Why a language has no file; for the command."""
    if tag not in LANGUAGES:
        return Problem("po.unknown_language", po_files.UNKNOWN_LANGUAGE)
    return None if LANGUAGES[tag].written else po_files.NOT_WRITTEN
