"""The public start page, for citizens first; and the calm page for what cannot be shown."""

import pytest

from tests.people import LAN


@pytest.mark.parametrize("language", ["vi", "en"])
def test_anybody_reads_what_volunteers_never_ask_for_and_whom_to_call(visitor, language):
    page = visitor.get(f"/{language}/")

    assert page.status_code == 200
    assert "OTP" in page.text
    assert 'href="tel:19000368"' in page.text


def test_a_number_that_is_not_certain_says_so(visitor):
    page = visitor.get("/en/").text

    portal = page[page.index("tel:18001096") :]
    assert "To be checked with an officer" in portal[: portal.index("</li>")]
    vneid = page[page.index("tel:19000368") :]
    assert "To be checked" not in vneid[: vneid.index("</li>")]


def test_a_demo_says_that_its_people_are_invented(visitor):
    assert "invented" in visitor.get("/en/").text


def test_who_is_signed_in_is_not_asked_to_sign_in_again(signed_in):
    page = signed_in(LAN).get("/en/").text

    assert 'href="/en/sign-in">' not in page
    assert page.count('href="/en/sign-in"') == 1, "one is hidden until the session has ended"


def test_an_unknown_page_says_what_to_do(visitor):
    answer = visitor.get("/en/nothing/here")

    assert answer.status_code == 404
    assert "There is nothing here for you" in answer.text
    assert 'href="/en/"' in answer.text
