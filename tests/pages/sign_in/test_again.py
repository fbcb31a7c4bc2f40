"""A session that ended while somebody wrote: what was written is handed back, whichever form it was."""

import asyncio
import re

import pytest
from litestar.status_codes import HTTP_401_UNAUTHORIZED
from sqlmodel import select

from tests.authorisation.rows import ROWS
from tests.conftest import opened
from tests.people import LAN, MINH
from volunteer_app.dependencies import OPEN_FOR
from volunteer_app.pages.sign_in.again import way_back
from volunteer_app.site_map import GROUPS, PUBLIC
from volunteer_app.storage.sign_ins import SignInRow

WRITTEN = "Gõ cửa to, bà nghe kém; hỏi cháu Hà & <b>đừng quên</b>"
OPEN_TO_ALL = {"/sign-in/demo", "/sign-in/pin", "/sign-out", "/join"}
AN_ID = "018f0000-0000-7000-8000-000000000001"
WITH_A_FILE = {"/hand-in", "/voices/{tag}/words.po"}
HTMX = {"hx-request": "true"}

POSTS = sorted(
    addresses
    for group in GROUPS
    if group is not PUBLIC
    for method, addresses, _ in group
    if method == "POST" and not addresses.startswith("/api/") and addresses not in OPEN_TO_ALL
)
"""Every form that only somebody signed in may send."""


def filled(address: str) -> str:
    """The address, with something in each of its holes."""
    return re.sub(r"{(\w+)}", lambda hole: AN_ID if hole[1].endswith("_id") else "x", address)


def right(address: str) -> dict[str, str]:
    """A form that could be taken."""
    form = ROWS[f"POST {address}"].form or {}
    return {name: AN_ID if "{" in value else value for name, value in form.items()}


@pytest.mark.parametrize("address", sorted(WITH_A_FILE))
def test_d13_a_file_is_not_kept_and_it_is_said(visitor, address):
    answer = visitor.post_from_us(
        f"/vi{filled(address)}", files={"file": ("a.po", b"x")}, follow_redirects=False
    )

    assert answer.status_code == HTTP_401_UNAUTHORIZED
    assert "xin chọn lại tệp" in answer.text


@pytest.mark.parametrize("address", [one for one in POSTS if one not in WITH_A_FILE])
def test_d13_a_form_sent_after_the_session_ended_comes_back_with_every_word(visitor, address):
    said = right(address) | {"words": WRITTEN, "somebody": ["a", "b"], "pin": "482913", "again": "482913"}

    answer = visitor.post_from_us(
        f"/vi{filled(address)}",
        data=said,
        headers={"referer": "http://localhost/vi/households/x?q=H%C3%A0"},
        follow_redirects=False,
    )

    assert answer.status_code == HTTP_401_UNAUTHORIZED
    assert (
        answer.text.count("Gõ cửa to, bà nghe kém; hỏi cháu Hà &amp; &lt;b&gt;") == 2
    )  # to read, and to send again
    assert 'name="somebody" value="a"' in answer.text and 'name="somebody" value="b"' in answer.text
    assert "482913" not in answer.text
    assert f'action="/vi{filled(address)}"' in answer.text
    assert "/vi/sign-in?back=/vi/households/x" in answer.text


@pytest.mark.parametrize("address", [one for one in POSTS if one not in WITH_A_FILE])
def test_d13_a_piece_of_a_page_is_never_answered_with_a_whole_one(visitor, address):
    for answer in (
        visitor.post_from_us(
            f"/vi{filled(address)}", data=right(address), headers=HTMX, follow_redirects=False
        ),
        visitor.get("/vi/coverage", headers=HTMX, follow_redirects=False),
    ):
        assert (answer.status_code, answer.text) == (HTTP_401_UNAUTHORIZED, "")


def test_d13_what_is_handed_back_is_sent_again_as_it_was_and_done(signed_in, database_url):
    leader = signed_in(MINH)
    asyncio.run(end_all(database_url))
    answer = leader.post_from_us(
        "/vi/privacy-requests", data={"kind": "see", "note": "Bà hỏi có ghi gì"}, follow_redirects=False
    )
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    signed_in(MINH)

    page = leader.post_from_us("/vi/privacy-requests", data=again)

    assert "Bà hỏi có ghi gì" in page.text


async def end_all(url: str) -> None:
    async with opened(url) as database, database.writing() as db:
        for row in await db.exec(select(SignInRow)):
            await db.delete(row)


@pytest.mark.parametrize(("before", "home"), [(MINH, "/vi/team?x=1"), (LAN, "/vi/coverage")])
def test_d13_one_comes_back_to_where_one_was_and_nobody_to_where_another_was(visitor, before, home):
    visitor.cookies.set(OPEN_FOR, f"{before}.half")
    data = {"membership_id": str(MINH), "back": "/vi/team?x=1"}

    answer = visitor.post_from_us("/vi/sign-in/demo", data=data, follow_redirects=False)

    assert answer.headers["location"] == home


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/vi/team",
        "//example.org/vi/",
        "/vi\\example.org",
        "/vi/te am",
        "/vi/x\r\nset-cookie: a=b",
        "/de/team",
        "/vi/sign-in?back=/vi/sign-in",
        "/vi/" + "x" * 600,
    ],
)
def test_nobody_is_led_to_another_site(visitor, elsewhere):
    visitor.cookies.set(OPEN_FOR, f"{MINH}.half")

    page = visitor.get("/vi/sign-in", params={"back": elsewhere})
    answer = visitor.post_from_us(
        "/vi/sign-in/demo", data={"membership_id": str(MINH), "back": elsewhere}, follow_redirects=False
    )

    assert way_back(elsewhere) == ""
    assert "example.org" not in page.text and answer.headers["location"] == "/vi/coverage"
