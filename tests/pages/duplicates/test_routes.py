"""Duplicates at the desk (F6): shown in pairs, merged, told apart, taken back."""

from datetime import UTC, datetime

import pytest

from tests.field_work import deliver
from tests.people import FAR_HAMLET, HOA, LAN, MINH, THE_FRONT, a_household, a_visit, id_of

NOW = datetime.now(UTC)
ONE = a_household(label="Nông Văn Mẫu", recorded_at=NOW)
OTHER = a_household(label="Nong Van Mau", code="NT-002", recorded_at=NOW)
VISITS = [a_visit(ONE.id, recorded_at=NOW), a_visit(OTHER.id, recorded_at=NOW)]
PAIR = {"kept": str(ONE.id), "lost": str(OTHER.id)}


@pytest.fixture
def desk(signed_in, in_database):
    """Minh at the desk, with one family registered twice."""
    in_database(lambda database: deliver(database, [ONE, OTHER, *VISITS], of=LAN, now=NOW))
    return signed_in(MINH)


def test_f6_a_pair_is_merged_and_the_merger_is_taken_back(desk):
    assert "Keep NT-001, merge NT-002 into it" in desk.get("/en/duplicates").text

    merged = desk.post_from_us("/en/duplicates", data=PAIR | {"what": "merge"}).text

    assert "No duplicates in sight" in merged
    assert desk.get(f"/en/households/{OTHER.id}").status_code == 404
    assert desk.get(f"/en/households/{ONE.id}").text.count("Visit: Met") == 2
    address = merged.partition('action="/en/duplicates/')[2].partition('"')[0]
    undone = desk.post_from_us(f"/en/duplicates/{address}").text
    assert "Keep NT-001, merge NT-002 into it" in undone
    assert desk.get(f"/en/households/{ONE.id}").text.count("Visit: Met") == 1
    assert "had been done already" in desk.post_from_us(f"/en/duplicates/{address}").text
    assert desk.get(f"/en/households/{ONE.id}").text.count("Visit: Met") == 1


def test_two_households_told_apart_are_not_asked_about_again(desk):
    assert "No duplicates in sight" in desk.post_from_us("/en/duplicates", data=PAIR | {"what": "apart"}).text
    assert desk.get(f"/en/households/{OTHER.id}").status_code == 200


def test_what_makes_no_sense_changes_nothing(desk, in_database):
    far = a_household(hamlet_id=FAR_HAMLET, recorded_at=NOW)
    in_database(lambda database: deliver(database, [far], of=HOA, now=NOW))

    same = desk.post_from_us("/en/duplicates", data=PAIR | {"lost": str(ONE.id), "what": "merge"})
    assert same.status_code == 422 and "two different households" in same.text
    for change in ({"lost": str(far.id)}, {"lost": "x"}, {"kept": str(id_of("nobody"))}, {"what": "burn"}):
        answer = desk.post_from_us("/en/duplicates", data=PAIR | {"what": "merge"} | change)
        assert answer.status_code == 404
    assert desk.get(f"/en/households/{OTHER.id}").status_code == 200


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_merges(desk, signed_in, person):
    somebody = signed_in(person)

    assert somebody.get("/en/duplicates").status_code == 404
    assert somebody.post_from_us("/en/duplicates", data=PAIR | {"what": "merge"}).status_code == 404


def test_f6_two_that_a_leader_knows_to_be_one_can_be_chosen_and_merged(desk, in_database):
    """desk.md A7: no page offered a pair that the rule does not find."""
    other = a_household(recorded_at=NOW, label="Đặng Thị Khác", code="NT-009")
    in_database(lambda database: deliver(database, [other], of=LAN, now=NOW))
    assert "NT-009" not in desk.get("/en/duplicates").text

    page = desk.get("/en/duplicates", params={"one": "nt-001", "other": " NT-009 "}).text
    assert 'id="chosen"' in page and "Keep NT-001, merge NT-009 into it" in page
    desk.post_from_us("/en/duplicates", data={"kept": str(ONE.id), "lost": str(other.id), "what": "merge"})

    assert desk.get(f"/en/households/{other.id}").status_code == 404


@pytest.mark.parametrize(("one", "other"), [("NT-001", "NT-777"), ("x", "NT-001"), ("NT-001", "NT-001")])
def test_f6_a_wrong_house_code_is_said_beside_its_field(desk, one, other):
    answer = desk.get("/en/duplicates", params={"one": one, "other": other})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text and f'value="{one.upper()}"' in answer.text


def test_f6_a_pair_that_a_colleague_has_merged_meanwhile_is_said_and_not_lost(desk):
    for _ in range(2):
        answer = desk.post_from_us("/en/duplicates", data=PAIR | {"what": "merge"})

    assert answer.status_code == 200 and "had been done already" in answer.text
