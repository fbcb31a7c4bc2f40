"""Sealed outbox items (niêm phong): a phone seals what it records so that only this server can read it.

A box is `ephemeral public key (65 bytes) · nonce (12) · ciphertext with tag`, in base64url without padding. The
key comes from ECDH on P-256 through HKDF-SHA256; AES-GCM binds the operation's id: no box can take another's place.
`service_worker/seal.js` is the other half; `tests/browser/test_worker_sealing.py` holds the two together.

The private keys lie in a folder of their own, apart from the database; old ones stay, to open old boxes.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.signing import OF_OPERATION, signer

PURPOSE = b"tung-nha outbox 1"
SEALED_MARK = b'"sealed"'
POINT_BYTES, NONCE_BYTES, TAG_BYTES = 65, 12, 16
POINT = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
PEM = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)


class Unopenable(msgspec.DecodeError):
    """A box that none of our keys opens: sealed for another server, damaged, or not a box at all."""


class Box(msgspec.Struct):
    """A sealed operation. Its id and number stand outside; who, what and when lie inside."""

    id: UUID
    seq: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    key_id: Annotated[str, msgspec.Meta(max_length=16)]
    sealed: str


class _Envelope(msgspec.Struct):
    """Just enough to tell a box from an operation in the clear."""

    sealed: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class SealingKey:
    """One key pair. Its id is a part of the public key's hash."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private

    @cached_property
    def public(self) -> bytes:
        """The public half, as an uncompressed point."""
        return self.private.public_key().public_bytes(*POINT)

    @cached_property
    def id(self) -> str:
        """What a box names its key by."""
        return sha256(self.public).hexdigest()[:16]

    def open(self, box: Box) -> bytes:
        """What lies in the box. Raises Unopenable."""
        try:
            raw = _from_base64(box.sealed)
            point, nonce, text = (
                raw[:POINT_BYTES],
                raw[POINT_BYTES : POINT_BYTES + NONCE_BYTES],
                raw[POINT_BYTES + NONCE_BYTES :],
            )
            ephemeral = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            shared = self.private.exchange(ec.ECDH(), ephemeral)
            derived = HKDF(hashes.SHA256(), 32, salt=point + self.public, info=PURPOSE).derive(shared)
            return AESGCM(derived).decrypt(nonce, text, str(box.id).encode())
        except (ValueError, InvalidTag) as error:
            raise Unopenable("this box was not sealed for this key") from error


class Keys:
    """The installation's key pairs, oldest first; phones seal with the newest. Other processes may add one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read_at = -1
        self._keys: list[SealingKey] = []

    def ensure(self, now: datetime) -> None:
        """Make the first key pair, at the first start ever."""
        if not self.all():
            self.rotate(now)

    def rotate(self, now: datetime) -> SealingKey:
        """Make a new key pair, with which phones seal from their next contact on. Old ones stay."""
        key = SealingKey(ec.generate_private_key(ec.SECP256R1()))
        moment = now.strftime("%Y%m%dT%H%M%S%f")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"outbox-{moment}-{key.id}.pem"
        draft = path.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.private.private_bytes(*PEM))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)  # never half a key under its name
        self._read_at = -1
        return key

    def all(self) -> list[SealingKey]:
        """Every key pair, oldest first; read again when the folder has changed."""
        changed_at = self.folder.stat().st_mtime_ns if self.folder.is_dir() else 0
        if changed_at != self._read_at:
            self._keys = [key for _, key in self.by_path()]
            self._read_at = changed_at
        return self._keys

    def by_path(self) -> list[tuple[Path, SealingKey]]:
        """Every file with the key pair in it, oldest first."""
        return [(path, _read(path)) for path in sorted(self.folder.glob("outbox-*.pem"))]

    def public(self) -> dict[str, str]:
        """What a phone needs to seal: the newest key's id and its public half."""
        newest = self.all()[-1]
        return {"key_id": newest.id, "public": _to_base64(newest.public)}

    def read(self, raw: bytes | msgspec.Raw) -> tuple[Operation, UUID | None]:
        """An operation as it was delivered, in the clear or sealed, and the key that it is signed with.
        Raises msgspec.DecodeError for what is neither."""
        if SEALED_MARK in bytes(raw) and msgspec.json.decode(raw, type=_Envelope).sealed is not msgspec.UNSET:
            return self.read_box(raw)
        return msgspec.json.decode(raw, type=Operation), None

    def read_box(self, raw: bytes | msgspec.Raw) -> tuple[Operation, UUID | None]:
        """An operation that was delivered sealed. Raises msgspec.DecodeError for anything else."""
        return self.open(msgspec.json.decode(raw, type=Box))

    def open(self, box: Box) -> tuple[Operation, UUID | None]:
        """The operation in a box, and the key that it is signed with.
        Raises msgspec.DecodeError: no key of ours opens it, or it holds something else."""
        key = next((key for key in self.all() if key.id == box.key_id), None)
        if key is None:
            raise Unopenable("no key of this server has this id")
        said: Any = msgspec.json.decode(key.open(box))
        said, signed_with = _without_signature(said)
        if not isinstance(said, dict):
            raise Unopenable("no operation lies in this box")
        if said.get("id") != str(box.id):
            signed_with = None  # a signature cannot take another entry's place
        return msgspec.convert(said | {"id": str(box.id), "seq": box.seq}, Operation), signed_with


def _without_signature(said: Any) -> tuple[Any, UUID | None]:
    """What lies in a box: the operation's own text, a public key, a signature; in older ones the operation alone."""
    if not isinstance(said, dict) or not isinstance(text := said.get("said"), str):
        return said, None
    return msgspec.json.decode(text), signer(
        said.get("key"), said.get("signature"), OF_OPERATION, text.encode()
    )


def _read(path: Path) -> SealingKey:
    private = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} holds no key pair of ours")
    return SealingKey(private)


def _to_base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
