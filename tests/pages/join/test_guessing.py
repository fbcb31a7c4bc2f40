"""What guessing codes costs, and that nobody else pays for it."""

import re
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from tests.pages.join.test_routes import invited, use
from tests.people import HOA, LAN, MINH
from volunteer_app import limits
from volunteer_app.pages.join import routes as join_routes
from volunteer_app.storage import sign_in_keys
from volunteer_app.storage.sign_in_keys import ChallengeRow

__all__ = ["invited"]


def test_i11_a_right_code_enters_through_any_flood_from_its_own_address(another_phone, invited, monkeypatch):
    """The attack (S4): 151 wrong codes shut everybody behind the address out, whatever they held."""
    monkeypatch.setattr(limits, "LONGEST_DELAY", 0.001)
    guesser = another_phone()
    guesser.cookies.set("pin_phone", "the guesser's")

    said = [use(guesser, code=f"{number:08}") for number in range(160)]

    assert {one.status_code for one in said} == {422} and len({one.text for one in said}) == 1
    for number in range(20):
        secret, code, _ = invited()
        assert (
            use(another_phone(), **({"secret": secret} if number % 2 else {"code": code})).status_code == 303
        )
    _, code, _ = invited()
    assert use(guesser, code=code).status_code == 303, "even the guesser's own phone, with a right one"


def test_i11_a_wrong_code_costs_its_address_more_each_time_and_nobody_else():
    wrong = limits.WrongCodes()

    assert [wrong.delay_after("1.2.3.4", n) for n in range(10)] == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert wrong.delay_after("1.2.3.5", 10) == 0
    assert wrong.delay_after("1.2.3.4", 10 + limits.WINDOW_SECONDS + 1) == 0, "a quarter of an hour later"
    for number in range(4):
        delay = wrong.delay_after(f"2001:db8::{number}", 2000)
    assert delay == 1, "one IPv6 network is one guesser"


def test_i11_what_is_remembered_of_guessers_is_bounded_and_the_latest_stay(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ADDRESSES", 100)
    wrong = limits.WrongCodes()
    for number in range(90):
        wrong.delay_after(f"old {number}", 0)
    for _ in range(4):
        wrong.delay_after("the guesser's", 1)
    for number in range(50):
        wrong.delay_after(f"new {number}", 2)

    assert len(wrong._of_address) == 100
    assert wrong.delay_after("the guesser's", 3) == 2


def test_i11_it_is_a_flood_when_the_budget_of_a_quarter_of_an_hour_is_spent():
    wrong = limits.WrongCodes()
    for number in range(limits.BUDGET):
        assert not wrong.is_flood(0)
        wrong.delay_after(f"address {number}", 0)

    assert wrong.is_flood(1) and not wrong.is_flood(limits.WINDOW_SECONDS + 1)


def test_i11_in_a_flood_new_codes_are_longer(signed_in, monkeypatch, another_phone):
    minh = signed_in(MINH)
    monkeypatch.setattr(limits.WrongCodes, "is_flood", lambda _self, _at: True)

    page = minh.post_from_us("/en/team/invites", data={"role": "volunteer"}).text

    code = re.search(r'class="code">([0-9A-Z ]+)<', page)[1]
    assert len(code.replace(" ", "")) == 12
    assert use(another_phone(), code=code).status_code == 303


def test_i11_answers_held_back_are_few(another_phone, monkeypatch):
    monkeypatch.setattr(join_routes, "MOST_HELD", 0)
    began = time.monotonic()

    for number in range(10):
        use(another_phone(), code=f"{number:08}")

    assert time.monotonic() - began < 10, "the others are sent away at once"


def test_i11_asking_for_a_challenge_leaves_nothing_behind(another_phone, in_database):
    stranger = another_phone()
    for _ in range(20):
        assert stranger.post_from_us("/api/v1/sign-in/options").status_code == 200
        assert stranger.post_from_us("/api/v1/sign-in", json={}).status_code == 422

    async def rows(database):
        async with database.reading() as db:
            return len((await db.exec(sa.select(ChallengeRow.__table__))).all())

    assert in_database(rows) == 0


def test_a_challenge_serves_whom_it_was_given_to_once_and_not_for_long(in_database):
    secret, now = b"s" * 32, datetime.now(UTC)
    for_lan, for_anybody = (sign_in_keys.new_challenge(secret, whom, now) for whom in (LAN, None))

    assert sign_in_keys.is_our_challenge(secret, for_lan, LAN, now)
    assert not sign_in_keys.is_our_challenge(secret, for_lan, HOA, now)
    assert not sign_in_keys.is_our_challenge(secret, for_lan, None, now)
    assert not sign_in_keys.is_our_challenge(secret, for_anybody, LAN, now)
    assert not sign_in_keys.is_our_challenge(b"t" * 32, for_lan, LAN, now)
    assert not sign_in_keys.is_our_challenge(secret, for_lan, LAN, now + timedelta(minutes=5))
    assert not sign_in_keys.is_our_challenge(secret, b"", None, now)

    async def twice(database):
        async with database.writing() as db:
            return [await sign_in_keys.use_challenge(db, for_lan, LAN, now) for _ in range(2)]

    assert in_database(twice) == [True, False]
