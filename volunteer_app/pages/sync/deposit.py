"""Sealed boxes without their author: from a phone where nobody is signed in, or in a file handed to the leader."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException

from volunteer_app.dependencies import engine_of, session_token
from volunteer_app.domain.operations.envelope import LARGEST_BATCH_BYTES, MOST_PER_BATCH
from volunteer_app.pages.sync.routes import answer_to_phone, delivery_in, taken_by
from volunteer_app.storage import sign_ins
from volunteer_app.storage.operations.deliveries import Arrival
from volunteer_app.storage.operations.log import Answer

MOST_IN_A_FILE = 5_000


class OutboxFile(msgspec.Struct):
    """What a phone saves to a file (`static/js/outbox_file.js`): its own id, and everything that waits, sealed."""

    device_id: UUID
    boxes: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_IN_A_FILE)]
    app_build: Annotated[str, msgspec.Meta(max_length=40)] = ""


@post("/api/v1/deposit", status_code=200, request_max_body_size=LARGEST_BATCH_BYTES)
async def take_deposit(request: Request, state: State) -> Response[bytes]:
    """Take boxes from a phone that we know and where nobody is signed in. It can put in; it learns nothing."""
    delivery = await delivery_in(request)
    async with engine_of(state).reading() as db:
        is_trusted = not await sign_ins.is_revoked(db, session_token(request), datetime.now(UTC))
    answers = await take_boxes(
        state, delivery.device_id, delivery.app_build, delivery.ops, is_trusted=is_trusted
    )
    return answer_to_phone(state, answers)


async def take_boxes(
    state: State, device_id: UUID, app_build: str, boxes: Sequence[msgspec.Raw], *, is_trusted: bool = True
) -> list[Answer]:
    """Open each box and take what lies in it as its author's, judged by the author's own assignments. What nobody can
    open, what was recorded by somebody who was never seen on that phone, and all that comes from a phone whose session
    was revoked (not trusted), is kept for the leader.

    Raises NotAuthorizedException for a phone that we never met: its boxes stay on it until somebody signs in there.
    """
    answers: list[Answer] = []
    for first in range(0, max(len(boxes), 1), MOST_PER_BATCH):
        arrival = Arrival(None, device_id, app_build, datetime.now(UTC), is_trusted=is_trusted)
        arrival.read(boxes[first : first + MOST_PER_BATCH], state.sealing_keys.read_box)
        taken = await taken_by(state, arrival)
        if isinstance(taken, str):
            raise NotAuthorizedException
        answers += taken
    return answers
