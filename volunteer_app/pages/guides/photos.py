"""Photos of changed screens: taken from phones, drawn anew, shown to those who mend the guides, gone once handled.

Taking one opens its own transactions: drawing it anew must not hold the one writer.
"""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath

from volunteer_app.dependencies import CurrentScope, Db, engine_of, provide_me, provide_scope, require
from volunteer_app.domain.permissions import may_edit_guides, may_record
from volunteer_app.storage import screen_reports
from volunteer_app.storage.media import Media
from volunteer_app.voices import RecordingRefused, drawn_anew


class PhotoDelivered(msgspec.Struct):
    """What a phone says of a photo whose bytes it has delivered (`/api/v1/uploads/…`)."""

    report: UUID
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


@post("/api/v1/screen-photos", status_code=200, request_max_body_size=1024)
async def take_screen_photo(request: Request, state: State) -> Response[bytes]:
    """Take a photo: accepted, duplicate, refused (why); needs_report, needs_upload: something has to come first."""
    async with engine_of(state).reading() as db:
        scope = await provide_scope(await provide_me(db, request))
        require(may_record(scope))
        try:
            said = msgspec.json.decode(await request.body(), type=PhotoDelivered)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ClientException("the photo is not described as expected") from error
        report = await screen_reports.report_of(db, scope, said.report)
        is_known = await screen_reports.photo_of(db, scope, said.report) is not None
    media: Media = state.media
    if report is None or report.person_id != scope.person_id:
        return _answer("needs_report")
    if is_known:
        media.let_go(scope, said.sha256)
        return _answer("duplicate")
    body = await asyncio.to_thread(media.delivered, scope, said.sha256)
    if body is None:
        return _answer("needs_upload")
    try:
        jpeg = await drawn_anew(body)
    except RecordingRefused as refused:
        media.let_go(scope, said.sha256)
        return _answer("refused", why=refused.code)
    async with engine_of(state).writing() as db:
        await screen_reports.keep_photo(db, scope, said.report, jpeg)
    media.let_go(scope, said.sha256)
    return _answer("accepted")


@get("/guides/photos/{report_id:uuid}")
async def screen_photo(db: Db, my_scope: CurrentScope, report_id: FromPath[UUID]) -> Response[bytes]:
    """A report's photo, for those who mend guides."""
    require(may_edit_guides(my_scope))
    photo = await screen_reports.photo_of(db, my_scope, report_id)
    if photo is None:
        raise NotFoundException
    headers = {"cache-control": "no-store", "content-security-policy": "default-src 'none'; sandbox"}
    return Response(photo.jpeg, media_type="image/jpeg", headers=headers)


def _answer(outcome: str, **more: str) -> Response[bytes]:
    said = msgspec.json.encode({"outcome": outcome} | more)
    return Response(said, media_type="application/json", headers={"cache-control": "no-store"})
