"""Reports: who may see which, figures as the raw log says, small numbers hidden, files that open right."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from openpyxl import load_workbook

from tests.field_work import deliver, earlier_today, some_months
from tests.people import (
    COMMUNE,
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
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.public_services import PUBLIC_SERVICES

OF_COMMUNE, OF_PROVINCE = f"/en/reports/{PROVINCE}/{COMMUNE}", f"/en/reports/{PROVINCE}"
NOW = datetime.now(UTC)
RECENTLY = earlier_today(NOW, minutes=30)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations, **who: in_database(
        lambda database: deliver(database, operations, now=NOW, **who)
    )


def some_work(count: int, at: datetime = RECENTLY, **of_run) -> list:
    """Households met once, each with one walk-through that ended alone unless told otherwise."""
    operations = []
    for number in range(count):
        household = a_household(code=f"NT-{number:03}", recorded_at=at)
        member = a_member(household.id, recorded_at=at)
        visit = a_visit(household.id, recorded_at=at)
        run = a_walk_through(household.id, visit.id, member.id, recorded_at=at, **of_run)
        operations += [household, member, visit, run]
    return operations


def lines_of(text: str) -> dict[str, list[str]]:
    """Every line of the report's tables: its name → what its cells say."""
    rows = re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</th>(.*?)</tr>", text, re.DOTALL)
    plain = lambda html: unescape(re.sub(r"<[^>]+>", "", html)).strip()  # noqa: E731
    return {
        plain(name): [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for name, row in rows
    }


def test_m7_everyone_starts_at_the_report_of_what_they_answer_for(signed_in):
    leader = signed_in(MINH).get("/vi/reports", follow_redirects=False)
    front = signed_in(THE_FRONT).get("/vi/reports", follow_redirects=False)

    assert leader.headers["location"] == f"/vi/reports/{PROVINCE}/{COMMUNE}"
    assert front.headers["location"] == f"/vi/reports/{PROVINCE}"


def test_s5_reports_group_by_the_frameworks_code_and_say_which_services_have_none(
    signed_in, work, monkeypatch
):
    """The code is the test's own: none is known yet (`framework_codes.toml`)."""
    for slug in ("spot-scams", "send-feedback"):
        monkeypatch.setitem(PUBLIC_SERVICES, slug, replace(PUBLIC_SERVICES[slug], framework_code="TEST.1"))
    both = some_work(6, guide="spot-scams", service="spot-scams")
    for member, visit in [(both[4 * n + 1], both[4 * n + 2]) for n in range(6)]:
        home = visit.body["household_id"]
        said = {"guide": "send-feedback", "service": "send-feedback", "recorded_at": RECENTLY}
        both.append(a_walk_through(home, visit.id, member.id, teach_back="help", **said))
    work(both + some_work(5))

    lines = lines_of(signed_in(MINH).get(OF_COMMUNE, params={"span": "day"}).text)

    [name] = [name for name in lines if name.startswith("TEST.1: ")]
    assert lines[name] == ["12", "6", "6", "6", "0"], "one person once, whatever they learned"
    assert "Spot scam" in name and "Feedback" in name
    assert lines["No code known yet"] == ["5", "5", "5", "0", "0"]


def test_s5_outside_the_commune_neither_a_group_nor_its_services_tell_a_small_number(
    signed_in, work, monkeypatch
):
    monkeypatch.setitem(
        PUBLIC_SERVICES, "spot-scams", replace(PUBLIC_SERVICES["spot-scams"], framework_code="TEST.1")
    )
    work(some_work(8) + some_work(2, guide="stay-notice", service="stay-notice"))

    lines = lines_of(signed_in(THE_FRONT).get(OF_COMMUNE, params={"span": "week"}).text)

    assert [name for name, line in lines.items() if "8" in line or "2" in line] == []


def test_s6_turns_persons_and_households_are_apart_and_done_for_them_is_not_alone(signed_in, work):
    work(some_work(6) + some_work(2, marks={"open-app": "did"}, teach_back="skipped"))

    lines = lines_of(signed_in(MINH).get(OF_COMMUNE, params={"span": "day"}).text)

    assert lines["Visits"][:2] == ["turns", "8"]
    assert lines["Households met"][:2] == ["households", "8"]
    assert lines["People guided"][:2] == ["persons", "8"]
    assert lines["ended alone"][:2] == ["turns", "6"]
    assert lines["done for them (does not count as alone)"][:2] == ["turns", "2"]
    assert lines["Activate VNeID level 2"] == ["8", "8", "6", "0", "2", "6", "8"]


def test_the_period_before_stands_beside_and_the_paragraph_says_what_changed(signed_in, work):
    earlier = NOW - timedelta(days=1)
    work(some_work(3, at=earlier) + some_work(7))

    page = signed_in(MINH).get(OF_COMMUNE, params={"span": "day"}).text

    assert lines_of(page)["Households met"] == ["households", "7", "3", "10"]
    sentences = unescape(re.sub(r"<[^>]+>", "", page))
    assert (
        "7 visits were paid to 7 households; 7 households were met, 7 of them for the first time."
        in sentences
    )
    assert "That is 4 households more than in the period before." in sentences


def test_m8_every_number_of_the_paragraph_opens_its_records_for_the_leader_only(signed_in, work):
    work(some_work(7))

    page = signed_in(MINH).get(OF_COMMUNE)
    links = re.findall(r'<p class="big">(.*?)</p>', page.text, re.DOTALL)[0]
    records = signed_in(MINH).get(unescape(re.findall(r'href="([^"]+what=met)"', links)[0]))
    front = signed_in(THE_FRONT)

    assert records.text.count("Nông Văn Mẫu") == 7
    assert front.get(OF_COMMUNE + "/records").status_code == 404
    assert "/records" not in front.get(OF_COMMUNE).text


def test_m8_records_beyond_the_first_page_are_one_link_away(signed_in, work, monkeypatch):
    monkeypatch.setattr("volunteer_app.pages.reports.routes.MOST_RECORDS", 4)
    work(some_work(6))
    leader = signed_in(MINH)

    first = leader.get(OF_COMMUNE + "/records", params={"what": "met", "when": "so_far"})
    (older,) = re.findall(r'href="([^"]+page=2)"', first.text)
    second = leader.get(unescape(older))

    assert "shown: 1 to 4" in first.text
    assert len({*re.findall(r"NT-\d+", first.text), *re.findall(r"NT-\d+", second.text)}) == 6


def test_rates_stand_with_what_they_were_made_from(signed_in, work):
    """Three were seen alone on the day of their first visit, one of them again today and no longer, one still."""
    long_ago = NOW - timedelta(days=20)
    operations = some_work(3, at=long_ago)
    (home, member, visit, _), (home_2, member_2, visit_2, _) = operations[:4], operations[4:8]
    for who, end in (((home, visit, member), "alone"), ((home_2, visit_2, member_2), "skipped")):
        again = a_walk_through(*(one.id for one in who), recorded_at=RECENTLY, teach_back=end)
        operations.append(again)
    late = a_household(code="NT-900", recorded_at=long_ago)
    kin, first = a_member(late.id, recorded_at=long_ago), a_visit(late.id, recorded_at=long_ago)
    work([*operations, late, kin, first, a_walk_through(late.id, first.id, kin.id, recorded_at=RECENTLY)])

    lines = lines_of(signed_in(MINH).get(OF_COMMUNE, params={"span": "day"}).text)

    assert lines["Rechecks of a skill after 14 days"][1:] == ["2", "0", "2"]
    assert lines["Skills that lasted: still alone, of those rechecked"] == ["%", "50", "–", "50"]
    waited = lines["Days from the first visit until first seen alone in a service (median)"]
    assert waited == ["days", "20", "–", "–"]


def test_words_that_mean_nothing_are_refused_with_a_calm_page(signed_in):
    leader = signed_in(MINH)

    for query, status in (("span=forever", 400), ("on=yesterday", 400), ("span=all", 400)):
        assert leader.get(f"{OF_COMMUNE}?{query}").status_code == status
    for query in (
        "what=nonsense",
        "what=runs/nonsense",
        "when=never",
        "hamlet=1",
        f"hamlet={id_of('nowhere')}",
    ):
        assert leader.get(f"{OF_COMMUNE}/records?{query}").status_code == 404


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (LAN, OF_COMMUNE), (LAN, "/en/reports"), (HOA, OF_COMMUNE), (MINH, OF_PROVINCE),
        (MINH, f"{OF_PROVINCE}/{OTHER_COMMUNE}"), (THE_FRONT, "/en/reports/20"), (THE_FRONT, f"{OF_PROVINCE}/99999"),
    ],
)  # fmt: skip
def test_what_is_out_of_scope_or_unknown_is_not_found(signed_in, person, path):
    assert signed_in(person).get(path).status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert visitor.get(OF_COMMUNE, follow_redirects=False).status_code == 303


def test_p5_small_numbers_and_names_are_hidden_outside_the_commune(signed_in, work):
    work(some_work(3))

    page = signed_in(THE_FRONT).get(OF_COMMUNE, params={"span": "month"}).text

    lines = lines_of(page)
    assert lines["Households met"][1] == "•"
    assert lines["Nà Thử"][0] == "•"
    assert "Nông Văn Mẫu" not in page
    assert (
        lines_of(signed_in(MINH).get(OF_COMMUNE, params={"span": "month"}).text)["Households met"][1] == "3"
    )


def test_a_week_and_a_larger_period_tell_no_small_number_between_them(signed_in, work):
    """9 households so far, 7 of them this week: told exactly, both would say 2."""
    long_ago = NOW - timedelta(days=200)
    work(some_work(2, at=long_ago) + some_work(7))

    front = lines_of(signed_in(THE_FRONT).get(OF_COMMUNE).text)

    assert front["Households met"][1] == "5"
    assert front["Households met"][3] == "5"


def test_outside_the_commune_no_report_is_about_a_single_day(signed_in, work):
    work(some_work(9))

    page = signed_in(THE_FRONT).get(OF_COMMUNE, params={"span": "day"}).text

    assert "Report · Week" in page
    assert "span=day" not in page


def test_m9_the_report_says_as_of_when_and_which_phones_are_silent(signed_in, work):
    assert "Figures as of" in signed_in(MINH).get(OF_COMMUNE).text


def files(visitor, kind: str, **query):
    place = {"province": PROVINCE, "commune": COMMUNE, "language": "vi"}
    return visitor.get(f"/api/v1/figures/report/{kind}", params=place | query)


def test_x1_csv_has_the_mark_that_excel_needs_and_vietnamese_intact(signed_in, work):
    work(some_months(3, now=NOW))

    answer = files(signed_in(MINH), "csv", span="month")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "Nà Thử" in answer.content.decode("utf-8-sig")
    assert "attachment" in answer.headers["content-disposition"]


def test_xlsx_says_the_same_as_the_page(signed_in, work):
    work(some_work(6))
    leader = signed_in(MINH)

    book = load_workbook(io.BytesIO(files(leader, "xlsx", span="month", language="en").content))
    page = lines_of(leader.get(OF_COMMUNE, params={"span": "month"}).text)

    rows = {row[0]: [str(value) for value in row[1:]] for row in book["Results"].values}
    for name in ("Visits", "Households met", "People guided", "ended alone"):
        assert rows[name] == page[name]


def test_the_earlier_week_and_the_later_one_are_one_link_away(signed_in):
    day = local_day(NOW) - timedelta(days=20)
    page = signed_in(MINH).get(OF_COMMUNE, params={"span": "week", "on": day.isoformat()}).text

    assert re.search(r'href="[^"]+on=[^"]+"[^>]*>[^<]*<svg[^>]*><use[^>]*#back', page)
    assert re.search(r'href="[^"]+on=[^"]+"[^>]*>[^<]*<svg[^>]*><use[^>]*#next', page)


def test_an_empty_period_is_said_plainly(signed_in):
    assert "No visit was recorded in this period." in signed_in(MINH).get(OF_COMMUNE).text


def test_places_of_the_report_name_their_denominator(signed_in, work):
    work([*some_work(5), a_household(hamlet_id=NEXT_HAMLET, recorded_at=RECENTLY)])

    assert "danh sách thử" in signed_in(MINH).get(OF_COMMUNE).text


def test_m10_rechecks_by_a_second_person_are_counted_apart(signed_in, work):
    long_ago = NOW - timedelta(days=15)
    operations = some_work(2, at=long_ago)
    home, member, visit, _run = operations[:4]
    again = a_walk_through(home.id, visit.id, member.id, recorded_at=RECENTLY)
    work(operations, of=MINH)
    work([again], of=LAN)

    lines = lines_of(signed_in(MINH).get(OF_COMMUNE, params={"span": "day"}).text)

    assert lines["Rechecks of a skill after 14 days"][:2] == ["turns", "1"]
    assert (lines["by a second person"][1], lines["still alone"][1]) == ("1", "1")
