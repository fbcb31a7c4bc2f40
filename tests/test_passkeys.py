"""What is read from a passkey's answer. The signature itself is checked by the library, in the browser's tests."""

import json
from base64 import urlsafe_b64encode
from types import SimpleNamespace

import pytest
import webauthn

from volunteer_app import passkeys

ORIGIN = "https://tungnha.example"


@pytest.mark.parametrize(
    ("known", "said", "went_back"),
    [(5, 6, False), (5, 5, True), (5, 4, True), (0, 0, False), (0, 1, False), (5, 0, True)],
)
def test_a_counter_that_does_not_grow_says_that_a_key_was_copied(monkeypatch, known, said, went_back):
    asked = {}

    def proven(**words):
        asked.update(words)
        return SimpleNamespace(new_sign_count=said, credential_backed_up=True)

    monkeypatch.setattr(webauthn, "verify_authentication_response", proven)

    proof = passkeys.read_proof(ORIGIN, {}, b"challenge", public_key=b"key", sign_count=known)

    assert (proof.sign_count, proof.is_backed_up, proof.counter_went_back) == (said, True, went_back)
    assert (asked["expected_challenge"], asked["expected_origin"]) == (b"challenge", ORIGIN)
    assert (asked["expected_rp_id"], asked["require_user_verification"]) == ("tungnha.example", True)
    assert asked["credential_public_key"] == b"key"


@pytest.mark.parametrize("told", [{"crossOrigin": True}, {"topOrigin": "https://elsewhere.example"}])
def test_a_proof_from_inside_another_page_is_refused(told):
    def said(**more):
        inside = json.dumps({"challenge": "AAAA", "origin": "https://tungnha.example"} | more).encode()
        return {"response": {"clientDataJSON": urlsafe_b64encode(inside).rstrip(b"=").decode()}}

    assert passkeys.challenge_in(said(crossOrigin=False)) == b"\x00\x00\x00"
    with pytest.raises(passkeys.PasskeyRefused):
        passkeys.challenge_in(said(**told))
