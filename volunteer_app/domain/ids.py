"""Ids that the server makes at the desk; phones make their own the same way (`service_worker/outbox.js`)."""

import secrets
from contextlib import suppress
from datetime import datetime
from hashlib import shake_256
from uuid import UUID


def new_id(now: datetime) -> UUID:
    """A UUIDv7: 48 bits of milliseconds, then chance; ids made later sort later (RFC 9562, 5.7)."""
    milliseconds = int(now.timestamp() * 1000)
    return UUID(
        int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    )


def sent_id(text: str, now: datetime) -> UUID:
    """The id that a form brought for what it makes, so that the same form sent twice makes one; else a fresh one."""
    with suppress(ValueError):
        if (brought := UUID(text)).version == 7:
            return brought
    return new_id(now)


def new_seed() -> str:
    """What a form brings of which letters are made that nobody can guess (`letters_from`); kept nowhere."""
    return secrets.token_urlsafe(SEED_BYTES)


def sent_seed(text: str) -> str:
    """The seed that a form brought, when it is one of ours; else a fresh one."""
    return text if is_seed(text) else new_seed()


def is_seed(text: str) -> bool:
    """Can it be one that `new_seed` made?"""
    return len(text) == SEED_LETTERS and text.isascii() and text.replace("-", "").replace("_", "").isalnum()


SEED_BYTES, SEED_LETTERS = 32, 43


def letters_from(seed: str, what: str, alphabet: str, count: int) -> str:
    """Letters that follow from a seed, the same every time: whoever does not know it cannot guess them."""
    number = int.from_bytes(shake_256(f"{what} {seed}".encode()).digest(2 * count))
    letters = []
    for _ in range(count):
        number, at = divmod(number, len(alphabet))
        letters.append(alphabet[at])
    return "".join(letters)


def id_from(seed: str, what: str) -> UUID:
    """An id that follows from a seed and does not tell it."""
    return UUID(bytes=shake_256(f"{what} {seed}".encode()).digest(16), version=4)
