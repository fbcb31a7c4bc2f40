"""Voices for tests: spoken, delivered and published over the server's own doors, without a microphone."""

from collections.abc import Iterable
from hashlib import sha256
from uuid import uuid4

from playwright.sync_api import APIRequestContext, Browser

from tests.browser.conftest import sign_in
from tests.browser.phones import Phone
from tests.sounds import a_voice, packed
from volunteer_app.pages.voices.texts import all_texts

LEADER = "Hoàng Văn Minh (mẫu)"


def publish(chromium: Browser, phone: Phone, tag: str, keys: Iterable[str]) -> None:
    """The phone's person speaks these texts in a language; their leader, who speaks it too, publishes them."""
    origin, desk = phone.network.origin, chromium.new_context()
    sign_in(desk.new_page(), origin, LEADER)
    ids = [_deliver(phone, tag, key, seconds=0.4 + number / 50) for number, key in enumerate(keys)]
    for id_ in ids:
        answer = desk.request.post(
            f"{origin}/vi/voices/{tag}/recordings/{id_}",
            form={"decision": "approve", "native": "yes"},
            headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"},
        )
        assert answer.ok, answer.status
    desk.close()


def _deliver(phone: Phone, tag: str, key: str, seconds: float) -> str:
    asking: APIRequestContext = phone.context.request
    origin, sound, id_ = phone.network.origin, packed(a_voice(seconds)), str(uuid4())
    from_us = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    name = sha256(sound).hexdigest()
    whole = {"Upload-Offset": "0", "Upload-Length": str(len(sound))}
    sent = asking.patch(f"{origin}/api/v1/uploads/{name}", headers=from_us | whole, data=sound)
    assert sent.status == 204, sent.status
    said = {
        "id": id_,
        "device_id": phone.fact("device")["id"],
        "person_id": phone.fact("me")["person_id"],
        "text_key": key,
        "text": all_texts()[key].text,
        "language": tag,
        "recorded_at": "2026-11-22T14:30:00.000+07:00",
        "sha256": name,
    }
    answer = asking.post(f"{origin}/api/v1/recordings", headers=from_us, data=said)
    assert answer.json()["outcome"] == "accepted", answer.text()
    return id_
