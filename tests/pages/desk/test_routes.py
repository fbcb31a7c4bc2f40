"""The leader's overview: what needs a decision, patterns to ask about, roll call."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.field_work import deliver
from tests.people import (
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    PROVINCE,
    SCOPES,
    THE_FRONT,
    a_household,
    a_visit,
    a_walk_through,
)
from volunteer_app.storage.devices import DeviceRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

NOW = datetime.now(UTC)
MORNING = NOW.replace(hour=2, minute=0) - timedelta(days=1)


def test_the_overview_counts_what_needs_a_decision(signed_in, in_database):
    homes = [
        a_household(label="Nông Văn Mẫu", code=f"NT-{n}", recorded_at=NOW - timedelta(days=20))
        for n in range(2)
    ]
    away = a_visit(homes[0].id, outcome="nobody_home", recorded_at=NOW - timedelta(days=15))
    in_database(lambda database: deliver(database, [*homes, away], of=LAN, now=NOW))

    page = signed_in(MINH).get("/en/desk").text

    for number, label in ((1, "returns overdue"), (1, "pairs that look alike"), (0, "requests for a visit")):
        assert f"<b>{number}</b><span>{label}</span>" in page


def test_s7_a_pattern_is_a_question_with_a_name(signed_in, in_database):
    homes = [a_household(code=f"NT-{n}", label="", recorded_at=MORNING) for n in range(7)]
    visits = [
        a_visit(home.id, recorded_at=MORNING + timedelta(minutes=2 * n)) for n, home in enumerate(homes)
    ]
    in_database(lambda database: deliver(database, homes + visits, of=LAN, now=NOW))

    page = signed_in(MINH).get("/en/desk").text

    assert "7 families met within 12 minutes" in page and "please ask before you judge" in page


def test_d4_the_roll_call_shows_made_received_and_what_needs_help(signed_in, in_database):
    """The phone says that it made 3: two never came. One that came names a member who is not here yet."""
    home = a_household(recorded_at=NOW, seq=1)
    waits = a_walk_through(home.id, home.id, home.id, recorded_at=NOW, seq=2)

    async def arrive(database):
        async with database.writing() as db:
            await take_all(db, Sender(SCOPES[LAN], LANS_PHONE, "b1"), [home, waits], NOW)

    in_database(arrive)

    async def phone(database):
        async with database.writing() as db:
            row = DeviceRow(province_code=PROVINCE, id=LANS_PHONE, person_id=LAN, last_seq=2, made=3, free_mb=20,
                app_build="b1", first_contact_at=NOW, last_contact_at=NOW)  # fmt: skip
            db.add(row)

    in_database(phone)

    page = signed_in(MINH).get("/en/desk").text.partition('id="roll"')[2]
    assert '<td class="number">3</td>' in page
    assert re.search(r'data-tone="clay"><svg.*?</svg>2</span>', page), "received"
    assert re.search(r'href="/en/review"><svg.*?</svg>1<', page), "needs help"
    assert re.search(r'data-tone="clay"><svg.*?</svg>20 MB<', page), "little room"
    assert "app b1" in page and "last heard from" in page


def test_the_hamlets_least_met_come_first(signed_in, in_database):
    home = a_household(recorded_at=NOW)
    in_database(
        lambda database: deliver(database, [home, a_visit(home.id, recorded_at=NOW)], of=LAN, now=NOW)
    )

    page = signed_in(MINH).get("/en/desk").text.partition('id="hamlets"')[2]

    assert page.index("Khuổi Mẫu") < page.index("Nà Thử")


@pytest.mark.parametrize("person", [LAN, HOA, THE_FRONT])
def test_nobody_else_sees_it(signed_in, person):
    assert signed_in(person).get("/en/desk").status_code == 404


def test_who_is_signed_out_is_asked_to_sign_in(visitor):
    assert visitor.get("/vi/desk", follow_redirects=False).headers["location"] == "/vi/sign-in?back=/vi/desk"
