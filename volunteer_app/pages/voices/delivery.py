"""Where phones deliver recordings, chunk by chunk, and fetch languages and voices. See docs/voices.md.

These handlers open their own transactions: a phone on a thin line, or a recording being turned into a speech file, must
not hold the one writer.
"""

import asyncio
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, FromQuery

from volunteer_app.dependencies import CurrentScope, Db, engine_of, provide_me, provide_scope, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.languages import LANGUAGES
from volunteer_app.domain.permissions import Scope, may_record
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.domain.recordings import CHUNK, LARGEST_RECORDING, SHA256, VOICE_FILE, Recording, refusal
from volunteer_app.domain.spoken_texts import mark_of
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.public.answering import FOR_EVER
from volunteer_app.pages.voices.language_packs import kept_recordings, language_pack, overview, texts_in
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.storage import recordings
from volunteer_app.storage.database import at_once
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.media import Media, TooMuch, WrongHash, WrongOffset
from volunteer_app.storage.operations import senders, spending
from volunteer_app.voices import RecordingRefused, speech_of

NO_STORE = {"cache-control": "no-store"}


class RecordingMade(msgspec.Struct):
    """What a phone says of a recording whose sound it has delivered."""

    id: UUID
    device_id: UUID
    person_id: UUID
    text_key: Annotated[str, msgspec.Meta(max_length=120)]
    text: Annotated[str, msgspec.Meta(max_length=2000)]
    language: Annotated[str, msgspec.Meta(max_length=20)]
    recorded_at: datetime
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


async def _scope_of(request: Request, state: State) -> Scope:
    """Who is asking; their transaction ends before the work begins."""
    async with engine_of(state).reading() as db:
        scope = await provide_scope(await provide_me(db, request))
    require(may_record(scope))
    return scope


def _name(sha256: str) -> str:
    if not SHA256.fullmatch(sha256):
        raise NotFoundException
    return sha256


@get("/api/v1/uploads/{sha256:str}", status_code=204)
async def upload_offset(request: Request, state: State, sha256: FromPath[str]) -> Response[None]:
    """How far this delivery has come (asked with HEAD)."""
    scope = await _scope_of(request, state)
    return _at(_media(state).offset(scope, _name(sha256)))


@patch("/api/v1/uploads/{sha256:str}", status_code=204, request_max_body_size=CHUNK)
async def take_chunk(request: Request, state: State, sha256: FromPath[str]) -> Response[None]:
    """Take one chunk; answered once it is on the disk. 409: the delivery stands elsewhere; 422: its hash is wrong."""
    scope = await _scope_of(request, state)
    name = _name(sha256)
    try:
        offset = int(request.headers["upload-offset"])
        length = int(request.headers["upload-length"])
    except (KeyError, ValueError) as error:
        raise ClientException("Upload-Offset and Upload-Length are needed") from error
    if offset < 0:
        raise ClientException("Upload-Offset must not be below 0")
    chunk = await request.body()
    media = _media(state)
    if 0 < length <= LARGEST_RECORDING and not media.is_begun(scope, name):
        async with engine_of(state).writing() as db:
            today = local_day(datetime.now(UTC))
            if not await spending.may_upload(db, scope.province_code, scope.person_id, length, today):
                return _at(0, 413)
    try:
        at = await asyncio.to_thread(media.append, scope, name, offset=offset, length=length, chunk=chunk)
    except WrongOffset as wrong:
        return _at(wrong.offset, 409)
    except TooMuch:
        return _at(media.offset(scope, name), 413)
    except WrongHash:
        return _at(0, 422)
    return _at(at)


def _at(offset: int, status_code: int = 204) -> Response[None]:
    headers = NO_STORE | {"upload-offset": str(offset), "upload-limit": f"max-size={LARGEST_RECORDING}"}
    return Response(None, status_code=status_code, headers=headers)


@post("/api/v1/recordings", status_code=200, request_max_body_size=16 * 1024)
async def take_recording(request: Request, state: State) -> Response[bytes]:
    """Take a recording whose sound has arrived: accepted, duplicate, needs_upload, or parked with the reason."""
    scope = await _scope_of(request, state)
    try:
        made = msgspec.json.decode(await request.body(), type=RecordingMade)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException("the recording is not readable JSON of the expected shape") from error
    now = datetime.now(UTC)
    async with engine_of(state).reading() as db:
        state.server = await server_facts(db)
        problem = await _problem_with(db, scope, made)
        is_known = await recordings.recording_of(db, scope, made.id) is not None
    if is_known:
        return _said(state, made.id, "duplicate", now)
    if problem:
        return _said(state, made.id, "parked", now, problem)
    media = _media(state)
    sound = await asyncio.to_thread(media.delivered, scope, made.sha256)
    if sound is None:
        return _said(state, made.id, "needs_upload", now)
    try:
        speech = await speech_of(sound)
    except RecordingRefused as refused:
        media.let_go(scope, made.sha256)
        return _said(state, made.id, "parked", now, refusal(refused.code))
    file = await asyncio.to_thread(media.keep_voice, speech.body)
    recording = Recording(
        province_code=scope.province_code,
        id=made.id,
        text_key=made.text_key,
        text_mark=mark_of(made.text),
        language=made.language,
        recorded_by=made.person_id,
        recorded_at=made.recorded_at,
        received_at=now,
        file=file,
        size=len(speech.body),
        seconds=speech.seconds,
        said=made.text,
    )
    async with engine_of(state).writing() as db:
        await recordings.keep(db, scope, recording)
    media.let_go(scope, made.sha256)
    media.let_go_old(now)
    return _said(state, made.id, "accepted", now)


async def _problem_with(db: Any, scope: Scope, made: RecordingMade) -> Problem | None:
    if made.language not in LANGUAGES:
        return Problem("recording.language", N_("The server does not know this language yet."))
    if made.text_key not in all_texts():
        return Problem("recording.text", N_("This text is no longer used. Nothing needs to be recorded."))
    by = (made.device_id, made.person_id)
    if made.person_id != scope.person_id and not await at_once(
        db, senders.held_by, scope.province_code, [by]
    ):
        return Problem(
            "recording.foreign", N_("Recorded by somebody whom the server never met on this phone.")
        )
    return None


def _said(
    state: State, id_: UUID, outcome: str, now: datetime, problem: Problem | None = None
) -> Response[bytes]:
    said = {
        "server_id": state.server.server_id,
        "epoch": state.server.epoch,
        "id": id_,
        "outcome": outcome,
        "received_at": now,
        "receipt": id_.hex[-6:].upper(),
        "reason": problem and {"code": problem.code, "text": sentence_of(problem)},
    }
    return Response(msgspec.json.encode(said), media_type=MediaType.JSON, headers=NO_STORE)


@get("/api/v1/languages")
async def fetch_languages(
    request: Request, state: State, db: Db, my_scope: CurrentScope, kept: FromQuery[str] = ""
) -> Response[bytes]:
    """Every language with what there is in it; and whole, those that the phone keeps (`kept=tyz,hmn`)."""
    require(may_record(my_scope))
    tags = [tag for tag in dict.fromkeys(kept.split(",")) if tag]
    if not set(tags) <= LANGUAGES.keys():
        raise NotFoundException
    recorded = await kept_recordings(db, my_scope, LANGUAGES)
    packs = {tag: language_pack(recorded, tag) | {"texts": await texts_in(db, my_scope, tag)} for tag in tags}
    said = {"languages": overview(recorded), "packs": packs}
    mark = blake2b(msgspec.json.encode(said), digest_size=8).hexdigest()
    headers = NO_STORE | {"etag": f'"{mark}"'}
    if request.headers.get("if-none-match") == f'"{mark}"':
        return Response(b"", status_code=304, media_type=MediaType.JSON, headers=headers)
    server = await server_facts(db)
    said |= {"server_id": server.server_id, "epoch": server.epoch, "mark": mark}
    return Response(msgspec.json.encode(said), media_type=MediaType.JSON, headers=headers)


@get("/media/voices/{name:str}")
async def voice_file(request: Request, state: State, name: FromPath[str]) -> Response[bytes]:
    """A speech file that was made here: published ones for everybody, others for those who record and review."""
    body = _media(state).voice(name) if VOICE_FILE.fullmatch(name) else None
    if body is None:
        raise NotFoundException
    async with engine_of(state).reading() as db:
        is_published = await recordings.is_published(db, name)
        if not is_published:
            me = await provide_me(db, request)
            require(
                me is not None
                and may_record(me.scope)
                and await recordings.is_of_province(db, me.scope, name)
            )
    return sound_answer(request, body, FOR_EVER if is_published else "private, no-store")


def sound_answer(request: Request, body: bytes, keep: str) -> Response[bytes]:
    """A speech file, or the part of it that is asked for. keep: who may keep it."""
    headers = {
        "accept-ranges": "bytes",
        "cache-control": keep,
        "content-disposition": "inline",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    part = _range(request.headers.get("range", ""), len(body))
    if part is None:
        return Response(body, media_type="audio/mpeg", headers=headers)
    first, last = part
    headers["content-range"] = f"bytes {first}-{last}/{len(body)}"
    return Response(body[first : last + 1], status_code=206, media_type="audio/mpeg", headers=headers)


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """One range of bytes, as Safari asks before it plays anything; None for all."""
    unit, _, span = asked.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdecimal():
        return None
    if not first:
        return max(0, size - int(last)), size - 1
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


def _media(state: State) -> Media:
    return state.media
