"""Handing in (nộp giúp): the leader brings the file of a phone that cannot send; every box is taken as its author's."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import NotAuthorizedException
from litestar.params import MultipartBody
from litestar.response import Template

from volunteer_app.dependencies import (
    CurrentPerson,
    CurrentScope,
    engine_of,
    provide_me,
    provide_scope,
    require,
)
from volunteer_app.domain.operations.envelope import OperationOutcome
from volunteer_app.domain.permissions import may_see_team
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.sync.boxes import OutboxFile, take_boxes
from volunteer_app.storage import audit
from volunteer_app.storage.operations.deliveries import UNREADABLE
from volunteer_app.storage.operations.log import Answer

LARGEST_FILE_BYTES = 20 * 1024 * 1024

NOT_OURS = Problem(
    "hand_in.not_ours",
    N_("This is not a file that the app has saved. Nothing was taken. Please choose the file again."),
)
UNKNOWN_PHONE = Problem(
    "hand_in.no_phone",
    N_("The file does not say which phone it comes from. Please save it on the phone again."),
)
NEVER_SEEN = Problem(
    "hand_in.never_seen",
    N_(
        "This server has never met the phone that the file comes from. Nothing was taken; please keep the file."
    ),
)
ANSWER_NAMES = {
    OperationOutcome.ACCEPTED: N_("received now"),
    OperationOutcome.DUPLICATE: N_("was here already"),
    OperationOutcome.HELD: N_("waits for an earlier entry"),
    OperationOutcome.PARKED: N_("kept for you to look at"),
    OperationOutcome.MISMATCH: N_("kept for you to look at"),
    OperationOutcome.RETRY: N_("not taken yet: please hand the file in again later"),
}
SETTLED = (OperationOutcome.ACCEPTED, OperationOutcome.DUPLICATE)


class HandedFile(msgspec.Struct):
    """What the form sends."""

    file: UploadFile | None = None


@get("/hand-in")
async def hand_in_page(request: Request, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Choose the file."""
    require(may_see_team(my_scope))
    return _page(request, me)


@post("/hand-in", status_code=200, request_max_body_size=LARGEST_FILE_BYTES)
async def hand_in(request: Request, state: State, data: MultipartBody[HandedFile]) -> Template:
    """Take every box of the file; an answer for each. Handing in twice does no harm."""
    async with engine_of(state).reading() as db:  # the boxes have a writer of their own
        me = await provide_me(db, request)
    my_scope = await provide_scope(me)
    require(may_see_team(my_scope))
    try:
        content = msgspec.json.decode(await data.file.read() if data.file else b"", type=OutboxFile)
        answers = await take_boxes(
            state, content.device_id, content.app_build, content.boxes, brought_by=my_scope.person_id
        )
    except UNREADABLE as error:
        is_without_phone = isinstance(error, msgspec.ValidationError) and "device_id" in str(error)
        return _page(request, me, problem=UNKNOWN_PHONE if is_without_phone else NOT_OURS)
    except NotAuthorizedException:
        return _page(request, me, problem=NEVER_SEEN)
    async with engine_of(state).writing() as db:
        await audit.note(db, my_scope, "file.handed_in", content.device_id, now=datetime.now(UTC))
    return _page(request, me, answers=answers, numbers=_numbers(content.boxes))


def _numbers(boxes: list[msgspec.Raw]) -> dict[UUID, int]:
    """Which number each entry has on its phone."""
    found = {}
    for raw in boxes:
        said: Any = msgspec.json.decode(raw)
        try:
            found[UUID(str(said["id"]))] = int(said["seq"])
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _page(
    request: Request,
    me: CurrentPerson,
    *,
    answers: list[Answer] | None = None,
    numbers: dict[UUID, int] | None = None,
    problem: Problem | None = None,
) -> Template:
    rows = sorted(answers or [], key=lambda answer: (numbers or {}).get(answer.id, 0))
    return desk_page(
        request,
        me,
        "hand_in/form.html",
        answers=rows if answers is not None else None,
        numbers=numbers or {},
        settled=sum(answer.outcome in SETTLED for answer in rows),
        outcome_names=ANSWER_NAMES,
        settled_outcomes=SETTLED,
        problem=problem,
    )
