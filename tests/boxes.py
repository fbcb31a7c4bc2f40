"""A phone's half of sealing, in Python, for tests of the server; the phone's own is held to it in a browser test."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from volunteer_app.sealing import POINT, PURPOSE


def sealed(key: dict[str, str], operation: dict[str, Any]) -> dict[str, Any]:
    """A box as `service_worker/seal.js` makes it; `key` is what the field pack names under `seal_with`."""
    public = urlsafe_b64decode(key["public"] + "=" * (-len(key["public"]) % 4))
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(*POINT)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
    secret = HKDF(hashes.SHA256(), 32, salt=point + public, info=PURPOSE).derive(shared)
    nonce = secrets.token_bytes(12)
    inside = {name: value for name, value in operation.items() if name != "seq"}
    text = AESGCM(secret).encrypt(nonce, json.dumps(inside).encode(), operation["id"].encode())
    box = urlsafe_b64encode(point + nonce + text).rstrip(b"=").decode()
    return {"id": operation["id"], "seq": operation["seq"], "key_id": key["key_id"], "sealed": box}
