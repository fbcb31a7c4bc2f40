"""The door for sealed boxes from a phone where nobody is signed in. A file handed to the leader: `hand_in/`."""

from litestar import Request, Response, post
from litestar.datastructures import State

from volunteer_app.domain.operations.envelope import LARGEST_BATCH_BYTES
from volunteer_app.pages.sync.boxes import take_boxes
from volunteer_app.pages.sync.routes import answer_to_phone, delivery_in


@post("/api/v1/deposit", status_code=200, request_max_body_size=LARGEST_BATCH_BYTES)
async def take_deposit(request: Request, state: State) -> Response[bytes]:
    """Take boxes from a phone that we know and where nobody is signed in. It can put in; it learns nothing."""
    delivery, _ = await delivery_in(request)
    answers = await take_boxes(state, delivery.device_id, delivery.app_build, delivery.ops)
    return answer_to_phone(state, answers)
