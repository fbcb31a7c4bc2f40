"""The board of blockers: who may see which, what stands and what was overcome, small numbers hidden."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.field_work import deliver, earlier_today
from tests.people import (
    COMMUNE,
    HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
)
from volunteer_app.domain.blockers import BLOCKER_NAMES, REMOVED_BY, REMOVER_NAMES, Blocker

OF_COMMUNE, OF_PROVINCE = f"/en/blockers/{PROVINCE}/{COMMUNE}", f"/en/blockers/{PROVINCE}"
BEHIND = f"/en/left-behind/{PROVINCE}/{COMMUNE}/households"
NOW = datetime.now(UTC)
BEFORE = earlier_today(NOW, minutes=40)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations: in_database(lambda database: deliver(database, operations, now=NOW))


def stuck_households(count: int, blocker: str = "no_signal", hamlet_id=HAMLET, *, overcome: int = 0) -> list:
    """Households in which a walk-through got stuck; in some of them a later one did not."""
    operations = []
    for number in range(count):
        home = a_household(hamlet_id=hamlet_id, code=f"{blocker}-{number}", recorded_at=BEFORE)
        member, visit = a_member(home.id, recorded_at=BEFORE), a_visit(home.id, recorded_at=BEFORE)
        stuck = a_walk_through(
            home.id, visit.id, member.id, marks={"open-app": "stuck"}, stuck_step="open-app", blocker=blocker,
            teach_back="skipped", recorded_at=BEFORE,
        )  # fmt: skip
        operations += [home, member, visit, stuck]
        if number < overcome:
            later = BEFORE + timedelta(minutes=20)
            operations.append(a_walk_through(home.id, visit.id, member.id, recorded_at=later))
    return operations


def lines_of(text: str) -> dict[str, tuple[str, str]]:
    """Each blocker: households where it stands, and what is said of the period."""
    found = re.findall(
        r"<li><h3>(.*?)</h3>.*?<b>(.*?)</b>.*?<p class=\"muted\">(.*?)(?: ·|</p>)", text, re.DOTALL
    )
    return {unescape(name): (standing, said.strip()) for name, standing, said in found}


def table_of(text: str) -> dict[str, list[str]]:
    """Each place: the table's cells."""
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", text, re.DOTALL)
    return {re.sub("<.*?>", "", name): re.findall(r"<td[^>]*>(.*?)</td>", cells) for name, cells in rows}


def test_what_stands_is_told_apart_from_what_was_overcome(signed_in, work):
    work(stuck_households(5, overcome=2) + stuck_households(2, "sim_not_own", NEXT_HAMLET))

    page = signed_in(MINH).get(OF_COMMUNE).text

    assert lines_of(page)["No signal"] == ("3", "In this period: 5 turns, 5 households")
    assert lines_of(page)["SIM not in own name, or number changed"][0] == "2"
    assert table_of(page) == {"Nà Thử": ["3", "0", "3"], "Khuổi Mẫu": ["0", "2", "2"]}


def test_the_board_can_be_handed_to_who_can_remove_it(signed_in, work):
    work(stuck_households(3) + stuck_households(2, "level_2_not_issued"))

    page = signed_in(MINH).get(f"{OF_COMMUNE}?remover=police").text

    assert list(lines_of(page)) == ["VNeID level 2 not issued yet"]
    assert "For: Commune police" in page
    assert signed_in(MINH).get(f"{OF_COMMUNE}?remover=nobody").status_code == 400


def test_p5_outside_the_commune_small_numbers_are_hidden(signed_in, work):
    work(stuck_households(7) + stuck_households(2, "sim_not_own"))

    page = signed_in(THE_FRONT).get(OF_PROVINCE).text

    assert lines_of(page)["No signal"][0] == "5"
    assert lines_of(page)["SIM not in own name, or number changed"] == (
        "•", "In this period: • turns, • households",
    )  # fmt: skip
    assert "•" in table_of(page)["Minh Tân"]
    assert "2" not in table_of(page)["Minh Tân"]


def test_m8_the_leader_opens_the_households_behind_a_blocker(signed_in, work):
    work(stuck_households(3, overcome=1) + stuck_households(2, "sim_not_own"))
    leader = signed_in(MINH)

    assert f"{BEHIND}?what=blocked/no_signal" in unescape(leader.get(OF_COMMUNE).text)
    page = leader.get(f"{BEHIND}?what=blocked/no_signal").text
    assert ("no_signal-0" in page, "no_signal-1" in page, "sim_not_own-0" in page) == (False, True, False)
    assert "households?what" not in signed_in(THE_FRONT).get(OF_COMMUNE).text


def test_every_blocker_has_a_name_and_somebody_who_can_remove_it():
    assert set(Blocker) == set(REMOVED_BY) == set(BLOCKER_NAMES)
    assert set(REMOVED_BY.values()) == set(REMOVER_NAMES)


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (LAN, OF_COMMUNE), (LAN, "/en/blockers"), (HOA, OF_COMMUNE), (MINH, OF_PROVINCE),
        (MINH, f"{OF_PROVINCE}/{OTHER_COMMUNE}"), (THE_FRONT, "/en/blockers/20"), (THE_FRONT, f"{OF_PROVINCE}/99999"),
    ],
)  # fmt: skip
def test_what_is_out_of_scope_or_unknown_is_not_found(signed_in, person, path):
    assert signed_in(person).get(path).status_code == 404


def test_everyone_starts_where_they_answer_for(signed_in):
    leader = signed_in(MINH).get("/vi/blockers", follow_redirects=False)

    assert leader.headers["location"] == f"/vi/blockers/{PROVINCE}/{COMMUNE}"
