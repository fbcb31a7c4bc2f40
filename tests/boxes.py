"""A phone's half of sealing, in Python, for tests of the server; the phone's own is held to it in a browser test."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.people import HOA, LAN, MINH
from volunteer_app.sealing import POINT, PURPOSE


def _to_base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class SigningKey:
    """A key that a phone signs with, as `service_worker/signing.js` makes and uses it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.public = _to_base64(self._private.public_key().public_bytes(*POINT))

    def signature(self, purpose: str, text: bytes) -> str:
        """64 bytes, r and s, as browsers give them."""
        r, s = decode_dss_signature(
            self._private.sign(f"tung-nha {purpose} 1\n".encode() + text, ec.ECDSA(hashes.SHA256()))
        )
        return _to_base64(r.to_bytes(32) + s.to_bytes(32))

    def over(self, delivery: bytes) -> dict[str, str]:
        """The headers that sign a delivery."""
        return {"signing-key": self.public, "signature": self.signature("delivery", delivery)}

    def signed(self, operation: dict[str, Any]) -> dict[str, str]:
        """An operation with a signature of its own, as it lies in a box."""
        said = json.dumps({name: value for name, value in operation.items() if name != "seq"})
        return {"said": said, "key": self.public, "signature": self.signature("operation", said.encode())}


KEYS = {person_id: SigningKey() for person_id in (LAN, HOA, MINH)}
"""Whose phones sign with what, in tests that let them."""


def signed_and_sealed(key: dict[str, str], operation: dict[str, Any], signing: SigningKey) -> dict[str, Any]:
    """A box with a signed operation in it."""
    return sealed(key, operation, inside=signing.signed(operation))


def sealed(
    key: dict[str, str], operation: dict[str, Any], *, inside: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A box as `service_worker/seal.js` makes it; `key` is what the field pack names under `seal_with`.
    inside: what lies in it instead of the operation alone."""
    public = urlsafe_b64decode(key["public"] + "=" * (-len(key["public"]) % 4))
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(*POINT)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
    secret = HKDF(hashes.SHA256(), 32, salt=point + public, info=PURPOSE).derive(shared)
    nonce = secrets.token_bytes(12)
    inside = inside or {name: value for name, value in operation.items() if name != "seq"}
    text = AESGCM(secret).encrypt(nonce, json.dumps(inside).encode(), operation["id"].encode())
    box = _to_base64(point + nonce + text)
    return {"id": operation["id"], "seq": operation["seq"], "key_id": key["key_id"], "sealed": box}
