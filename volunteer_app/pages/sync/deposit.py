"""The door for sealed boxes from a phone where nobody is signed in. A file handed to the leader: `hand_in/`."""

from datetime import UTC, datetime

from litestar import Request, Response, post
from litestar.datastructures import State

from volunteer_app.dependencies import engine_of, session_token
from volunteer_app.domain.operations.envelope import LARGEST_BATCH_BYTES
from volunteer_app.pages.sync.boxes import take_boxes
from volunteer_app.pages.sync.routes import answer_to_phone, delivery_in
from volunteer_app.storage import sign_ins


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
