"""Sealed boxes without their author: opened and taken as their authors' work."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException

from volunteer_app.domain.operations.envelope import MOST_PER_BATCH
from volunteer_app.pages.sync.routes import taken_by
from volunteer_app.storage.operations.deliveries import Arrival
from volunteer_app.storage.operations.log import Answer

MOST_IN_A_FILE = 5_000


class OutboxFile(msgspec.Struct):
    """What a phone saves to a file (`static/js/outbox_file.js`): its own id, and everything that waits, sealed."""

    device_id: UUID
    boxes: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_IN_A_FILE)]
    app_build: Annotated[str, msgspec.Meta(max_length=40)] = ""


async def take_boxes(
    state: State,
    device_id: UUID,
    app_build: str,
    boxes: Sequence[msgspec.Raw],
    *,
    brought_by: UUID | None = None,
) -> list[Answer]:
    """Open each box and take what lies in it as its author's, judged by the author's own assignments. What nobody can
    open, and what no signature in the box proves to be its author's, is kept for the leader.

    Raises NotAuthorizedException for a phone that we never met: its boxes stay on it until somebody signs in there.
    """
    answers: list[Answer] = []
    for first in range(0, max(len(boxes), 1), MOST_PER_BATCH):
        arrival = Arrival(None, device_id, app_build, datetime.now(UTC), brought_by=brought_by)
        arrival.read(boxes[first : first + MOST_PER_BATCH], state.sealing_keys.read_box)
        taken = await taken_by(state, arrival)
        if isinstance(taken, str):
            raise NotAuthorizedException
        answers += taken
    return answers
