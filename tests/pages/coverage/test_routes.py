"""Coverage pages: who may see which, the same figures in picture and table, small cells hidden, quiet refreshing."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from tests.field_work import deliver, some_months
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HAMLET,
    HOA,
    LAN,
    MINH,
    NEXT_HAMLET,
    OTHER_COMMUNE,
    PROVINCE,
    THE_FRONT,
    a_household,
    a_visit,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.figures.measures import Measure
from volunteer_app.domain.periods import Span, start_of
from volunteer_app.i18n import format_day
from volunteer_app.storage.places import CommuneRow, HamletRow

OF_COMMUNE = f"/en/coverage/{PROVINCE}/{COMMUNE}"
OF_PROVINCE = f"/en/coverage/{PROVINCE}"
HTMX = {"hx-request": "true"}
NOW = datetime.now(UTC)
RECENTLY = NOW - timedelta(hours=1)


def met_households(count: int, hamlet_id=HAMLET) -> list:
    """Households that were each visited once and met."""
    operations = []
    for number in range(count):
        household = a_household(hamlet_id=hamlet_id, code=f"NT-{number:03}", recorded_at=RECENTLY)
        operations += [household, a_visit(household.id, recorded_at=RECENTLY)]
    return operations


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database: `work(operations, of=HOA)`."""
    return lambda operations, **who: in_database(
        lambda database: deliver(database, operations, now=NOW, **who)
    )


def table_of(text: str) -> dict[str, list[str]]:
    """The table twin: the place's name → what its cells say, figures and notes apart."""
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</th>(.*?)</tr>", text, re.DOTALL)
    plain = lambda html: unescape(re.sub(r"<[^>]+>", "", html)).strip()  # noqa: E731
    return {
        plain(name): [plain(cell) for cell in re.findall(r"<(?:td|small)[^>]*>([^<]*)", row)]
        for name, row in rows
    }


def tiles_of(text: str) -> dict[str, str]:
    """The mosaic: the hamlet's name → the number on its tile."""
    return dict(re.findall(r'class="name">([^<]+)</span><b>([^<]+)</b>', text))


def test_everyone_starts_where_they_answer_for(signed_in):
    leader = signed_in(MINH).get("/vi/coverage", follow_redirects=False)
    front = signed_in(THE_FRONT).get("/vi/coverage", follow_redirects=False)

    assert leader.headers["location"] == f"/vi/coverage/{PROVINCE}/{COMMUNE}"
    assert front.headers["location"] == f"/vi/coverage/{PROVINCE}"


def test_m2_picture_and_table_say_the_same_figures(signed_in, work):
    work(met_households(10) + met_households(6, NEXT_HAMLET))

    page = signed_in(MINH).get(OF_COMMUNE)

    assert page.status_code == 200
    assert tiles_of(page.text) == {"Nà Thử": "25 %", "Khuổi Mẫu": "20 %"}
    assert table_of(page.text)["Nà Thử"][:2] == ["25 %", "10/40 households"]
    assert table_of(page.text)["Together"][:2] == ["23 %", "16/70 households"]
    assert "danh sách thử, 22/11/2026" in page.text


def test_the_map_of_the_province_leads_to_its_communes(signed_in, work):
    work(met_households(10))

    page = signed_in(THE_FRONT).get(OF_PROVINCE)

    assert table_of(page.text)["Minh Tân"][:2] == ["14 %", "10/70 households"]
    assert page.text.count(f'href="/en/coverage/{PROVINCE}/{COMMUNE}"') == 2
    assert "<svg" in page.text


@pytest.mark.parametrize("person", [MINH, THE_FRONT])
def test_who_answers_for_the_commune_sees_it(signed_in, person):
    assert signed_in(person).get(OF_COMMUNE).status_code == 200


@pytest.mark.parametrize(
    ("person", "paths"),
    [
        (LAN, [OF_COMMUNE, "/en/coverage"]),
        (HOA, [OF_COMMUNE]),
        (MINH, [OF_PROVINCE, f"/en/coverage/{PROVINCE}/{OTHER_COMMUNE}"]),
        (
            THE_FRONT,
            ["/en/coverage/20", "/en/coverage/20/06124"]
            + [f"/en/coverage/{PROVINCE}/{unknown}" for unknown in ("99999", "not-a-code")],
        ),
    ],
)
def test_what_is_out_of_scope_or_unknown_is_not_found(signed_in, person, paths):
    stranger = signed_in(person)

    assert [stranger.get(path).status_code for path in paths] == [404] * len(paths)


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    for path in ("/vi/coverage", f"/vi/coverage/{PROVINCE}", f"/vi/coverage/{PROVINCE}/{COMMUNE}"):
        answer = visitor.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/vi/sign-in?back={path}")


def test_no_name_of_a_family_is_on_the_page(signed_in, work):
    work(met_households(3))

    assert "Nông Văn Mẫu" not in signed_in(MINH).get(OF_COMMUNE).text


@pytest.mark.parametrize(("person", "path"), [(MINH, OF_COMMUNE), (THE_FRONT, OF_PROVINCE)])
def test_every_measure_and_period_is_one_link_away(signed_in, work, person, path):
    work(some_months(3, now=NOW))
    reader = signed_in(person)

    for measure in Measure:
        for span in (Span.ALL, Span.MONTH):
            page = reader.get(path, params={"measure": measure.value, "span": span.value})
            assert page.status_code == 200
            assert f'id="{measure.value}" href=' in page.text
            assert len(re.findall(r'aria-current="true"', page.text)) == (5 if person == MINH else 4)


def test_the_alone_rate_is_of_the_chosen_service(signed_in, work):
    work(some_months(4, now=NOW, households=13))
    query = {"measure": "alone", "service": "file-on-portal"}

    page = signed_in(MINH).get(OF_COMMUNE, params=query)

    assert '<option value="file-on-portal" selected>' in page.text
    assert set(tiles_of(page.text).values()) == {"0 %"}


def test_chosen_days_count_only_the_visits_of_those_days(signed_in, work):
    work(met_households(10))
    long_ago = {"span": "dates", "first_day": "2020-01-01", "last_day": "2020-12-31"}

    page = signed_in(MINH).get(OF_COMMUNE, params=long_ago)

    assert tiles_of(page.text) == {"Nà Thử": "0 %", "Khuổi Mẫu": "0 %"}
    assert "01/01/2020 to 31/12/2020" in page.text


def test_m6_outside_the_commune_nobody_chooses_days(signed_in, work):
    """Two periods that differ by a day would tell what was done on it."""
    work(met_households(10))
    today = local_day(NOW)
    query = {"span": "dates", "first_day": f"{today - timedelta(days=3)}", "last_day": f"{today}"}
    in_api = query | {"province": PROVINCE, "commune": COMMUNE}
    inside = signed_in(MINH)
    assert format_day(today - timedelta(days=3)) in inside.get(OF_COMMUNE, params=query).text
    assert inside.get("/api/v1/figures/places/json", params=in_api).status_code == 200

    outside = signed_in(THE_FRONT)
    page = outside.get(OF_COMMUNE, params=query).text
    assert "not for days that one chooses" in page
    assert format_day(today - timedelta(days=3)) not in page
    assert 'name="first_day"' not in page
    assert outside.get("/api/v1/figures/places/json", params=in_api).status_code == 400
    of_a_day = outside.get(OF_COMMUNE, params={"span": "day"}).text
    assert "span=day" not in of_a_day
    assert format_day(start_of(Span.WEEK, today)) in of_a_day


def test_m6_the_last_visit_leaves_the_commune_by_months_only(signed_in, work):
    long_ago = NOW - timedelta(days=200)
    home = a_household(recorded_at=long_ago)
    work([home, a_visit(home.id, recorded_at=long_ago), *met_households(2, NEXT_HAMLET)])
    day, place = local_day(long_ago), {"province": PROVINCE, "commune": COMMUNE}

    for who, knows in ((MINH, True), (THE_FRONT, False)):
        reader = signed_in(who)
        for path in (
            OF_COMMUNE,
            f"{OF_COMMUNE}?measure=staleness",
            OF_COMMUNE.replace("/coverage/", "/left-behind/"),
            OF_COMMUNE.replace("/coverage/", "/reports/"),
        ):
            page = reader.get(path).text
            assert (format_day(day) in page or "200 days" in page) == knows, (who, path)
            assert knows or "longer ago" in page
        row = reader.get("/api/v1/figures/places/json", params=place).json()[0]
        assert row["last_visit"] == (day.isoformat() if knows else None)
        assert row["days_without_visit"] == (200 if knows else None)
        assert row["last_visit_when"] == "longer"


def test_days_in_the_wrong_order_are_explained_and_the_page_still_shows_figures(signed_in, work):
    work(met_households(10))
    query = {"span": "dates", "first_day": "2026-11-20", "last_day": "2026-11-01"}

    page = signed_in(MINH).get(OF_COMMUNE, params=query)

    assert "The first day must not be after the last day." in page.text
    assert tiles_of(page.text)["Nà Thử"] == "25 %"


def test_words_that_mean_nothing_are_refused_with_a_calm_page(signed_in):
    leader = signed_in(MINH)

    for word in ("measure=nonsense", "span=forever", "service=x", "quiet=3", "first_day=yesterday"):
        answer = leader.get(f"{OF_COMMUNE}?{word}")
        assert answer.status_code == 400
        assert "This address is not complete" in answer.text


def test_the_table_sorts_by_any_of_its_columns(signed_in, work):
    work(met_households(2) + met_households(9, NEXT_HAMLET))
    leader = signed_in(MINH)

    most_first = list(table_of(leader.get(OF_COMMUNE, params={"sort": "-value"}).text))
    least_first = list(table_of(leader.get(OF_COMMUNE, params={"sort": "value"}).text))

    assert most_first[:2] == ["Khuổi Mẫu", "Nà Thử"]
    assert least_first[:2] == ["Nà Thử", "Khuổi Mẫu"]
    assert 'aria-sort="descending"' in leader.get(OF_COMMUNE, params={"sort": "-value"}).text


def test_the_front_of_the_province_never_reads_a_small_cell(signed_in, work):
    work(met_households(3) + met_households(20, NEXT_HAMLET))

    seen_by_the_front = signed_in(THE_FRONT).get(OF_COMMUNE).text
    seen_by_the_leader = signed_in(MINH).get(OF_COMMUNE).text

    assert tiles_of(seen_by_the_front) == {"Nà Thử": "•", "Khuổi Mẫu": "67 %"}
    assert "3/40" not in seen_by_the_front and "23" not in table_of(seen_by_the_front)["Together"][1]
    assert "20/70" in seen_by_the_front
    assert "rounded down to a multiple of 5" in seen_by_the_front
    assert tiles_of(seen_by_the_leader) == {"Nà Thử": "8 %", "Khuổi Mẫu": "67 %"}


def test_m5_a_place_without_an_official_number_has_no_percentage(signed_in, work, in_database):
    async def forget(database):
        async with database.writing() as db:
            hamlet = await db.get(HamletRow, (PROVINCE, HAMLET))
            assert hamlet is not None
            hamlet.household_count = None

    in_database(forget)
    work(met_households(7))

    page = signed_in(MINH).get(OF_COMMUNE).text

    assert tiles_of(page)["Nà Thử"] == "?"
    assert "7 households; official number not known" in page
    assert "not known in 1 of 2 places" in page
    assert "Official number of households not known: Nà Thử." in page


def test_more_households_met_than_there_are_officially_is_said(signed_in, work):
    work(met_households(26, FAR_HAMLET), of=HOA)

    page = signed_in(THE_FRONT).get(f"/en/coverage/{PROVINCE}/{OTHER_COMMUNE}").text

    assert tiles_of(page) == {"Bản Mẫu": "125 %"}
    assert "More households met than there are officially: Bản Mẫu." in page


def test_hamlets_without_a_visit_for_days_are_ranked_never_visited_first(signed_in, work):
    long_ago = NOW - timedelta(days=20)
    household = a_household(recorded_at=long_ago)
    work([household, a_visit(household.id, recorded_at=long_ago)])
    leader = signed_in(MINH)

    quiet = re.findall(r'<li class="row ends"><b>([^<]+)</b>', leader.get(OF_COMMUNE).text)
    after_a_month = re.findall(
        r'<li class="row ends"><b>([^<]+)</b>', leader.get(f"{OF_COMMUNE}?quiet=30").text
    )

    assert quiet == ["Khuổi Mẫu", "Nà Thử"]
    assert after_a_month == ["Khuổi Mẫu"]


def test_htmx_gets_the_map_alone_and_the_way_back_gets_the_page(signed_in):
    leader = signed_in(MINH)

    piece = leader.get(OF_COMMUNE, headers=HTMX).text
    way_back = leader.get(OF_COMMUNE, headers=HTMX | {"hx-history-restore-request": "true"}).text

    assert piece.lstrip().startswith('<div id="coverage"')
    assert "<html" in way_back


def asks_again(page: str) -> dict[str, str]:
    """What an open page sends every few seconds."""
    found = re.search(r'"unless": "([^"]+)"', unescape(page))
    assert found
    return {"unless": found[1]}


def test_an_open_page_is_told_nothing_until_a_delivery_changes_its_figures(signed_in, work):
    leader = signed_in(MINH)
    work(met_households(5))
    page = leader.get(OF_COMMUNE).text
    query = asks_again(page)

    unchanged = leader.get(OF_COMMUNE, params=query, headers=HTMX)
    work(met_households(1, NEXT_HAMLET))
    changed = leader.get(OF_COMMUNE, params=query, headers=HTMX)

    assert unchanged.status_code == 204 or unchanged.headers["hx-retarget"] == "#as-of"
    assert changed.status_code == 200
    assert tiles_of(changed.text)["Khuổi Mẫu"] == "3 %"


def test_when_only_time_has_passed_only_the_moment_is_renewed(signed_in):
    leader = signed_in(MINH)
    mark = asks_again(leader.get(OF_COMMUNE).text)["unless"].partition("-")[0]

    answer = leader.get(OF_COMMUNE, params={"unless": f"{mark}-0000x"}, headers=HTMX)

    assert answer.headers["hx-retarget"] == "#as-of"
    assert answer.text.lstrip().startswith('<p id="as-of"')


def test_a_commune_without_hamlets_says_so(signed_in, in_database):
    async def add(database):
        async with database.writing() as db:
            values = {"code": "02215", "name": "Minh Xuân", "kind": "Phường", "full_name": "Phường Minh Xuân"}
            db.add(CommuneRow(**values, province_code=PROVINCE))

    in_database(add)

    page = signed_in(THE_FRONT).get(f"/en/coverage/{PROVINCE}/02215")

    assert page.status_code == 200
    assert "No hamlet of this commune has been imported yet." in page.text
