"""Passkeys (khoá truy cập). Hides the `webauthn` library behind four functions.

Discoverable, with the phone's own lock verified every time, for our one origin only; no attestation.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID


class PasskeyRefused(Exception):
    """The browser's answer does not prove anything."""


@dataclass(frozen=True)
class NewPasskey:
    """What is kept of a passkey. is_synced: it can be on several devices (backup eligible)."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool
    is_backed_up: bool


@dataclass(frozen=True)
class Proof:
    """Somebody has signed. counter_went_back: logged, no reason to refuse; synced passkeys always say 0."""

    sign_count: int
    is_backed_up: bool
    counter_went_back: bool


def rp_id(origin: str) -> str:
    """The domain that passkeys belong to."""
    return urlsplit(origin).hostname or ""


def creation_options(
    origin: str, challenge: bytes, person_id: UUID, name: str, known: list[bytes]
) -> dict[str, Any]:
    """What the browser needs to make a passkey. known: credentials of this person, not to be made twice."""
    from webauthn import generate_registration_options
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=rp_id(origin),
        rp_name="Từng Nhà",
        user_name=name,
        user_display_name=name,
        user_id=person_id.bytes,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json_dict(options)


def request_options(origin: str, challenge: bytes) -> dict[str, Any]:
    """What the browser needs to sign in: it names no credentials, so nothing is told about accounts."""
    from webauthn import generate_authentication_options
    from webauthn.helpers import options_to_json_dict
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=rp_id(origin), challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json_dict(options)


def challenge_in(credential: dict[str, Any]) -> bytes:
    """The challenge that the browser answered, on a page of ours that no other page holds. Raises PasskeyRefused."""
    from webauthn.helpers import base64url_to_bytes

    try:
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
    except (KeyError, TypeError, ValueError) as error:
        raise PasskeyRefused from error
    if said.get("crossOrigin") or "topOrigin" in said:
        raise PasskeyRefused("cross-origin")
    return challenge


def read_creation(origin: str, credential: dict[str, Any], challenge: bytes) -> NewPasskey:
    """The passkey that was made. Raises Refused."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import CredentialDeviceType

    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(origin),
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise PasskeyRefused(str(error)) from error
    return NewPasskey(
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        made.credential_backed_up,
    )


def credential_id_in(credential: dict[str, Any]) -> tuple[bytes, UUID | None]:
    """Which passkey signed, and for whom it says it is. Raises Refused."""
    from webauthn.helpers import base64url_to_bytes

    try:
        handle = credential["response"].get("userHandle")
        return base64url_to_bytes(credential["rawId"]), UUID(
            bytes=base64url_to_bytes(handle)
        ) if handle else None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PasskeyRefused from error


def read_proof(
    origin: str, credential: dict[str, Any], challenge: bytes, *, public_key: bytes, sign_count: int
) -> Proof:
    """That the passkey's owner signed this challenge, here, with their lock. Raises Refused."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        proven = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(origin),
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError) as error:
        raise PasskeyRefused(str(error)) from error
    went_back = bool(sign_count) and proven.new_sign_count <= sign_count
    return Proof(proven.new_sign_count, proven.credential_backed_up, went_back)
