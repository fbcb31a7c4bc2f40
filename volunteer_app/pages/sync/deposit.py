"""Sealed boxes without their author: from a phone where nobody is signed in, or in a file handed to the leader."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotAuthorizedException
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import Db
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.operations import LARGEST_BATCH_BYTES, MOST_PER_BATCH, Delivery, Operation
from volunteer_app.domain.people import Role
from volunteer_app.pages.sync.routes import answer_to_phone, id_in
from volunteer_app.permissions import Scope
from volunteer_app.sealing import Box, Keys
from volunteer_app.storage import operations, people
from volunteer_app.storage.operations import Answer, Sender

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MOST_IN_A_FILE = 5_000


class OutboxFile(msgspec.Struct):
    """What a phone saves to a file (`static/js/outbox_file.js`): its own id, and everything that waits, sealed."""

    device_id: UUID
    boxes: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_IN_A_FILE)]
    app_build: Annotated[str, msgspec.Meta(max_length=40)] = ""


@post("/api/v1/deposit", status_code=200, request_max_body_size=LARGEST_BATCH_BYTES)
async def take_deposit(request: Request, state: State, db: Db) -> Response[bytes]:
    """Take boxes from a phone that we know and where nobody is signed in. It can put in; it learns nothing."""
    try:
        delivery = msgspec.json.decode(await request.body(), type=Delivery)
    except UNREADABLE as error:
        raise ClientException("the delivery is not readable JSON of the expected shape") from error
    phone = await people.device(db, delivery.device_id)
    if phone is None:
        raise NotAuthorizedException  # the boxes stay on the phone until somebody signs in there
    holder = Scope(phone.person_id, Role.VOLUNTEER, phone.province_code)
    sender = Sender(holder, delivery.device_id, delivery.app_build)
    answers = await take_boxes(db, state.sealing_keys, sender, delivery.ops, datetime.now(UTC))
    return answer_to_phone(state, answers)


async def take_boxes(
    db: AsyncSession, keys: Keys, sender: Sender, boxes: Sequence[msgspec.Raw], now: datetime
) -> list[Answer]:
    """Open each box and take what lies in it as its author's, judged by the author's own assignments. What nobody can
    open, and what was recorded by somebody who was never seen on that phone, is kept for the leader."""
    answers: list[Answer] = []
    by_author: dict[UUID | None, list[Operation]] = {}
    for raw in boxes:
        try:
            operation = keys.open(msgspec.json.decode(raw, type=Box))
        except UNREADABLE:
            if operation_id := id_in(bytes(raw)):
                answers.append(await operations.park_unreadable(db, sender, operation_id, bytes(raw), now))
        else:
            by_author.setdefault(operation.person_id, []).append(operation)
    for author, theirs in by_author.items():
        answers += await _take_from(db, sender, author, theirs, now)
    return answers


async def _take_from(
    db: AsyncSession, sender: Sender, author: UUID | None, theirs: list[Operation], now: datetime
) -> list[Answer]:
    scope = author and await people.scope_of_author(
        db, sender.scope, sender.device_id, author, local_day(now)
    )
    if not scope:
        return await operations.park_foreign(db, sender, theirs, now)
    answers: list[Answer] = []
    for first in range(0, len(theirs), MOST_PER_BATCH):
        part = theirs[first : first + MOST_PER_BATCH]
        answers += await operations.take_all(db, Sender(scope, sender.device_id, sender.app_build), part, now)
    return answers
