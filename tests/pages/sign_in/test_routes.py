"""The sign-in seam: invented people on a demo server, nobody at all on any other."""

import asyncio
import re

import pytest

from tests.conftest import opened
from tests.pages.conftest import ORIGIN, Visitor
from tests.people import HOA, LAN, MINH, THE_FRONT, id_of
from volunteer_app.demo import commune
from volunteer_app.demo.invented import PEOPLE
from volunteer_app.domain.people import Role
from volunteer_app.storage.sign_ins import SignInRow, hash_of


def test_a_demo_server_offers_its_invented_people(visitor):
    page = visitor.get("/vi/sign-in").text

    assert page.count("/vi/sign-in/demo") == 4
    assert "giả định" in page


@pytest.mark.parametrize(
    ("person", "home"), [(LAN, "/vi/field/today"), (MINH, "/vi/coverage"), (THE_FRONT, "/vi/coverage")]
)
def test_one_tap_signs_in_and_leads_to_the_roles_day(visitor, person, home):
    answer = visitor.post_from_us(
        "/vi/sign-in/demo", data={"membership_id": str(person)}, follow_redirects=False
    )

    assert (answer.status_code, answer.headers["location"]) == (303, home)
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=lax" in answer.headers["set-cookie"]


@pytest.mark.parametrize("mode", ["production"])
def test_a_server_that_is_no_demo_knows_no_invented_people(app_for, database_url, mode):
    with Visitor(app_for(database_url, mode), base_url=ORIGIN) as visitor:
        page = visitor.get("/vi/sign-in")
        answer = visitor.post_from_us(
            "/vi/sign-in/demo", data={"membership_id": str(LAN)}, follow_redirects=False
        )

    assert "sign-in/demo" not in page.text
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("choice", [str(id_of("nobody")), "not-an-id", ""])
def test_somebody_who_does_not_exist_cannot_be_chosen(visitor, choice):
    answer = visitor.post_from_us("/vi/sign-in/demo", data={"membership_id": choice}, follow_redirects=False)

    assert answer.status_code in (400, 404)
    assert "set-cookie" not in answer.headers


def test_a_form_on_another_site_cannot_sign_anybody_in(visitor):
    answer = visitor.post(
        "/vi/sign-in/demo", data={"membership_id": str(LAN)}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403


def test_e34_every_sign_in_makes_a_new_token_and_a_chosen_one_is_worth_nothing(visitor):
    visitor.cookies.set("session", "chosen-by-somebody")
    answer = visitor.post_from_us(
        "/vi/sign-in/demo", data={"membership_id": str(LAN)}, follow_redirects=False
    )

    assert "chosen-by-somebody" not in answer.headers["set-cookie"]
    visitor.cookies.clear()
    visitor.cookies.set("session", "chosen-by-somebody")
    assert visitor.get("/api/v1/field-pack").status_code == 401


def test_e34_after_signing_out_the_token_is_worth_nothing(signed_in):
    lan = signed_in(LAN)
    token = lan.cookies["session"]
    assert lan.get("/api/v1/field-pack").status_code == 200

    assert lan.post_from_us("/api/v1/sign-out").status_code == 204

    lan.cookies.set("session", token)
    assert lan.get("/api/v1/field-pack").status_code == 401


def test_only_a_hash_of_the_token_is_kept(visitor, database_url):
    answer = visitor.post_from_us(
        "/vi/sign-in/demo", data={"membership_id": str(LAN)}, follow_redirects=False
    )
    token = answer.headers["set-cookie"].split("session=")[1].split(";")[0]

    async def kept():
        async with opened(database_url) as database, database.reading() as db:
            return await db.get(SignInRow, hash_of(token)), await db.get(SignInRow, token)

    by_hash, by_token = asyncio.run(kept())
    assert by_hash is not None and by_token is None


def test_d6_every_role_has_somebody_in_the_demo():
    assert {person.role for person in PEOPLE} == set(Role) - {Role.ADMIN}
    assert sum(person.role is Role.VOLUNTEER for person in PEOPLE) == 12
    assert commune.COMMUNE == "00919"


@pytest.mark.parametrize("shown", ["nobody", str(HOA)])
def test_i3_a_locked_phone_or_one_open_for_somebody_else_shows_nothing_of_its_session(visitor, shown):
    visitor.post_from_us("/vi/sign-in/demo", data={"membership_id": str(MINH)}, follow_redirects=False)
    assert visitor.cookies["open_for"].startswith(f"{MINH}.")
    assert visitor.get("/vi/team").status_code == 200

    visitor.cookies.set("open_for", shown, domain="localhost.local", path="/")

    assert visitor.get("/api/v1/field-pack").status_code == 401
    assert visitor.get("/vi/team", follow_redirects=False).headers["location"] == "/vi/sign-in?back=/vi/team"
    delivery = {"device_id": str(id_of("phone")), "app_build": "x", "ops": []}
    assert visitor.post_from_us("/api/v1/ops", json=delivery).status_code == 200, "what waits still goes"


@pytest.mark.parametrize(
    "left", [None, "nobody", "{person}", "{person}.", "{person}.{wrong}", "{other}.{half}"]
)
def test_i3_p4_what_lies_on_a_locked_phone_opens_nothing_whatever_its_finder_writes_into_it(visitor, left):
    """A lock puts the session's other half into the box, a sign-out throws it away, both without a network; the token
    that scripts cannot reach stays behind."""
    choice = {"membership_id": str(MINH)}
    visitor.post_from_us("/vi/sign-in/demo", data=choice, follow_redirects=False)
    token, half = visitor.cookies["session"], visitor.cookies["open_for"].partition(".")[2]
    assert visitor.get("/vi/team").status_code == 200

    visitor.cookies.clear()
    visitor.cookies.set("session", token)
    if left is not None:
        visitor.cookies.set("open_for", left.format(person=MINH, other=LAN, half=half, wrong=half[::-1]))

    for path in ("/api/v1/field-pack", "/api/v1/figures/places/json?province=08&commune=00919"):
        assert visitor.get(path).status_code == 401, path
    for path in ("/vi/team", "/vi/account", "/vi/households"):
        assert visitor.get(path, follow_redirects=False).headers["location"] == f"/vi/sign-in?back={path}", (
            path
        )

    visitor.cookies.clear()
    visitor.cookies.set("session", token)
    visitor.cookies.set("open_for", f"{MINH}.{half}")
    assert visitor.get("/vi/team").status_code == 200, "the box was opened"


def test_i3_a_session_from_before_halves_goes_on_until_it_ends_or_the_phone_is_locked(signed_in):
    lan = signed_in(LAN)
    assert lan.get("/api/v1/field-pack").status_code == 200

    lan.cookies.set("open_for", "nobody")

    assert lan.get("/api/v1/field-pack").status_code == 401


def test_i3_a_sign_out_clears_what_the_browser_keeps_and_the_store_only_when_the_phone_holds_nothing(
    signed_in,
):
    lan = signed_in(LAN)
    token = lan.cookies["session"]
    nothing = {"session": "ended", "clear": True}
    assert "clear-site-data" not in lan.post_from_us("/api/v1/sign-out", json=nothing).headers, (
        "she is signed in"
    )
    assert lan.get("/api/v1/field-pack").status_code == 200

    ended = lan.post_from_us("/api/v1/sign-out", json={"session": hash_of(token)[:16]})
    lan.cookies.delete("session", domain="")  # as a browser would: the jar of this one knows no domain of it
    cleared = lan.post_from_us("/api/v1/sign-out", json=nothing)
    at_the_desk = signed_in(MINH).post_from_us("/vi/sign-out", follow_redirects=False)

    assert ended.headers["clear-site-data"] == '"cache"', "what waits in the store stays"
    assert cleared.headers["clear-site-data"] == '"cache", "storage"'
    assert at_the_desk.headers["clear-site-data"] == '"cache"'
    assert at_the_desk.cookies["open_for"] == "nobody", "her phone's screens forget too"


@pytest.mark.parametrize("address", ["/vi/sign-in", "/en/sign-in", "/vi/field/today", "/en/field/today"])
def test_who_lists_pages_reads_what_this_one_is_for(visitor, address):
    [said] = re.findall(r'<meta\s+name="description"\s+content="([^"]+)"', visitor.get(address).text)

    assert len(said) > 40
