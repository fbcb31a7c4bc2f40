"""What lasts, as it is read: who may see it, small numbers outside the commune, whom to look at again."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.field_work import deliver
from tests.people import (
    COMMUNE,
    HOA,
    LAN,
    MINH,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.public_services import core_slugs
from volunteer_app.storage.figures import cohort

OF_COMMUNE, OF_PROVINCE = f"/en/lasting/{PROVINCE}/{COMMUNE}", f"/en/lasting/{PROVINCE}"
NOW = datetime.now(UTC)


def taught(count: int, days_ago: int, again: str | None = None, after: int = 20, first: int = 0) -> list:
    """Households that learned one service so long ago; seen again by the same phone, or not at all."""
    operations = []
    for number in range(first, first + count):
        begun = NOW - timedelta(days=days_ago)
        home = a_household(code=f"LT-{number:03}", label=f"Nông Văn Nhớ {number}", recorded_at=begun)
        member, visit = a_member(home.id, recorded_at=begun), a_visit(home.id, recorded_at=begun)
        operations += [
            home, member, visit, a_walk_through(home.id, visit.id, member.id, recorded_at=begun)
        ]  # fmt: skip
        if again:
            at = begun + timedelta(days=after)
            back = a_visit(home.id, recorded_at=at)
            operations += [
                back,
                a_walk_through(home.id, back.id, member.id, recorded_at=at, teach_back=again),
            ]
    return operations


@pytest.fixture
def night(in_database):
    """Deliver operations, then let the night count."""

    async def work(database, operations):
        await deliver(database, operations, now=NOW)
        await database.writing_at_once(
            lambda c: cohort.keep_commune(
                c, PROVINCE, COMMUNE, cohort.count_commune(c, PROVINCE, COMMUNE, local_day(NOW))
            )
        )

    return lambda operations: in_database(lambda database: work(database, operations))


def rows_of(text: str) -> dict[str, tuple[str, ...]]:
    """The lines: heading → what was learned, the parts if there are any, the share."""
    found = {}
    for line in re.findall(r"<li data-cohort>(.*?)</li>", text, re.DOTALL):
        plain = [
            " ".join(unescape(re.sub(r"<.*?>", "", one, flags=re.DOTALL)).split())
            for one in re.findall(
                r"<(?:b|span class=\"muted\"|span class=\"numeral\"|small)>(.*?)</(?:b|span|small)>",
                line,
                re.DOTALL,
            )
        ]
        found[plain[0]] = tuple(plain[1:])
    return found


def test_s9_the_leader_reads_what_became_of_each_skill_and_the_parts_add_up(signed_in, night):
    night(
        taught(3, 80, "alone")
        + taught(2, 80, "help", first=3)
        + taught(4, 80, first=5)
        + taught(1, 5, first=9)
    )

    page = signed_in(MINH).get(f"{OF_COMMUNE}?days=30").text

    assert "Of 9 skills that were learned, after 30 days still there: 0 of 9." in unescape(page)
    assert rows_of(page)["Nà Thử"] == (
        "10 learned, 9 of them long enough ago",
        "same helper only: 3 · fell back: 2 · not found again: 4",
        "0 of 9",
    )  # fmt: skip


def test_before_any_days_are_over_nothing_is_claimed(signed_in, night):
    night(taught(3, 5))

    page = unescape(signed_in(MINH).get(OF_COMMUNE).text)

    assert "It is too early: nobody's 90 days are over." in page
    assert rows_of(page)["Nà Thử"] == ("3 learned, none of them long enough ago", "–")


def test_where_a_night_found_nothing_the_page_claims_no_more_than_that(signed_in, night):
    night([])

    assert "Nothing has been counted here yet." in signed_in(MINH).get(OF_COMMUNE).text


def test_before_the_first_night_the_page_says_that_nothing_was_counted(signed_in, in_database):
    in_database(lambda database: deliver(database, taught(3, 80), now=NOW))

    assert "Nothing has been counted here yet." in signed_in(MINH).get(OF_COMMUNE).text


def test_with_nothing_learned_lately_the_page_says_so(signed_in, night):
    night(taught(1, 500))

    page = signed_in(MINH).get(OF_COMMUNE).text

    assert "Nobody was seen alone with a service yet in these months." in page


def test_p5_outside_the_commune_few_are_hidden_and_numbers_are_rounded(signed_in, night):
    night(taught(3, 80, "alone") + taught(9, 300, first=3))

    page = signed_in(THE_FRONT).get(f"{OF_PROVINCE}?days=30").text
    here = signed_in(MINH).get(f"{OF_COMMUNE}?days=30").text

    assert rows_of(page)["Bình Xa"] == ("fewer than 5", "–"), "also where nobody has learned anything"
    assert rows_of(page)["Minh Tân"] == (
        "10 learned, 10 of them long enough ago",
        "not found again: 10",
        "0 of 10",
    )  # fmt: skip
    assert rows_of(here)["Nà Thử"][1] == "same helper only: 3 · not found again: 9"
    assert "Too few" in signed_in(THE_FRONT).get(f"{OF_PROVINCE}?days=180&service={core_slugs()[-1]}").text
    assert "Nông Văn Nhớ" not in page + here


def test_s9_the_leader_reads_whom_to_look_at_again_the_most_pressing_first(signed_in, night):
    night(taught(1, 16) + taught(1, 40, first=1) + taught(1, 40, "alone", first=2) + taught(1, 3, first=3))

    page = signed_in(MINH).get(f"{OF_COMMUNE}/households").text

    assert re.findall(r"LT-\d+", page) == ["LT-001", "LT-000"]
    until = local_day(NOW) + timedelta(days=44 - 40)
    assert f"{until:%d/%m/%Y}" in page


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (LAN, OF_COMMUNE), (LAN, "/en/lasting"), (LAN, f"{OF_COMMUNE}/households"), (HOA, f"{OF_COMMUNE}/households"),
        (MINH, OF_PROVINCE), (MINH, f"{OF_PROVINCE}/{OTHER_COMMUNE}"), (MINH, f"{OF_PROVINCE}/{OTHER_COMMUNE}/households"),
        (THE_FRONT, "/en/lasting/20"), (THE_FRONT, f"{OF_COMMUNE}/households"),
    ],
)  # fmt: skip
def test_nobody_reads_another_place(signed_in, who, path):
    assert signed_in(who).get(path, follow_redirects=False).status_code in (403, 404)


@pytest.mark.parametrize("query", ["days=31", "days=x", "service=unheard-of"])
def test_words_that_mean_nothing_are_refused(signed_in, query):
    assert signed_in(MINH).get(f"{OF_COMMUNE}?{query}").status_code == 400


def test_the_menu_leads_there(signed_in):
    page = signed_in(MINH).get("/vi/desk").text

    assert 'href="/vi/lasting"' in page and "Còn giữ được" in page
