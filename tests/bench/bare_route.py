"""The floor: a Litestar route that decodes a delivery and answers, with no person, no rule and no database.

`python -m tests.bench.bare_route PORT`
"""

import sys
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, post

from volunteer_app.domain.operations.envelope import Delivery, Operation


@post("/api/v1/ops", status_code=200)
async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read every operation; say "accepted" to each."""
    delivery = msgspec.json.decode(await request.body(), type=Delivery)
    ids = [msgspec.json.decode(raw, type=Operation).id for raw in delivery.ops]
    answers = [{"id": id_, "outcome": "accepted"} for id_ in ids]
    return Response(msgspec.json.encode({"answers": answers}), media_type="application/json")


if __name__ == "__main__":
    app = Litestar([take], openapi_config=None)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
