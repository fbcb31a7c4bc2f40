"""Small multiples: the same map for the last periods or for every measure, its table beside it, light."""

import re
from datetime import UTC, datetime, timedelta

import brotli
import pytest

from tests.field_work import deliver
from tests.pages.coverage.test_routes import OF_COMMUNE, OF_PROVINCE, met_households
from tests.people import HAMLET, MINH, NEXT_HAMLET, THE_FRONT, a_household, a_visit
from volunteer_app.domain.figures.measures import Measure

NOW = datetime.now(UTC)


@pytest.fixture
def work(in_database):
    """Deliver operations to the test's database."""
    return lambda operations: in_database(lambda database: deliver(database, operations, now=NOW))


def panels_of(text: str) -> list[tuple[str, str]]:
    """Each small map: what it is of, and the figure of all its places."""
    return re.findall(r"<figcaption><span>(.*?)</span> <b>(.*?)</b>", text)


def test_the_last_six_months_stand_beside_one_another_with_their_figures(signed_in, work):
    long_ago = NOW - timedelta(days=75)
    home = a_household(hamlet_id=HAMLET, recorded_at=long_ago)
    work([home, a_visit(home.id, recorded_at=long_ago), *met_households(6, NEXT_HAMLET)])

    page = signed_in(MINH).get(f"{OF_COMMUNE}?beside=time").text
    panels = panels_of(page)
    row = re.findall(r'<th scope="row">Nà Thử</th>(.*?)</tr>', page, re.DOTALL)[0]

    assert len(panels) == 6
    assert panels[-1][1] == "10 %" and panels[0][1] == "0 %"
    assert re.findall(r"(\d+)/40 households", row)[0] == "0"
    assert re.findall(r"(\d+)/40 households", row)[-1] == "1"
    assert page.count('<use href="#s') == 6 * 2
    assert len(brotli.compress(page.encode(), quality=4)) < 15_000


def test_every_measure_stands_beside_the_others_and_no_small_cell_is_in_any(signed_in, work):
    work(met_households(3) + met_households(20, NEXT_HAMLET))
    front = signed_in(THE_FRONT)

    for place in (OF_COMMUNE, OF_PROVINCE):
        page = front.get(f"{place}?beside=measures").text
        assert len(panels_of(page)) == len(Measure)
        assert "3/40" not in page and "23/70" not in page
        assert f'href="{place}?beside=time"' in page
    assert front.get(f"{OF_PROVINCE}?beside=everything").status_code == 400
