"""Where phones deliver operations and fetch what they carry to the field."""

import re
import zlib
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import (
    ClientException,
    NotAuthorizedException,
    NotFoundException,
    ServiceUnavailableException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromQuery

from volunteer_app.dependencies import CurrentScope, Db, engine_of, require, session_token
from volunteer_app.domain.operations.envelope import LARGEST_BATCH_BYTES, WAYS_OF_KEEPING, Delivery
from volunteer_app.domain.permissions import may_work_in_the_field
from volunteer_app.domain.training import SET
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.sync.field_pack import field_pack
from volunteer_app.signing import KEY_HEADER, OF_DELIVERY, SIGNATURE_HEADER, signer
from volunteer_app.storage import sign_ins
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.operations.deliveries import NOT_SIGNED_IN, UNREADABLE, Arrival, Busy
from volunteer_app.storage.operations.log import Answer
from volunteer_app.storage.sign_ins import hash_of

JSON = "application/json"


@post("/api/v1/ops", status_code=200, request_max_body_size=LARGEST_BATCH_BYTES)
async def take_operations(request: Request, state: State) -> Response[bytes]:
    """Take a delivery: one answer for each operation. Nothing is acknowledged before it is committed."""
    now = datetime.now(UTC)
    delivery, signed_with = await delivery_in(request)
    arrival = Arrival(
        hash_of(session_token(request)),
        delivery.device_id,
        delivery.app_build,
        now,
        delivery.made,
        None if delivery.free_mb is None else min(max(delivery.free_mb, 0), MOST_FREE_MB),
        delivery.lock if delivery.lock in WAYS_OF_KEEPING else None,
        None if delivery.cards is None else min(max(delivery.cards, 0), SET),
        signed_with=signed_with,
        signer=delivery.person_id,
    )
    arrival.read(delivery.ops, state.sealing_keys.read)
    taken = await taken_by(state, arrival)
    if taken == NOT_SIGNED_IN:
        async with engine_of(state).reading() as db:
            request.state.is_revoked = await sign_ins.is_revoked(db, session_token(request), now)
        raise NotAuthorizedException
    if isinstance(taken, str):
        raise NotFoundException
    of_key = {"key_is_over": arrival.is_key_over, "key_is_known": arrival.is_key_known and not delivery.ops}
    return answer_to_phone(state, taken, of_key)


DELIVERY = msgspec.json.Decoder(Delivery)
HALVES = re.compile(
    rb"((?<!\\)(?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
"""Half a picture (a lone surrogate) is no JSON text; a control character in its place has that one entry set aside."""
MOST_FREE_MB = 10**7
"""What a phone says of its room is kept within a column; nothing else depends on it, so no delivery fails for it."""


async def delivery_in(request: Request) -> tuple[Delivery, UUID | None]:
    """What the request carries, and the key that it is signed with. Raises ClientException for what is no delivery."""
    try:
        said = _inflated(request, await request.body())
        delivery = DELIVERY.decode(HALVES.sub(lambda found: found[1] + b"\\u0001", said))
        key, signature = (request.headers.get(name) for name in (KEY_HEADER, SIGNATURE_HEADER))
        return delivery, signer(key, signature, OF_DELIVERY, said)
    except (*UNREADABLE, zlib.error) as error:
        raise ClientException("the delivery is not readable JSON of the expected shape") from error


def _inflated(request: Request, body: bytes) -> bytes:
    """The body, unpacked if it came packed; never more of it than a delivery may have."""
    if request.headers.get("content-encoding") != "gzip":
        return body
    unpacking = zlib.decompressobj(wbits=31)
    unpacked = unpacking.decompress(body, LARGEST_BATCH_BYTES + 1)
    if len(unpacked) > LARGEST_BATCH_BYTES:
        raise RequestEntityTooLarge
    if not unpacking.eof:
        raise ClientException("the packed delivery is cut off")
    return unpacked


async def taken_by(state: State, arrival: Arrival) -> list[Answer] | str:
    """The answers to a delivery. Raises ServiceUnavailableException when the phone should come back later; phones
    add chance to the seconds, so that they do not all come at once."""
    try:
        return await state.deliveries.take(arrival)
    except Busy as busy:
        raise ServiceUnavailableException(
            "the server cannot write now", headers={"retry-after": RETRY_AFTER}
        ) from busy


RETRY_AFTER = "15"


@get("/api/v1/field-pack")
async def fetch_field_pack(
    request: Request, state: State, db: Db, my_scope: CurrentScope, since: FromQuery[str] = ""
) -> Response[bytes]:
    """What has changed for this person's phone since its cursors (`HAMLET:NUMBER,…`); nothing else ever."""
    require(may_work_in_the_field(my_scope))
    now = datetime.now(UTC)
    language = request.headers.get("accept-language", "")
    pack = await field_pack(db, my_scope, now, _cursors(since), language=language)
    server = await server_facts(db)
    pack |= {"seal_with": state.sealing_keys.public(), "epoch": server.epoch}
    pack["session"] = sign_ins.session_mark(session_token(request))
    mark = blake2b(msgspec.json.encode(pack), digest_size=8).hexdigest()
    headers = {"etag": f'"{mark}"', "cache-control": "no-store"}
    if request.headers.get("if-none-match") == f'"{mark}"':
        return Response(b"", status_code=304, media_type=JSON, headers=headers)
    pack |= {"server_id": server.server_id, "as_of": now, "mark": mark}
    return Response(msgspec.json.encode(pack), media_type=JSON, headers=headers)


def answer_to_phone(
    state: State, answers: list[Answer], of_key: dict[str, bool] | None = None
) -> Response[bytes]:
    """An answer for each operation, and who is speaking, so that no captive portal can pass for us. of_key: what the
    phone should know of the key that it signs with: that it was stopped, or that it is known.
    """
    deliveries = state.deliveries
    said = {
        "server_id": state.server.server_id,
        "epoch": deliveries.epoch or state.server.epoch,
        "time": datetime.now(UTC),
        "durable_through": deliveries.durable_through,
        "answers": [_said(answer) for answer in answers],
    }
    said |= {name: True for name, holds in (of_key or {}).items() if holds}
    return Response(msgspec.json.encode(said), media_type=JSON, headers={"cache-control": "no-store"})


def _cursors(since: str) -> dict[UUID, int]:
    """The phone's cursors. Raises ClientException when they are not what we gave out."""
    try:
        pairs = [pair.split(":") for pair in since.split(",") if pair]
        return {UUID(hamlet_id): int(number) for hamlet_id, number in pairs}
    except ValueError as error:
        raise ClientException("these cursors are not ours") from error


def _said(answer: Answer) -> dict[str, Any]:
    """One answer as the phone reads it; the reason is a sentence in the phone's language."""
    said: dict[str, Any] = {
        "id": answer.id,
        "outcome": answer.outcome,
        "received_at": answer.received_at,
        "receipt": answer.id.hex[-6:].upper(),
        "reason": None,
    }
    if answer.problem:
        said["reason"] = {"code": answer.problem.code, "text": sentence_of(answer.problem)}
        if answer.problem.field:
            said["reason"]["field"] = answer.problem.field
    if answer.waits_for:
        said["waits_for"] = answer.waits_for
    return said
