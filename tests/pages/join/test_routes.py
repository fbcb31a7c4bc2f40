"""Coming in by an invitation: one use, a short life, nothing to see until two people have compared two digits."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.pages.conftest import Phone
from tests.people import COMMUNE, HOA, LAN, MINH, OTHER_COMMUNE, PROVINCE, THE_FRONT
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.invites import InviteKind
from volunteer_app.domain.people import Role
from volunteer_app.storage import invites
from volunteer_app.storage.audit import AuditRow
from volunteer_app.storage.invites import InviteRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_ins import SignInRow

PIN = "407219"
SEATS = (LAN, MINH, HOA, THE_FRONT)
"""The memberships that are there before anybody joins."""


@pytest.fixture
def invited(in_database):
    """An invitation as it was shown: `invited(role=…)` → (secret, code, id)."""

    def make(*, kind=InviteKind.JOIN, role=Role.VOLUNTEER, commune=COMMUNE, at=None, **more):
        async def work(database):
            async with database.writing() as db:
                made = await invites.make(
                    db,
                    kind=kind,
                    province_code=PROVINCE,
                    role=role,
                    now=at or datetime.now(UTC),
                    issued_by=MINH,
                    commune_code=commune,
                    **more,
                )
                return made.secret, made.code, made.invite.id

        return in_database(work)

    return make


def use(phone: Phone, secret: str = "", code: str = "", name: str = "Sùng Thị Máy (mẫu)"):
    """Send the form of the invitation."""
    data = {"name": name, "secret": secret, "code": code}
    return phone.post_from_us("/vi/join", data=data, follow_redirects=False)


def choose_pin(phone: Phone, pin: str = PIN):
    return phone.post_from_us("/vi/join/pin", data={"pin": pin, "again": pin}, follow_redirects=False)


def digits(phone: Phone) -> str:
    return re.search(r'class="match"[^>]*>(\d\d)<', phone.get("/en/join/waiting").text)[1]


def answer(leader: Phone, invite_id, said: str = "same"):
    return leader.post_from_us(f"/vi/team/seats/{invite_id}", data={"answer": said}, follow_redirects=False)


def enter(phone: Phone):
    return phone.post_from_us("/vi/join/entry", follow_redirects=False)


def can_work(phone: Phone) -> bool:
    return phone.get("/api/v1/field-pack").status_code == 200


def test_i4_a_volunteer_comes_in_with_name_pin_and_two_digits(visitor, signed_in, another_phone, invited):
    secret, _, invite_id = invited()
    phone = another_phone()

    assert use(phone, secret).headers["location"] == "/vi/join/key"
    assert choose_pin(phone).headers["location"] == "/vi/join/waiting"
    assert not can_work(phone)
    minh = signed_in(MINH)
    page = minh.get("/en/team").text
    assert "Sùng Thị Máy (mẫu)" in page and digits(phone) in page
    assert answer(minh, invite_id).status_code == 303
    assert not can_work(phone)  # the seat is given, but its token is still the one from before
    before = phone.cookies["session"]
    assert enter(phone).headers["location"] == "/vi/field/today"

    assert can_work(phone)
    assert phone.cookies["session"] != before
    phone.cookies.set("session", before)
    assert not can_work(phone)


def test_opening_the_page_uses_nothing(another_phone, invited):
    secret, _, _ = invited()
    robot = another_phone()
    for method in ("GET", "HEAD"):
        assert robot.request(method, "/vi/tham-gia").status_code == 200
        assert robot.request(method, f"/vi/tham-gia?{secret}").status_code == 200

    assert use(another_phone(), secret).status_code == 303


def test_e35_of_many_who_use_one_invitation_at_once_one_gets_the_seat(database_url, invited, in_database):
    secret, _, _invite_id = invited()

    async def race(database):
        async def one(number: int) -> bool:
            async with database.writing() as db:
                invite = await invites.of_secret(db, secret)
                return await invites.claim(db, invite, f"Người {number} (mẫu)", datetime.now(UTC))

        return await asyncio.gather(*(one(number) for number in range(12)))

    won = in_database(race)

    assert sum(won) == 1


def test_i4_e35_wrong_used_and_expired_codes_get_the_same_answer(another_phone, invited):
    used, _, _ = invited()
    assert use(another_phone(), used).status_code == 303
    expired, _, _ = invited(at=datetime.now(UTC) - timedelta(minutes=16))

    said = [use(another_phone(), secret) for secret in (used, expired, "ABCDEFGHJKMNPQRSTVWXYZ2345")]

    assert {one.status_code for one in said} == {422}
    assert len({one.text for one in said}) == 1
    assert all("set-cookie" not in one.headers for one in said)


def test_the_code_that_is_read_out_does_the_same_however_it_is_typed(another_phone, invited):
    _, code, _ = invited()

    assert use(another_phone(), code=f"{code[:4].lower()}-{code[4:]} ").status_code == 303


def test_leaked_invite_yields_nothing(signed_in, another_phone, invited):
    secret, _, invite_id = invited()
    thief, volunteer = another_phone(), another_phone()
    use(thief, secret, name="Kẻ lạ (mẫu)")
    choose_pin(thief)
    assert use(volunteer, secret).status_code == 422  # she learns that somebody was faster

    minh = signed_in(MINH)
    answer(minh, invite_id, "different")

    assert enter(thief).headers["location"] == "/vi/join/waiting"
    assert not can_work(thief)
    for path in ("/vi/coverage", "/vi/team", "/vi/account", "/api/v1/field-pack"):
        assert thief.get(path, follow_redirects=False).status_code in (303, 401), path
    answer(minh, invite_id, "same")  # what is refused stays refused
    enter(thief)
    assert not can_work(thief)


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_but_the_leader_of_the_commune_lets_anybody_in(signed_in, another_phone, invited, person):
    secret, _, invite_id = invited()
    use(another_phone(), secret)

    assert answer(signed_in(person), invite_id).status_code == 404


def test_a_leader_of_another_commune_sees_and_confirms_nothing(signed_in, another_phone, invited):
    secret, _, invite_id = invited(commune=OTHER_COMMUNE)
    use(another_phone(), secret)
    minh = signed_in(MINH)

    assert "Sùng Thị Máy" not in minh.get("/vi/team").text
    assert answer(minh, invite_id).status_code == 404


def test_a_leader_invites_volunteers_and_leaders_only(signed_in):
    minh = signed_in(MINH)

    for role, status in (("volunteer", 200), ("leader", 200), ("reviewer", 404), ("admin", 404)):
        assert minh.post_from_us("/vi/team/invites", data={"role": role}).status_code == status, role
    assert signed_in(LAN).post_from_us("/vi/team/invites", data={"role": "volunteer"}).status_code == 404


def test_the_invitation_is_shown_once_with_its_secret_behind_the_hash(signed_in, in_database):
    page = signed_in(MINH).post_from_us("/en/team/invites", data={"role": "volunteer"}).text

    code = re.search(r'class="code">([0-9A-Z]{4} [0-9A-Z]{4})<', page)[1]

    async def kept(database):
        async with database.reading() as db:
            return (await db.exec(sa.select(InviteRow.__table__))).one()

    assert code.replace(" ", "") not in str(in_database(kept))


def test_i1_later_the_pin_signs_in_on_this_phone_and_on_no_other(signed_in, another_phone, invited):
    phone, other = another_phone(), another_phone()
    secret, _, invite_id = invited()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)
    phone.post_from_us("/api/v1/sign-out")
    assert not can_work(phone)
    pin_id = re.search(r'name="pin_id" value="([^"]+)"', phone.get("/vi/sign-in").text)[1]

    other.post_from_us("/vi/sign-in/pin", data={"pin_id": pin_id, "pin": PIN})
    phone.post_from_us("/vi/sign-in/pin", data={"pin_id": pin_id, "pin": PIN})

    assert can_work(phone) and not can_work(other)
    assert "Sùng Thị Máy" not in other.get("/vi/sign-in").text


def test_five_wrong_pins_close_it_on_this_phone(signed_in, another_phone, invited):
    phone = another_phone()
    secret, _, invite_id = invited()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)
    phone.post_from_us("/api/v1/sign-out")
    pin_id = re.search(r'name="pin_id" value="([^"]+)"', phone.get("/vi/sign-in").text)[1]

    for _ in range(5):
        phone.post_from_us("/vi/sign-in/pin", data={"pin_id": pin_id, "pin": "000000"})
    phone.post_from_us("/vi/sign-in/pin", data={"pin_id": pin_id, "pin": PIN})

    assert not can_work(phone)


@pytest.mark.parametrize(
    "pin", ["111111", "123456", "654321", "12345", "1234567", "abcdef", "121212", "123123"]
)
def test_weak_pins_are_not_taken(another_phone, invited, pin):
    secret, _, _ = invited()
    phone = another_phone()
    use(phone, secret)

    assert choose_pin(phone, pin).status_code == 422


@pytest.mark.parametrize("name", ["", "a", "1234", "038200012345 Lan", "x" * 81])
def test_a_name_must_be_one_and_nothing_is_used_up_by_a_bad_one(another_phone, invited, name):
    secret, _, _ = invited()
    phone = another_phone()

    assert use(phone, secret, name=name).status_code == 422
    assert use(phone, secret).status_code == 303


def test_i7_a_campaigns_account_ends_by_its_day(signed_in, another_phone, invited, in_database):
    last_day = local_day(datetime.now(UTC))
    secret, _, invite_id = invited(last_day=last_day)
    phone = another_phone()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)
    assert can_work(phone)

    async def a_day_later(database):
        async with database.writing() as db:
            query = sa.update(MembershipRow).where(MembershipRow.last_day == last_day)
            await db.exec(query.values(last_day=last_day - timedelta(days=1)))

    in_database(a_day_later)

    refused = phone.get("/api/v1/field-pack")
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked")


def test_the_first_administrator_needs_nobody_but_a_passkey(another_phone, invited):
    secret, _, _ = invited(kind=InviteKind.FIRST, role=Role.ADMIN, commune=None)
    phone = another_phone()
    use(phone, secret)

    assert "PIN, six digits" not in phone.get("/en/join/key").text
    assert choose_pin(phone).status_code == 303  # back to sign-in: administrators have no PIN
    assert enter(phone).headers["location"] == "/vi/join/key"


def recovered(signed_in, another_phone, invited):
    """Lan has lost her phone and used the code for a new one."""
    secret, _, invite_id = invited(kind=InviteKind.RECOVERY, person_id=LAN, membership_id=LAN)
    phone = another_phone()
    use(phone, secret, name="")
    choose_pin(phone)
    return phone, invite_id


def test_i5_who_lost_a_phone_needs_two_different_people(signed_in, another_phone, invited, in_database):
    phone, invite_id = recovered(signed_in, another_phone, invited)
    minh = signed_in(MINH)

    assert answer(minh, invite_id).status_code == 303
    enter(phone)
    assert not can_work(phone)
    assert "done=already" in answer(minh, invite_id).headers["set-cookie"]
    enter(phone)
    assert not can_work(phone)  # the same person does not count twice

    assert answer(signed_in(THE_FRONT), invite_id).headers["location"] == "/vi/recoveries"
    enter(phone)
    assert can_work(phone)

    async def people(database):
        async with database.reading() as db:
            return (await db.exec(sa.select(sa.func.count()).select_from(PersonRow))).one()[0]

    assert in_database(people) == 4  # nobody new was made


def test_i5_a_lost_phone_is_out_at_the_next_request_and_told_so(
    signed_in, another_phone, visitor, in_database
):
    lans = another_phone()
    lans.cookies.set("session", signed_in(LAN).cookies["session"])
    assert can_work(lans)

    page = signed_in(MINH).post_from_us(f"/en/team/members/{LAN}/recovery")

    assert page.status_code == 200 and 'class="code"' in page.text
    refused = lans.get("/api/v1/field-pack")
    assert (refused.status_code, refused.json()["code"]) == (401, "revoked")


def pin_form(phone: Phone) -> dict[str, str]:
    found = re.search(r'name="pin_id" value="([0-9a-f-]{36})"', phone.get("/vi/sign-in").text)
    return {"pin_id": found[1] if found else str(LAN), "pin": PIN}


def sign_in(phone: Phone, form: dict[str, str]):
    return phone.post_from_us("/vi/sign-in/pin", data=form, follow_redirects=False)


def somebody_in(signed_in, another_phone, invited) -> Phone:
    """A volunteer who came in with a PIN."""
    secret, _, invite_id = invited()
    phone = another_phone()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)
    return phone


@pytest.mark.parametrize("is_refused", [False, True])
def test_i5_the_pin_of_a_lost_phone_and_of_a_refused_seat_opens_nothing(
    signed_in, another_phone, invited, in_database, is_refused
):
    if is_refused:
        secret, _, invite_id = invited()
        phone = another_phone()
        use(phone, secret)
        choose_pin(phone)
        form = pin_form(phone)
        answer(signed_in(MINH), invite_id, "different")
    else:
        phone = somebody_in(signed_in, another_phone, invited)
        form = pin_form(phone)
        assert sign_in(phone, form).status_code == 303
        membership = in_database(newest_membership)
        signed_in(MINH).post_from_us(f"/vi/team/members/{membership}/recovery")

    assert sign_in(phone, form).status_code != 303 and not can_work(phone)
    assert "pin_id" not in phone.get("/vi/sign-in").text


async def newest_membership(database):
    async with database.reading() as db:
        query = sa.select(MembershipRow.id).where(MembershipRow.id.not_in(SEATS))
        return (await db.exec(query)).one()[0]


def test_every_sign_in_leaves_a_line(signed_in, another_phone, invited, in_database):
    phone = somebody_in(signed_in, another_phone, invited)
    form = pin_form(phone)
    sign_in(phone, form | {"pin": "111111"})
    sign_in(phone, form)

    async def begun(database):
        async with database.reading() as db:
            query = sa.select(AuditRow.person_id, AuditRow.commune_code)
            rows = (await db.exec(query.where(AuditRow.action == "sign_in.began"))).all()
            newest = (
                await db.exec(sa.select(MembershipRow.person_id).where(MembershipRow.id.not_in(SEATS)))
            ).one()[0]
            return [tuple(row) for row in rows], newest

    lines, person_id = in_database(begun)

    assert lines == [(person_id, COMMUNE)]


def test_whose_membership_has_ended_makes_no_passkey(signed_in, in_database):
    lan = signed_in(LAN)
    asked = [lan.post_from_us("/api/v1/passkeys/options").status_code]

    async def ends(database):
        async with database.writing() as db:
            await db.exec(
                sa.update(MembershipRow)
                .where(MembershipRow.id == LAN)
                .values(last_day=local_day(datetime.now(UTC)) - timedelta(days=1))
            )

    in_database(ends)
    asked += [lan.post_from_us(f"/api/v1/passkeys{more}", json={}).status_code for more in ("/options", "")]

    assert asked == [200, 401, 401]


def test_an_expired_session_is_not_called_revoked(signed_in, in_database):
    lan = signed_in(LAN)

    async def later(database):
        async with database.writing() as db:
            await db.exec(sa.update(SignInRow).values(expires_at=datetime.now(UTC) - timedelta(days=1)))

    in_database(later)

    refused = lan.get("/api/v1/field-pack")
    assert refused.status_code == 401 and "code" not in refused.json()


@pytest.mark.parametrize(
    "agent", ["Chrome Zalo android/123", "x [FBAN/FB4A]", "x Line/13.1", "Chrome (x; wv) x"]
)
def test_in_app_browsers_are_sent_out_before_anything_is_used(another_phone, agent):
    page = another_phone().get("/en/tham-gia", headers={"user-agent": agent}).text

    assert "Copy the address" in page and "<form class" not in page


def test_the_log_names_who_let_whom_in_and_no_names(signed_in, another_phone, invited, in_database):
    secret, _, invite_id = invited()
    phone = another_phone()
    use(phone, secret)
    choose_pin(phone)
    answer(signed_in(MINH), invite_id)
    enter(phone)

    async def lines(database):
        async with database.reading() as db:
            return list(await db.exec(sa.select(AuditRow.__table__).order_by(AuditRow.seq)))

    kept = in_database(lines)

    assert [line.action for line in kept] == ["invite.used", "seat.confirmed", "seat.entered"]
    assert kept[1].person_id == MINH
    assert "Máy" not in str(kept)
