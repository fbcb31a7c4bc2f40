"""A key is good only after the decision that it depends on, whatever is asked in whatever order; and one act ends all
that lets a person in."""

import asyncio
import itertools
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col

from tests.boxes import KEYS, signed_and_sealed
from tests.conftest import opened
from tests.pages.conftest import ORIGIN, Phone, Visitor, _sign_in
from tests.pages.join.test_routes import PIN, answer, can_work, choose_pin, enter, invited, use
from tests.pages.sync.test_routes import RECENTLY
from tests.people import COMMUNE, LAN, LANS_PHONE, MINH, PROVINCE, a_household, id_of
from volunteer_app import limits, passkeys
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.passkeys import NewPasskey, Proof
from volunteer_app.storage import invites, sign_in_keys, stopping
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.people import MembershipRow

__all__ = ["invited"]

LOOKED_AT = (
    "/vi/field/today", "/vi/account", "/vi/team", "/vi/households", "/vi/coverage", "/vi/review", "/api/v1/field-pack",
    "/api/v1/languages", "/vi/recoveries", "/vi/reports", "/vi/desk", "/api/v1/figures/places/json?province=08",
)  # fmt: skip
"""What opens for somebody who is in; a shell without a person in it (`/field/…`) opens for everybody."""
PUBLIC = ("/vi/field/today",)


@pytest.fixture(autouse=True)
def passkeys_of_paper(monkeypatch):
    """Passkeys that prove themselves by their words alone: what is asked here is when one is good."""
    challenges = iter(range(10**9))
    monkeypatch.setattr(passkeys, "challenge_in", lambda said: bytes.fromhex(said["challenge"]))
    monkeypatch.setattr(
        passkeys,
        "read_creation",
        lambda _origin, said, _challenge: NewPasskey(said["id"].encode(), b"key", 0, False, False),
    )
    monkeypatch.setattr(
        passkeys, "credential_id_in", lambda said: (said["id"].encode(), UUID(said["person"]))
    )
    monkeypatch.setattr(passkeys, "read_proof", lambda *_, **__: Proof(next(challenges), False, False))


def make_passkey(phone) -> str | None:
    """A passkey made on this phone's session; its name, or None when the session may make none."""
    options = phone.post_from_us("/api/v1/passkeys/options")
    if options.status_code != 200:
        return None
    name = uuid4().hex
    said = {"id": name, "challenge": _challenge(options)}
    return name if phone.post_from_us("/api/v1/passkeys", json=said).status_code == 200 else None


def sign_in_with(phone, name: str, person: UUID):
    """Try a passkey on this phone."""
    options = phone.post_from_us("/api/v1/sign-in/options")
    said = {"id": name, "person": str(person), "challenge": _challenge(options)}
    return phone.post_from_us("/api/v1/sign-in", json=said)


def _challenge(options) -> str:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(options.json()["challenge"]).hex()


def sign_in_with_pin(phone, pin_id: str = ""):
    """Try the PIN, found on the page or known by its id."""
    found = re.search(r'name="pin_id" value="([^"]+)"', phone.get("/vi/sign-in").text)
    pin_id = found[1] if found else pin_id
    if pin_id:
        phone.post_from_us("/vi/sign-in/pin", data={"pin_id": pin_id, "pin": PIN}, follow_redirects=False)


def opened_for(phone) -> list[str]:
    """What of the pages of somebody who is in opens on this phone."""
    found = []
    for path in LOOKED_AT:
        if path not in PUBLIC and phone.get(path, follow_redirects=False).status_code < 300:
            found.append(path)
    return found


def test_i10_a_phone_that_nobody_has_compared_does_not_sign_in(signed_in, another_phone):
    """The attack (S1): eight letters overheard, a PIN, and straight to the sign-in page. Then the refusal."""
    lan = signed_in(LAN)
    page = lan.post_from_us("/en/account/phones").text
    code = re.search(r'class="code">([0-9A-Z ]+)<', page)[1]
    thief = another_phone()
    use(thief, code=code, name="")
    choose_pin(thief)
    passkey = make_passkey(thief)

    sign_in_with_pin(thief)
    assert not can_work(thief) and opened_for(thief) == []
    assert passkey is None or sign_in_with(thief, passkey, LAN).status_code == 422

    invite_id = re.search(r"/account/phones/([0-9a-f-]{36})", lan.get("/vi/account").text)[1]
    lan.post_from_us(f"/vi/account/phones/{invite_id}", data={"answer": "different"})
    for _ in range(2):
        sign_in_with_pin(thief)
        assert not can_work(thief) and opened_for(thief) == []
        thief.post_from_us("/api/v1/sign-out")


def test_i10_a_leader_alone_does_not_become_another_by_a_recovery(signed_in, another_phone):
    minh = signed_in(MINH)
    code = re.search(
        r'class="code">([0-9A-Z ]+)<', minh.post_from_us(f"/en/team/members/{LAN}/recovery").text
    )[1]
    other_self = another_phone()
    use(other_self, code=code, name="")
    choose_pin(other_self)
    invite_id = re.search(r"/team/seats/([0-9a-f-]{36})", minh.get("/vi/team").text)[1]
    assert answer(minh, invite_id).status_code == 303

    sign_in_with_pin(other_self)

    assert opened_for(other_self) == []


def test_i10_who_waits_on_a_refused_invitation_does_not_enter_on_the_next_one(signed_in, another_phone):
    """Two invitations of one person are two decisions, though the place that they open is one."""
    lan = signed_in(LAN)
    codes, phones = [], [another_phone(), another_phone()]
    for phone in phones:
        codes.append(re.search(r'class="code">([0-9A-Z ]+)<', lan.post_from_us("/en/account/phones").text)[1])
        use(phone, code=codes[-1], name="")
        choose_pin(phone)
    page = lan.get("/vi/account").text
    first, second = dict.fromkeys(re.findall(r"/account/phones/([0-9a-f-]{36})", page))
    thief, own = phones

    lan.post_from_us(f"/vi/account/phones/{first}", data={"answer": "different"})
    lan.post_from_us(f"/vi/account/phones/{second}", data={"answer": "same"})
    enter(own)
    enter(thief)

    assert can_work(own) and opened_for(thief) == []


def test_i10_a_code_made_before_the_loss_opens_nothing_after_it(signed_in, another_phone):
    """The attack (S14): the thief makes a code on the stolen phone, uses it after the leader has pressed *phone lost*."""
    thief = another_phone()
    thief.cookies.set("session", signed_in(LAN).cookies["session"])
    before = re.search(r'class="code">([0-9A-Z ]+)<', thief.post_from_us("/en/account/phones").text)[1]
    waiting = another_phone()
    used = re.search(r'class="code">([0-9A-Z ]+)<', thief.post_from_us("/en/account/phones").text)[1]
    use(waiting, code=used, name="")
    choose_pin(waiting)

    signed_in(MINH).post_from_us(f"/vi/team/members/{LAN}/recovery")

    late = another_phone()
    assert use(late, code=before, name="").status_code == 422
    for phone in (thief, waiting, late):
        sign_in_with_pin(phone)
        assert enter(phone).status_code in (303, 401) and opened_for(phone) == []


@pytest.mark.parametrize("how", ["lost", "left", "left at night"])
def test_i10_one_act_ends_everything_of_a_person(signed_in, another_phone, in_database, visitor, how):
    lan = another_phone()
    lan.cookies.set("session", signed_in(LAN).cookies["session"])
    passkey = make_passkey(lan)
    assert passkey and sign_in_with(lan, passkey, LAN).status_code == 200 and can_work(lan)
    delivery = {"device_id": str(LANS_PHONE), "app_build": "x", "person_id": str(LAN), "ops": []}
    content = json.dumps(delivery).encode()
    headers = KEYS[LAN].over(content)
    assert lan.post_from_us("/api/v1/ops", content=content, headers=headers).status_code == 200
    seal_with = lan.get("/api/v1/field-pack").json()["seal_with"]
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    minh = signed_in(MINH)

    async def at_night(database):
        async with database.writing() as db:
            await db.exec(
                sa.update(MembershipRow).where(col(MembershipRow.person_id) == LAN).values(last_day=yesterday)
            )
            return await stopping.stop_who_left(db, datetime.now(UTC), datetime.now(UTC).date())

    if how == "lost":
        minh.post_from_us(f"/vi/team/members/{LAN}/recovery")
    elif how == "left":
        minh.post_from_us(f"/vi/team/members/{LAN}", data={"last_day": str(yesterday)})
    else:
        assert in_database(at_night) == 1

    assert opened_for(lan) == []
    assert sign_in_with(another_phone(), passkey, LAN).status_code == 422
    said = json.loads(msgspec.json.encode(a_household(person_id=LAN, recorded_at=RECENTLY)))
    box = signed_and_sealed(seal_with, said, KEYS[LAN])
    deposited = another_phone().post_from_us("/api/v1/deposit", json=delivery | {"ops": [box]})
    assert deposited.json()["answers"][0]["outcome"] == "parked", "nobody takes that phone's word any more"


def test_i10_a_pin_does_not_follow_to_a_duty_that_has_none(signed_in, another_phone, invited, in_database):
    secret, _, invite_id = invited()
    phone = another_phone()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)
    assert can_work(phone)

    async def promote(database):
        async with database.writing() as db:
            invite = await db.get(InviteRow, (PROVINCE, invite_id))
            row = await db.get(MembershipRow, (PROVINCE, invite.membership_id))
            row.role = Role.ADMIN

    in_database(promote)
    phone.post_from_us("/api/v1/sign-out")
    sign_in_with_pin(phone)

    assert opened_for(phone) == []


class Waiting(RuleBasedStateMachine):
    """Somebody with an invitation and a second phone does what they like, in any order. The server decides; the model
    only knows whether somebody has said yes often enough, and never no."""

    visitor: Visitor
    url: str

    @initialize(kind=st.sampled_from(InviteKind))
    def begin(self, kind):
        self.kind, self.is_in, self.passkeys = kind, False, []
        self.phone, self.fresh = Phone(self.visitor), Phone(self.visitor)
        self.secret, self.invite_id, self.person = asyncio.run(_invite(self.url, kind))
        use(self.phone, self.secret, name=NAMES[kind])

    @rule()
    def make_pin(self):
        choose_pin(self.phone)

    @rule()
    def make_key(self):
        if made := make_passkey(self.phone):
            self.passkeys.append(made)

    @rule()
    def try_pin(self):
        sign_in_with_pin(self.phone)

    @rule(on_fresh=st.booleans())
    def try_key(self, on_fresh):
        for name in self.passkeys:
            sign_in_with(self.fresh if on_fresh else self.phone, name, self.person)

    @rule()
    def try_to_enter(self):
        entered = enter(self.phone)
        if self.kind is InviteKind.FIRST and "/join/" not in entered.headers.get("location", "/join/"):
            self.is_in = True  # with a key in hand, this is the decision: nobody is there who could make it

    @rule()
    def use_again(self):
        use(self.fresh, self.secret, name="Kẻ lạ (mẫu)")

    @rule()
    def sign_out(self):
        self.phone.post_from_us("/api/v1/sign-out")

    @rule(said=st.sampled_from(["same", "different", "half"]))
    def decide(self, said):
        self.is_in = asyncio.run(_decide(self.url, self.invite_id, said)) or self.is_in

    @rule(by=st.sampled_from(["time", "loss"]))
    def end(self, by):
        if asyncio.run(_end(self.url, self.invite_id, self.person, by)):
            self.is_in = False

    @invariant()
    def nothing_opens_before_the_decision(self):
        if hasattr(self, "phone") and not self.is_in:
            assert opened_for(self.phone) == [] and opened_for(self.fresh) == []


def test_i10_no_request_of_a_browser_that_waits_opens_anything_in_any_order(app_for, sqlite_url, monkeypatch):
    """A machine over kinds of invitation, kinds of keys, and before, after, refused and expired, in any order."""
    monkeypatch.setattr(limits, "LONGEST_DELAY", 0)  # wrong codes are answered later and later
    asyncio.run(_sign_in(sqlite_url, MINH, "minh"))
    with Visitor(app_for(sqlite_url), base_url=ORIGIN) as visitor:
        Waiting.visitor, Waiting.url = visitor, sqlite_url
        run_state_machine_as_test(
            Waiting,
            settings=settings(
                max_examples=25, stateful_step_count=9, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )


NAMES = dict.fromkeys(InviteKind, "Sùng Thị Máy (mẫu)") | dict.fromkeys(
    (InviteKind.DEVICE, InviteKind.RECOVERY), ""
)
MOMENTS = {
    "before": ([], False),
    "half": (["half"], False),
    "given": (["same"], True),
    "given, and the waiting would be over": (["same", "time"], True),
    "refused": (["different"], False),
    "refused, then confirmed": (["different", "same"], False),
    "expired": (["time"], False),
    "expired, then confirmed": (["time", "same"], False),
    "lost while it waits": (["loss"], False),
    "given, then lost": (["same", "loss"], False),
}
"""What is decided and happens once somebody waits with a key, and whether the key is good then."""


@pytest.mark.parametrize("key", ["pin", "passkey"])
def test_i10_each_key_of_each_invitation_is_good_after_its_decision_and_only_then(app_for, sqlite_url, key):
    """Every square of the table, once; the machine above tries the orders."""
    asyncio.run(_sign_in(sqlite_url, MINH, "minh"))
    kinds = [kind for kind in InviteKind if key == "passkey" or kind is not InviteKind.FIRST]
    with Visitor(app_for(sqlite_url), base_url=ORIGIN) as visitor:
        for kind, (moment, (happens, is_good)) in itertools.product(kinds, MOMENTS.items()):
            phone, fresh = Phone(visitor), Phone(visitor)
            secret, invite_id, person = asyncio.run(_invite(sqlite_url, kind))
            use(phone, secret, name=NAMES[kind])
            passkey = make_passkey(phone) if key == "passkey" else choose_pin(phone) and None
            assert key == "pin" or passkey
            for what in happens:
                if what in ("time", "loss"):
                    asyncio.run(_end(sqlite_url, invite_id, person, what))
                else:
                    asyncio.run(_decide(sqlite_url, invite_id, what))

            for one in (phone, fresh) if passkey else (phone,):
                if passkey:
                    sign_in_with(one, passkey, person)
                else:
                    sign_in_with_pin(one)
                opened = one.get("/vi/account", follow_redirects=False).status_code == 200
                assert opened is is_good, (kind, key, moment)


async def _invite(url: str, kind: InviteKind):
    async with opened(url) as database, database.writing() as db:
        is_first = kind is InviteKind.FIRST
        who = {} if NAMES[kind] else {"person_id": LAN, "membership_id": LAN}
        made = await invites.make(
            db, kind=kind, province_code=PROVINCE, role=Role.ADMIN if is_first else Role.VOLUNTEER,
            now=datetime.now(UTC), issued_by=None if is_first else MINH, commune_code=None if is_first else COMMUNE, **who,
        )  # fmt: skip
        return made.secret, made.invite.id, made.invite.person_id


async def _decide(url: str, invite_id: UUID, said: str) -> bool:
    """Is the seat given now?"""
    async with opened(url) as database, database.writing() as db:
        invite, now = await db.get(InviteRow, (PROVINCE, invite_id)), datetime.now(UTC)
        if not invites.waits(invite, now):
            return False
        if said == "half":
            invite.confirmed_by = id_of("somebody")
        elif said == "different":
            await stopping.refuse_seat(db, invite, now)
        else:
            await invites.give_seat(db, invite, now)
        return said == "same"


async def _end(url: str, invite_id: UUID, person_id: UUID, by: str) -> bool:
    """Is it over now, also for who was in?"""
    async with opened(url) as database, database.writing() as db:
        invite = await db.get(InviteRow, (PROVINCE, invite_id))
        if by == "time":
            for name in ("claimed_at", "expires_at"):
                moment = getattr(invite, name)
                setattr(invite, name, moment and moment - timedelta(hours=25))
            return False
        await stopping.stop_everything(db, PROVINCE, person_id, datetime.now(UTC))
        return True


@pytest.mark.parametrize("guard", [True, False])
def test_i10_it_is_the_reading_of_keys_that_asks_for_the_decision(
    signed_in, another_phone, invited, monkeypatch, guard
):
    """Off: what was made before the decision signs in."""
    secret, _, _ = invited(kind=InviteKind.DEVICE, person_id=LAN, membership_id=LAN)
    if not guard:
        monkeypatch.setattr(sign_in_keys, "_is_good", lambda _table: sa.true())
    phone = another_phone()
    use(phone, secret, name="")
    choose_pin(phone)

    sign_in_with_pin(phone)

    assert can_work(phone) is not guard
