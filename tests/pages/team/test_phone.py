"""What a team member's phone holds, as the leader sees it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.field_work import deliver
from tests.people import (
    FAR_HAMLET,
    HAMLET,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    NEXT_HAMLET,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
)
from volunteer_app.pages.team import phone as page_of_the_phone

PAGE = f"/en/team/members/{LAN}/phone"
NOW = datetime.now(UTC)


@pytest.fixture
def work(in_database):
    """One household of Lan's hamlet with a member and a visit, and one of a hamlet that is not hers."""
    hers = a_household(label="Nông Thử Páo", recorded_at=NOW - timedelta(days=3))
    visit = a_visit(hers.id, note="Gõ cửa to", recorded_at=NOW - timedelta(days=2))
    member = a_member(hers.id, label="bà nội", recorded_at=NOW - timedelta(days=3))
    other = a_household(label="Lý Mẫu Sính", hamlet_id=NEXT_HAMLET, recorded_at=NOW - timedelta(days=3))
    in_database(lambda database: deliver(database, [hers, member, visit], now=NOW))
    in_database(lambda database: deliver(database, [other], now=NOW))


def test_i8_the_leader_sees_exactly_what_the_phone_fetches(signed_in, work):
    pack = signed_in(LAN).get("/api/v1/field-pack").json()
    page = signed_in(MINH).get(PAGE).text

    assert [hamlet["id"] for hamlet in pack["hamlets"]] == [str(HAMLET)]
    for household in pack["households"]:
        assert household["label"] in page and household["code"] in page
    for said in ("Nông Thử Páo", "bà nội", "Gõ cửa to"):
        assert said in page
    assert "Lý Mẫu Sính" not in page


def test_i7_the_leader_sees_which_numbers_of_a_phone_are_missing(signed_in):
    houses = [a_household(recorded_at=NOW - timedelta(days=1), seq=seq) for seq in (1, 2, 5)]
    said = {"device_id": LANS_PHONE, "app_build": "test", "made": 8, "ops": houses}
    signed_in(LAN).post_from_us("/api/v1/ops", content=msgspec.json.encode(said))

    page = signed_in(MINH).get(PAGE).text

    assert "3 of 8 entries have come" in page and "missing: 5" in page
    assert "these numbers are missing: 3–4" in page and "not here yet: 3" in page


def test_i8_a_pack_of_many_pages_is_shown_whole(signed_in, in_database, monkeypatch):
    monkeypatch.setattr("volunteer_app.pages.sync.field_pack.HOUSEHOLDS_PER_PAGE", 2)
    houses = [
        a_household(label=f"Nông Thử Páo {word}", recorded_at=NOW - timedelta(days=1))
        for word in ("Hai", "Ba", "Tư", "Năm", "Sáu")
    ]
    in_database(lambda database: deliver(database, houses, now=NOW))

    page = signed_in(MINH).get(PAGE).text

    assert all(page.count(f"<b>Nông Thử Páo {word}</b>") == 1 for word in ("Hai", "Ba", "Tư", "Năm", "Sáu"))


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_sees_it(signed_in, person):
    assert signed_in(person).get(PAGE).status_code == 404


def test_who_carries_nothing_has_an_empty_page(signed_in, monkeypatch):
    monkeypatch.setattr(page_of_the_phone, "may_work_in_the_field", lambda scope: False)

    assert "No household is on this person" in signed_in(MINH).get(PAGE).text


def test_a_malformed_or_unknown_person_is_not_found(signed_in):
    for who in ("x", FAR_HAMLET):
        assert signed_in(MINH).get(f"/en/team/members/{who}/phone").status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert visitor.get(PAGE, follow_redirects=False).headers["location"].endswith(f"/sign-in?back={PAGE}")
