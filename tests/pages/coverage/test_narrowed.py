"""Maps of some hamlets, of one blocker, of a time that is over: the same figures, narrowed, and nothing given away."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.field_work import deliver
from tests.pages.blockers.test_routes import stuck_households
from tests.pages.coverage.test_routes import (
    OF_COMMUNE,
    OF_PROVINCE,
    met_households,
    table_of,
    tiles_of,
)
from tests.people import HAMLET, MINH, NEXT_HAMLET, PROVINCE, THE_FRONT, a_household, a_visit
from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.places import Signal
from volunteer_app.storage.places import HamletRow

NOW = datetime.now(UTC)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database; the second hamlet has no signal, and Hmong is spoken there."""

    async def place(database):
        async with database.writing() as db:
            hamlet = await db.get(HamletRow, (PROVINCE, NEXT_HAMLET))
            hamlet.signal, hamlet.languages = Signal.NONE, ["hmn"]

    in_database(place)
    return lambda operations: in_database(lambda database: deliver(database, operations, now=NOW))


@pytest.mark.parametrize("query", ["signal=none", "spoken=hmn"])
def test_a_map_of_hamlets_with_a_signal_or_a_language_counts_these_alone(signed_in, work, query):
    work(met_households(10) + met_households(6, NEXT_HAMLET))

    page = signed_in(MINH).get(f"{OF_COMMUNE}?{query}").text
    of_province = signed_in(THE_FRONT).get(f"{OF_PROVINCE}?{query}").text

    assert tiles_of(page) == {"Khuổi Mẫu": "20 %"}
    assert table_of(page)["Together"][:2] == ["20 %", "6/30 households"]
    assert "Only hamlets" in page
    assert set(table_of(of_province)) == {"Minh Tân", "Together"}
    assert table_of(of_province)["Minh Tân"][:2] == ["17 %", "5/30 households"]
    assert 'class="left_out"' in of_province


def test_every_filter_is_a_link_that_keeps_what_else_was_chosen(signed_in, work):
    page = signed_in(MINH).get(f"{OF_COMMUNE}?measure=gap&span=month").text

    assert f'href="{OF_COMMUNE}?measure=gap&amp;span=month&amp;signal=none"' in page
    assert f'href="{OF_COMMUNE}?measure=gap&amp;span=month&amp;spoken=hmn"' in page


def test_a_filter_gives_no_small_cell_away(signed_in, work):
    work(met_households(3) + met_households(20, NEXT_HAMLET))

    front = signed_in(THE_FRONT)
    for place in (OF_COMMUNE, OF_PROVINCE):
        of_few = front.get(f"{place}?signal=unknown").text
        of_many = front.get(f"{place}?signal=none").text
        assert "3/40" not in of_few
        assert table_of(of_few)["Together"][0] == "•"
        assert table_of(of_many)["Together"][:2] == ["67 %", "20/30 households"]


def test_the_map_of_one_blocker_counts_the_households_that_it_stands_in(signed_in, work):
    work(
        stuck_households(3, "no_nfc")
        + stuck_households(2, "no_signal")
        + stuck_households(4, "no_nfc", NEXT_HAMLET)
    )
    leader = signed_in(MINH)

    of_all = leader.get(f"{OF_COMMUNE}?measure=blockers").text
    of_one = leader.get(f"{OF_COMMUNE}?measure=blockers&blocker=no_nfc").text

    assert table_of(of_all)["Nà Thử"][:2] == ["100 %", "5/5 households"]
    assert table_of(of_one)["Nà Thử"][:2] == ["60 %", "3/5 households"]
    assert table_of(of_one)["Together"][:2] == ["78 %", "7/9 households"]
    assert all(f'value="{one.value}"' in of_one for one in Blocker)
    assert '<option value="no_nfc" selected>' in of_one


def test_the_slider_goes_back_in_time_by_whole_spans(signed_in, work):
    long_ago = NOW - timedelta(days=75)
    home = a_household(hamlet_id=HAMLET, recorded_at=long_ago)
    work([home, a_visit(home.id, recorded_at=long_ago), *met_households(4)])
    leader = signed_in(MINH)

    met = {}
    for back in (0, 1, 2, 3):
        page = leader.get(f"{OF_COMMUNE}?back={back}").text
        met[back] = table_of(page)["Nà Thử"][1]
        slider = re.search(r'<input type="range"[^>]*>', page)
        assert slider and f'value="{back}"' in slider[0] and 'max="11"' in slider[0]
    last_month = leader.get(f"{OF_COMMUNE}?span=week&back=1").text

    assert met[0] == "5/40 households"
    assert "1/40 households" in (met[1], met[2])
    assert table_of(last_month)["Nà Thử"][1] == "0/40 households"
    for nonsense in (
        "back=12",
        "back=-1",
        "back=x",
        "span=quarter&back=8",
        "blocker=dragon",
        "signal=loud",
        "spoken=xx",
    ):
        assert leader.get(f"{OF_COMMUNE}?{nonsense}").status_code == 400
