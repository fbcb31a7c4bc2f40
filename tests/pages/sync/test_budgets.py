"""What one account may have kept in a day (S12): nobody fills the server or the leader's desk, no honest phone meets it,
what is refused belongs to its entry and comes again by itself."""

from datetime import date, timedelta
from hashlib import sha256

import msgspec
import pytest
import sqlalchemy as sa

from tests.boxes import sealed
from tests.pages.sync.test_routes import RECENTLY, deliver
from tests.pages.voices.test_delivery import send
from tests.people import HOA, LAN, LANS_PHONE, NEXT_HAMLET, a_household, a_visit, id_of
from volunteer_app.domain import budgets
from volunteer_app.domain.operations.envelope import MOST_PER_BATCH
from volunteer_app.domain.recordings import LARGEST_RECORDING, MOST_WAITING_BYTES
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.spending import SpendingRow


def outcomes(answer) -> list[tuple[str, str]]:
    return [(a["outcome"], (a["reason"] or {}).get("code", "")) for a in answer.json()["answers"]]


def households(count: int, **changes):
    return [a_household(recorded_at=RECENTLY, code=f"NT-{i:03}", seq=i + 1, **changes) for i in range(count)]


TAKEN, ANOTHER_DAY = ("accepted", ""), ("held", "budget.today")


@pytest.fixture
def small(monkeypatch):
    """Budgets that a test can fill."""
    monkeypatch.setattr(budgets, "MOST_OPERATIONS_A_DAY", 5)
    monkeypatch.setattr(budgets, "MOST_ASIDE_A_DAY", 2)


def kept(in_database) -> int:
    async def count(database):
        async with database.reading() as db:
            return (await db.exec(sa.select(sa.func.count()).select_from(OperationRow))).scalar_one()

    return in_database(count)


def next_day(in_database) -> None:
    async def wait(database):
        async with database.writing() as db:
            await db.exec(sa.update(SpendingRow).values(day=date(2026, 1, 1)))

    in_database(wait)


def test_s12_over_the_budget_an_entry_waits_for_tomorrow_and_all_else_goes_on(
    signed_in, another_phone, in_database, small
):
    hoa = another_phone()
    hoa.cookies.set("session", signed_in(HOA).cookies["session"])
    lan = signed_in(LAN)
    made = households(8)

    assert outcomes(deliver(lan, *made)) == [TAKEN] * 5 + [ANOTHER_DAY] * 3
    assert kept(in_database) == 5

    assert outcomes(deliver(lan, *made))[:5] == [("duplicate", "")] * 5, "what is here is here"
    mine = a_household(recorded_at=RECENTLY, hamlet_id=NEXT_HAMLET, code="HO-001")
    answer = hoa.post_from_us(
        "/api/v1/ops",
        json={
            "device_id": str(id_of("Hoa's phone")),
            "app_build": "x",
            "ops": [msgspec.to_builtins(mine, str_keys=True)],
        },
    )
    assert answer.json()["answers"][0]["outcome"] != "held", "others are others"

    next_day(in_database)
    assert outcomes(deliver(lan, *made[5:])) == [TAKEN] * 3


def test_s12_the_reason_says_what_becomes_of_it(signed_in, small):
    said = deliver(signed_in(LAN), *households(6), **{"accept-language": "vi"}).json()["answers"][-1]

    assert "ngày mai" in said["reason"]["text"]


def test_s12_nobody_fills_the_leaders_desk(signed_in, in_database, small):
    """The attack: what cannot be taken, one delivery after the other; also other words under one known number."""
    lan = signed_in(LAN)
    aside = households(4, hamlet_id=NEXT_HAMLET)

    assert outcomes(deliver(lan, *aside)) == [("parked", "operation.not_assigned")] * 2 + [ANOTHER_DAY] * 2
    assert kept(in_database) == 2
    [good] = households(1)
    assert outcomes(deliver(lan, good)) == [TAKEN], "the budget of good work is another"
    assert outcomes(deliver(lan, a_household(id=good.id, recorded_at=RECENTLY, label="Khác"))) == [
        ANOTHER_DAY
    ]
    assert outcomes(deliver(lan, {"id": str(good.id.__class__(int=7)), "seq": 1, "rubbish": "x"})) == [
        ANOTHER_DAY
    ]

    next_day(in_database)
    assert outcomes(deliver(lan, *aside[2:])) == [("parked", "operation.not_assigned")] * 2


def test_s12_large_deliveries_have_an_end(signed_in, monkeypatch):
    monkeypatch.setattr(budgets, "MOST_BYTES_A_DAY", 3_000)
    lan = signed_in(LAN)
    all_of_them = [outcomes(deliver(lan, *households(3))) for _ in range(4)]

    assert all_of_them[0] == [TAKEN] * 3 and all_of_them[-1] == [ANOTHER_DAY] * 3


def test_s12_who_sends_in_a_phones_name_takes_nothing_from_the_person(signed_in, another_phone, small):
    """A stranger fills what comes from that phone without a sign-in; its owner, signed in, goes on."""
    lan = signed_in(LAN)
    deliver(lan)
    seal_with = lan.get("/api/v1/field-pack").json()["seal_with"]
    boxes = [
        sealed(seal_with, msgspec.to_builtins(one, str_keys=True)) for one in households(7, person_id=LAN)
    ]
    stranger = another_phone()
    flood = stranger.post_from_us(
        "/api/v1/deposit", json={"device_id": str(LANS_PHONE), "app_build": "x", "ops": boxes}
    )

    assert outcomes(flood)[-1] == ANOTHER_DAY
    assert outcomes(deliver(lan, *households(3))) == [TAKEN] * 3


def test_s12_a_month_without_a_network_is_delivered_in_one_evening(signed_in):
    """30 days, 20 families a day, a household and six entries more for each; in the sizes that phones send."""
    lan = signed_in(LAN)
    found = households(1)
    deliver(lan, *found)
    visits = [
        a_visit(found[0].id, recorded_at=RECENTLY - timedelta(minutes=i), seq=i + 2)
        for i in range(30 * 20 * 7)
    ]

    for first in range(0, len(visits), MOST_PER_BATCH):
        assert outcomes(deliver(lan, *visits[first : first + MOST_PER_BATCH])) == [TAKEN] * MOST_PER_BATCH


def upload(visitor, i: int, sent: bytes = b"x", length: int = LARGEST_RECORDING, offset: int = 0):
    return send(visitor, sha256(b"%d" % i).hexdigest(), sent, offset=offset, length=length)


def test_s12_announced_bytes_are_reserved(signed_in):
    """The attack: 120 recordings announced with one byte each, then filled."""
    lan = signed_in(LAN)
    most = MOST_WAITING_BYTES // LARGEST_RECORDING

    begun = [upload(lan, i).status_code for i in range(most + 20)]

    assert begun == [204] * most + [413] * 20
    assert upload(lan, 0, b"yy", offset=1).status_code == 204, "what is reserved may come"
    assert upload(lan, 0, b"z", length=10, offset=3).status_code == 413, (
        "no more and no less than it announced"
    )


def test_s12_uploads_of_a_day_have_an_end_and_go_on_the_next(signed_in, in_database, monkeypatch):
    monkeypatch.setattr(budgets, "MOST_UPLOADED_BYTES_A_DAY", 3 * LARGEST_RECORDING)
    lan = signed_in(LAN)

    assert [upload(lan, i).status_code for i in range(5)] == [204] * 3 + [413] * 2
    assert upload(lan, 0, b"yy", offset=1).status_code == 204, "what was begun goes on"
    next_day(in_database)
    assert upload(lan, 3).status_code == 204


def test_s12_without_the_guard_everything_is_kept(signed_in, in_database, small, monkeypatch):
    """Mutation check: these tests see the guard, not something else."""
    monkeypatch.setattr(budgets.Room, "takes_another", lambda _: True)
    monkeypatch.setattr(budgets.Room, "sets_another_aside", lambda _: True)

    deliver(signed_in(LAN), *households(8), *households(4, hamlet_id=NEXT_HAMLET))

    assert kept(in_database) == 12


def test_s12_what_is_counted_is_forgotten_every_night(signed_in, in_database):
    from volunteer_app.storage.operations import spending

    deliver(signed_in(LAN), *households(2))
    next_day(in_database)

    async def night(database):
        async with database.writing() as db:
            return await spending.forget_spent(db, date(2026, 6, 1))

    assert in_database(night) == 1
