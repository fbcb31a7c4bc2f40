"""Ids that the server makes at the desk; phones make their own the same way (`service_worker/outbox.js`)."""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(now: datetime) -> UUID:
    """A UUIDv7: 48 bits of milliseconds, then chance; ids made later sort later (RFC 9562, 5.7)."""
    milliseconds = int(now.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    )
