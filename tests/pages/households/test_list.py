"""The list of households in a commune of 3,000 (A13): pages, search, filters and order, all in the address."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.people import COMMUNE, HAMLET, LAN, MINH, NEXT_HAMLET, PROVINCE, id_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.storage.households import HouseholdRow, StandingRow

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
LARGEST_PAGE = 60_000
MANY = 3000


@pytest.fixture
def many(in_database):
    """3,000 households in two hamlets: every third was never visited, the n-th last visited n % 90 days ago."""

    async def work(database):
        async with database.writing() as db:
            for n in range(MANY):
                hamlet = (HAMLET, NEXT_HAMLET)[n % 2]
                db.add(
                    HouseholdRow(
                        province_code=PROVINCE,
                        id=id_of(f"house {n}"),
                        commune_code=COMMUNE,
                        hamlet_id=hamlet,
                        code=f"NT-{n:04}",
                        label=f"Nguyễn Phước Tôn Nữ Thị Mẫu Thử Số {n}",
                        consent=Consent.GIVEN,
                        person_id=LAN,
                        recorded_at=NOW,
                        received_at=NOW,
                    )
                )
                if n % 3:
                    db.add(
                        StandingRow(
                            province_code=PROVINCE,
                            household_id=id_of(f"house {n}"),
                            commune_code=COMMUNE,
                            hamlet_id=hamlet,
                            last_visit_on=TODAY - timedelta(days=n % 90),
                            first_met_on=TODAY - timedelta(days=n % 90) if n % 5 else None,
                            is_independent=n % 7 == 0,
                        )
                    )
                if n % 500 == 0:
                    await db.flush()

    in_database(work)


def codes(page: str) -> list[str]:
    return re.findall(r'class="numeral">(NT-\d+)<', page)


def test_a13_three_thousand_households_are_walked_page_by_page_and_none_is_left_out(signed_in, many):
    desk = signed_in(MINH)
    found, address = [], "/en/households"
    sizes = []
    while address:
        page = desk.get(address).text
        found += codes(page)
        sizes.append(len(page.encode()))
        address = (re.findall(r'href="([^"]+)"[^>]*rel="next"', page) or [""])[0].replace("&amp;", "&")

    assert found == [f"NT-{n:04}" for n in range(MANY)]
    assert max(sizes) < LARGEST_PAGE
    assert codes(desk.get("/en/households?page=99999").text)[-1] == f"NT-{MANY - 1:04}"
    assert codes(desk.get("/en/households?page=-3").text)[0] == "NT-0000"


@pytest.mark.parametrize(
    ("state", "is_in"),
    [
        ("never", lambda n: n % 3 == 0),
        ("not_met", lambda n: n % 3 == 0 or n % 5 == 0),
        ("not_lately", lambda n: n % 3 == 0 or n % 90 > 30),
        ("independent", lambda n: n % 3 != 0 and n % 7 == 0),
        ("not_independent", lambda n: n % 3 == 0 or n % 7 != 0),
        ("without", lambda n: n % 2 == 1),
        ("nonsense", lambda n: True),
    ],
)
def test_a13_each_filter_finds_what_it_says_and_stays_in_the_address(signed_in, many, state, is_in):
    page = signed_in(MINH).get("/en/households", params={"which": state, "order": "hamlet"}).text

    assert f"{sum(map(is_in, range(MANY)))} households" in page.replace(",", "")
    assert all(is_in(int(code[3:])) for code in codes(page))
    if state != "nonsense":
        assert f"which={state}&amp;order=hamlet&amp;page=2" in page


def test_a13_each_order_is_kept_over_the_pages(signed_in, many):
    desk = signed_in(MINH)

    def first(order: str) -> list[int]:
        return [int(code[3:]) for code in codes(desk.get(f"/en/households?order={order}").text)]

    assert first("latest")[0] % 90 == 1
    assert all(n % 3 == 0 for n in first("longest"))
    assert all(n % 2 == 0 for n in first("hamlet"))
    assert len(codes(desk.get("/en/households?q=so+2999").text)) == 1
    both = codes(desk.get(f"/en/households?q=nt-0001&hamlet={NEXT_HAMLET}").text)
    assert both[0] == "NT-0001" and all(int(code[3:]) % 2 for code in both)


def test_the_many_are_there(in_database, many):
    async def work(database):
        async with database.reading() as db:
            return len(list(await db.exec(select(HouseholdRow.id))))

    assert in_database(work) == MANY
