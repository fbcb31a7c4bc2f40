"""Joining with real passkeys: Chromium's virtual authenticator makes and uses them. See docs/security.md."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.browser.conftest import PHONE, Server, sign_in
from tests.browser.phones import PATIENCE

LEADER, OFFICER = "Hoàng Văn Minh (mẫu)", "Nguyễn Thị Hoà (mẫu)"
NEW = "Sùng Thị Máy (mẫu)"
POST = """async ([address, body]) => {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })
    return [answer.status, await answer.json().catch(() => null)]
}"""
GET = "async address => (await fetch(address, { redirect: 'manual' })).status"


class Somebody:
    """A browser of one's own with an authenticator behind its lock. Errors on its pages fail the test."""

    def __init__(self, chromium: Browser, server: Server, **options: Any) -> None:
        self.server = server
        self.context: BrowserContext = chromium.new_context(viewport=PHONE, locale="vi-VN", **options)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on(
            "console", lambda m: self.said.append(m.text) if "Content Security Policy" in m.text else None
        )
        self.cdp: CDPSession = self.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        self.authenticator = self.new_authenticator()

    def new_authenticator(self, **options: Any) -> str:
        """A lock with its own passkeys."""
        wanted = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        } | options
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": wanted})
        return made["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """The passkeys that this authenticator holds."""
        said = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return said["credentials"]

    def open(self, path: str) -> Page:
        """A page of ours."""
        self.page.goto(f"{self.server.origin}{path}")
        return self.page

    def join(self, address: str, name: str = NEW) -> None:
        """Use an invitation up to the two digits, with a passkey."""
        self.page.goto(address)
        self.page.get_by_label("Tên anh chị").fill(name)
        self.page.get_by_role("button", name="Tiếp tục").click()
        self.page.get_by_role("button", name="Tạo khoá truy cập").click()
        expect(self.page.locator("#waiting .match")).to_be_visible()

    def digits(self) -> str:
        """The two digits on this screen."""
        return self.page.locator(".match").first.inner_text()

    def can_work(self) -> bool:
        """Does the server give this browser what a volunteer's phone carries?"""
        return self.page.evaluate(GET, "/api/v1/field-pack") == 200

    def sign_out(self) -> None:
        """End the session."""
        self.page.evaluate("async () => { await fetch('/api/v1/sign-out', { method: 'POST' }) }")


@pytest.fixture
def somebody(chromium: Browser, busy_server: Server) -> Iterator[Callable[..., Somebody]]:
    """Browsers without a past: `somebody()`."""
    made: list[Somebody] = []

    def make(**options: Any) -> Somebody:
        made.append(Somebody(chromium, busy_server, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
    assert [text for one in made for text in one.said] == []


@pytest.fixture
def leader(somebody, busy_server) -> Somebody:
    """Minh, signed in."""
    one = somebody()
    sign_in(one.page, busy_server.origin, LEADER)
    return one


def invitation(leader: Somebody) -> str:
    """A fresh invitation's address, read from its QR code as a camera would."""
    leader.open("/vi/team/invites/new").get_by_role("button", name="Tạo lời mời").click()
    return address_in_code(leader.page)


def address_in_code(page: Page) -> str:
    """What the QR code on the screen says."""
    from io import BytesIO

    import zxingcpp
    from PIL import Image

    found = zxingcpp.read_barcodes(Image.open(BytesIO(page.locator("svg.qr").screenshot())))
    return found[0].text


def let_in(leader: Somebody, digits: str, answer: str = "Hai chữ số giống nhau") -> None:
    """The leader finds the seat with these digits and answers."""
    seat = leader.open("/vi/team").locator(".seat", has=leader.page.get_by_text(digits, exact=True))
    seat.get_by_role("button", name=answer).first.click()
    expect(leader.page.locator(".seat", has=leader.page.get_by_text(digits, exact=True))).to_have_count(0)


def joined(leader: Somebody, new: Somebody, name: str = NEW) -> None:
    new.join(invitation(leader), name)
    let_in(leader, new.digits())
    new.page.get_by_role("button", name="Vào", exact=True).click()
    expect(new.page.locator("#main")).to_have_attribute("data-state", re.compile("ready|empty"))


def test_i1_i4_a_volunteer_joins_with_a_passkey_and_signs_in_again_with_it(leader, somebody):
    may = somebody()
    may.join(invitation(leader))
    assert not may.can_work()
    digits = may.digits()

    let_in(leader, digits)
    may.page.get_by_role("button", name="Vào", exact=True).click()  # the page has gone on by itself
    may.page.wait_for_url("**/field/today")
    assert may.can_work()
    may.sign_out()
    assert not may.can_work()
    may.open("/vi/sign-in").get_by_role("button", name="Đăng nhập bằng khoá truy cập").click()
    may.page.wait_for_url("**/field/today")

    assert may.can_work()
    assert may.credentials()[0]["isResidentCredential"]


def test_leaked_invite_yields_nothing(leader, somebody):
    thief, may = somebody(), somebody()
    address = invitation(leader)
    thief.join(address, "Kẻ lạ (mẫu)")
    may.page.goto(address)
    may.page.get_by_label("Tên anh chị").fill(NEW)
    may.page.get_by_role("button", name="Tiếp tục").click()
    expect(may.page.get_by_role("alert")).to_contain_text("không dùng được")  # she learns of it at once

    let_in(leader, thief.digits(), "Không cho")

    expect(thief.page.get_by_role("heading", name="Chưa được cho vào")).to_be_visible()
    assert not thief.can_work()
    assert thief.page.evaluate(GET, "/vi/team") != 200


def test_a_second_phone_of_ones_own(leader, somebody):
    may, second = somebody(), somebody()
    joined(leader, may)
    may.open("/vi/account").get_by_role("button", name="Tạo mã").click()
    second.page.goto(address_in_code(may.page))
    second.page.get_by_role("button", name="Tiếp tục").click()
    second.page.get_by_role("button", name="Tạo khoá truy cập").click()
    expect(second.page.locator("#waiting .match")).to_be_visible()

    expect(may.open("/vi/account").locator(".match")).to_have_text(second.digits())
    may.page.get_by_role("button", name="Giống nhau: cho vào").click()
    second.page.get_by_role("button", name="Vào", exact=True).click()
    second.page.wait_for_url("**/field/today")

    assert second.can_work() and may.can_work()


def test_i5_a_lost_phone_is_out_and_two_people_let_the_new_one_in(leader, somebody, busy_server):
    lost, new, officer = somebody(), somebody(), somebody()
    name = "Vừ Mí Lử (mẫu)"
    joined(leader, lost, name)
    leader.open("/vi/team").get_by_role("link", name=name).click()
    leader.page.locator("summary", has_text="Ngừng mọi điện thoại").click()
    leader.page.get_by_role("button", name="Đúng, ngừng mọi điện thoại").click()
    assert not lost.can_work()
    lost.open("/vi/sign-in").get_by_role("button", name="Đăng nhập bằng khoá truy cập").click()
    expect(lost.page.get_by_role("alert")).to_be_visible()  # its passkey opens nothing any more
    new.page.goto(address_in_code(leader.page))
    new.page.get_by_role("button", name="Tiếp tục").click()
    new.page.get_by_role("button", name="Tạo khoá truy cập").click()
    digits = new.digits()

    seat = leader.open("/vi/team").locator(".seat", has=leader.page.get_by_text(digits, exact=True))
    seat.get_by_role("button", name="Hai chữ số giống nhau").click()
    assert not new.can_work()
    sign_in(officer.page, busy_server.origin, OFFICER)
    officer.open("/vi/recoveries").get_by_role("button", name="Hai chữ số giống nhau").first.click()
    new.page.get_by_role("button", name="Vào", exact=True).click()
    new.page.wait_for_url("**/field/today")

    assert new.can_work()


def test_e36_without_the_phones_lock_nothing_is_accepted(leader, somebody):
    """UV=0: the authenticator signs without having verified anybody."""
    may = somebody()
    joined(leader, may)
    may.sign_out()
    said = _proof_of(may, uv=False)

    assert may.page.evaluate(POST, ["/api/v1/sign-in", said])[0] == 422
    assert not may.can_work()


def test_e36_a_replayed_proof_is_refused(leader, somebody):
    may = somebody()
    joined(leader, may)
    may.sign_out()
    said = _proof_of(may)

    assert may.page.evaluate(POST, ["/api/v1/sign-in", said])[0] == 200
    may.sign_out()
    assert may.page.evaluate(POST, ["/api/v1/sign-in", said])[0] == 422
    assert not may.can_work()


def test_e36_a_proof_for_another_origin_or_a_changed_one_is_refused(leader, somebody):
    """Mutation check inside: the untouched proof is taken, so each change is what is refused."""
    may = somebody()
    joined(leader, may)
    may.sign_out()
    for change in ("origin", "challenge", "type", "signature", "userHandle"):
        assert may.page.evaluate(POST, ["/api/v1/sign-in", _changed(_proof_of(may), change)])[0] == 422, (
            change
        )

    assert may.page.evaluate(POST, ["/api/v1/sign-in", _proof_of(may)])[0] == 200


def test_e36_a_counter_that_went_back_is_logged_and_locks_nobody_out(leader, somebody, busy_server):
    may = somebody()
    joined(leader, may)
    may.sign_out()
    assert may.page.evaluate(POST, ["/api/v1/sign-in", _proof_of(may)])[0] == 200
    may.sign_out()
    one = may.credentials()[0]
    may.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": may.authenticator})
    may.authenticator = may.new_authenticator()
    may.cdp.send(
        "WebAuthn.addCredential", {"authenticatorId": may.authenticator, "credential": one | {"signCount": 0}}
    )

    assert may.page.evaluate(POST, ["/api/v1/sign-in", _proof_of(may)])[0] == 200
    assert "passkey.counter_went_back" in busy_server.log.read_text()


PROOF = """async wanted => {
    const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
    const bytes = said => Uint8Array.from(atob(said.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0))
    const options = await (await fetch("/api/v1/sign-in/options", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).json()
    const made = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), userVerification: wanted } })
    return { id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response: {
        clientDataJSON: text(made.response.clientDataJSON), authenticatorData: text(made.response.authenticatorData),
        signature: text(made.response.signature), userHandle: text(made.response.userHandle) } }
}"""


def _proof_of(one: Somebody, uv: bool = True) -> dict[str, Any]:
    """What the authenticator signs for a fresh challenge of ours."""
    if not uv:
        one.cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": one.authenticator, "isUserVerified": False}
        )
    return one.page.evaluate(PROOF, "required" if uv else "discouraged")


def _changed(proof: dict[str, Any], what: str) -> dict[str, Any]:
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    response = dict(proof["response"])
    if what in ("signature", "userHandle"):
        response[what] = urlsafe_b64encode(b"x" * 16).decode().rstrip("=")
    else:
        said = json.loads(urlsafe_b64decode(response["clientDataJSON"] + "=="))
        said[what] = {"origin": "https://evil.example", "challenge": "AAAA", "type": "webauthn.create"}[what]
        response["clientDataJSON"] = urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return proof | {"response": response}


def test_e36_a_true_signature_made_on_another_origin_is_refused(leader, somebody, network):
    """The same passkey signs on a page of another port: everything is genuine but the origin."""
    may = somebody()
    joined(leader, may)
    may.sign_out()
    assert network.origin != may.server.origin
    may.page.goto(f"{network.origin}/vi/sign-in")
    said = _proof_of(may)

    may.open("/vi/sign-in")
    assert may.page.evaluate(POST, ["/api/v1/sign-in", said])[0] == 422
    assert not may.can_work()
    assert may.page.evaluate(POST, ["/api/v1/sign-in", _proof_of(may)])[0] == 200
