"""Signatures (chữ ký): a phone signs what its person records, with a key that never leaves it.

ECDSA on P-256 over SHA-256, as browsers make it: 64 bytes, `r · s`. One signature over a delivery covers what its
author delivers; what travels sealed carries its own, inside the box. A signature brings its public key along, so that
it can be verified before the database is asked whose key it is (`storage/signing_keys.py`).
`service_worker/signing.js` is the other half.
"""

from base64 import urlsafe_b64decode
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

OF_DELIVERY = b"tung-nha delivery 1\n"
OF_OPERATION = b"tung-nha operation 1\n"
"""What comes before a text that is signed: a signature over the one says nothing of the other."""

KEY_HEADER, SIGNATURE_HEADER = "signing-key", "signature"
POINT_BYTES, SIGNATURE_BYTES = 65, 64
_HOW = ec.ECDSA(hashes.SHA256())


def signer(key: object, signature: object, purpose: bytes, text: bytes) -> UUID | None:
    """The id of the key that this text is signed with; None when the signature does not hold."""
    if not isinstance(key, str) or not isinstance(signature, str):
        return None
    try:
        point, said = _from_base64(key, POINT_BYTES), _from_base64(signature, SIGNATURE_BYTES)
        half = SIGNATURE_BYTES // 2
        r_and_s = encode_dss_signature(int.from_bytes(said[:half]), int.from_bytes(said[half:]))
        _public(point).verify(r_and_s, purpose + text, _HOW)
    except (ValueError, InvalidSignature):
        return None
    return id_of(point)


def id_of(point: bytes) -> UUID:
    """What a key is known by: a part of its public half's hash."""
    return UUID(bytes=sha256(point).digest()[:16])


@lru_cache(maxsize=4096)
def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _from_base64(text: str, length: int) -> bytes:
    raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if len(raw) != length:
        raise ValueError("not of the length that it has")
    return raw
