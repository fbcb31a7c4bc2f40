"""A household's history at the leader's desk: who, when, on what basis, why; notes (A9) and decided levels (S2)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.field_work import deliver
from tests.people import (
    FAR_HAMLET,
    HOA,
    LAN,
    MINH,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    id_of,
)

NOW = datetime.now(UTC)
BEGUN = NOW - timedelta(days=30)
HOME = a_household(label="Nông Văn Mẫu", recorded_at=BEGUN)
GRANDMOTHER = a_member(HOME.id, recorded_at=BEGUN)
FIRST = a_visit(HOME.id, recorded_at=BEGUN, note="Bà nghe kém")
ALONE = a_walk_through(HOME.id, FIRST.id, GRANDMOTHER.id, recorded_at=BEGUN)
AGAIN = a_visit(HOME.id, recorded_at=NOW - timedelta(days=2))
CONFIRMED = a_walk_through(HOME.id, AGAIN.id, GRANDMOTHER.id, recorded_at=NOW - timedelta(days=2))


@pytest.fixture
def desk(signed_in, in_database):
    """Minh at the desk; Lan's grandmother was alone, and confirmed by Minh."""
    in_database(lambda database: deliver(database, [HOME, GRANDMOTHER, FIRST, ALONE], of=LAN, now=NOW))
    in_database(lambda database: deliver(database, [AGAIN, CONFIRMED], of=MINH, now=NOW))
    return signed_in(MINH)


def test_m8_the_history_says_who_saw_what_when_and_why_it_counts(desk):
    page = desk.get(f"/en/households/{HOME.id}").text

    assert "Nông Văn Mẫu" in page and "Bà nghe kém" in page
    assert "They did it again while the volunteer only watched." in page
    assert "Alone again 28 days later, seen by another person: confirmed." in page
    assert "Confirmed alone" in page


def test_households_are_found_by_name_without_tones_and_by_hamlet(desk):
    assert str(HOME.id) in desk.get("/en/households?q=nong+van").text
    assert str(HOME.id) not in desk.get("/en/households?q=khong+co").text
    assert str(HOME.id) in desk.get(f"/en/households?hamlet={HOME.body['hamlet_id']}").text


def test_a9_a_note_reaches_the_phone_of_who_goes_there_next(desk, signed_in):
    desk.post_from_us(f"/en/households/{HOME.id}/notes", data={"text": "Gõ cửa to"})

    assert "Gõ cửa to" in desk.get(f"/en/households/{HOME.id}").text
    [household] = signed_in(LAN).get("/api/v1/field-pack").json()["households"]
    assert [(note["text"], note["done_at"]) for note in household["notes"]] == [("Gõ cửa to", None)]


@pytest.mark.parametrize("text", ["", "  ", "Số căn cước 012345678901", "x" * 301])
def test_a_note_that_may_not_be_kept_is_refused_with_a_reason(desk, text):
    answer = desk.post_from_us(f"/en/households/{HOME.id}/notes", data={"text": text})

    assert answer.status_code == 422
    assert 'href="#text"' in answer.text


def test_s2_a_level_is_decided_with_a_reason_and_the_reason_stays(desk):
    said = {"member": str(GRANDMOTHER.id), "service": "spot-scams", "level": "3"}

    refused = desk.post_from_us(f"/en/households/{HOME.id}/levels", data=said | {"reason": ""})
    taken = desk.post_from_us(f"/en/households/{HOME.id}/levels", data=said | {"reason": "Bà tự cúp máy"})

    assert refused.status_code == 422
    assert "Decided by a person who was there: “Bà tự cúp máy”" in taken.text


@pytest.mark.parametrize("change", [{"member": str(id_of("nobody"))}, {"level": "4"}, {"service": "nothing"}])
def test_a_level_that_cannot_be_chosen_is_not_found(desk, change):
    said = {"member": str(GRANDMOTHER.id), "service": "spot-scams", "level": "3", "reason": "x"}

    assert desk.post_from_us(f"/en/households/{HOME.id}/levels", data=said | change).status_code == 404


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_reads_a_history(desk, signed_in, person):
    somebody = signed_in(person)

    assert somebody.get(f"/en/households/{HOME.id}").status_code == 404
    assert somebody.get("/en/households").status_code == 404
    assert somebody.post_from_us(f"/en/households/{HOME.id}/notes", data={"text": "x"}).status_code == 404


def test_a_household_of_another_commune_and_an_unknown_one_are_not_found(desk, in_database):
    far = a_household(hamlet_id=FAR_HAMLET, recorded_at=NOW)
    in_database(lambda database: deliver(database, [far], of=HOA, now=NOW))

    assert desk.get(f"/en/households/{far.id}").status_code == 404
    assert desk.get(f"/en/households/{id_of('nobody')}").status_code == 404
    assert desk.get("/en/households/not-an-id").status_code == 404
