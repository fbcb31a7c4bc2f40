"""Each guard switched off: what it guards breaks. A fault test that passes without its guard would show nothing."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from tests.conftest import ROOT, opened
from tests.faults.locks import locked
from tests.installations import an_installation
from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    SCOPES,
    a_household,
    a_visit,
    an_operation,
)
from volunteer_app.copies import make, restore
from volunteer_app.domain.households import Household
from volunteer_app.domain.operations import households as household_rules
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.storage import database
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.database import any_of
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.operations import deliveries, log, lookups, records, taking
from volunteer_app.storage.operations.deliveries import Arrival
from volunteer_app.storage.operations.log import OperationRow, Sent
from volunteer_app.storage.operations.senders import Sender

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")


def outcomes(connection, *sent):
    return [a.outcome for a in taking.take(connection, "08", [Sent(LANS, one) for one in sent], NOW)]


def taken(in_database, *deliveries, first=None):
    """The answers to these deliveries, one after the other; first: what is done before them."""

    async def work(database):
        if first is not None:
            await database.writing_at_once(first)
        return [
            await database.writing_at_once(lambda c, sent=sent: outcomes(c, *sent)) for sent in deliveries
        ]

    return in_database(work)


@pytest.mark.parametrize("guard", [True, False])
def test_e4_what_waits_is_taken_only_because_it_is_released(in_database, monkeypatch, guard):
    household = a_household()
    visit = a_visit(household.id)
    if not guard:
        monkeypatch.setattr(taking, "_release", lambda *_: None)

    held, _ = taken(in_database, [visit], [household])

    async def stands(database):
        async with database.reading() as db:
            return (
                (await db.exec(select(OperationRow.outcome).where(OperationRow.id == visit.id))).one().value
            )

    assert (held, in_database(stands)) == (["held"], "accepted" if guard else "held")


@pytest.mark.parametrize("guard", [True, False])
def test_e5_one_poison_blocks_the_rest_unless_halves_are_tried_alone(in_database, monkeypatch, guard):
    batch = [a_household() for _ in range(8)]
    original = records.HOMES[Household]

    def unkeepable(record, kept):
        row = original.row_of(record, kept)
        return row | ({"code": None} if record.id == batch[3].id else {})

    monkeypatch.setitem(records.HOMES, Household, original._replace(row_of=unkeepable))
    if not guard:
        monkeypatch.setattr(taking, "_take_or_halve", taking._take)
        with pytest.raises(sa.exc.IntegrityError):
            taken(in_database, batch)
    else:
        assert taken(in_database, batch)[0].count("accepted") == 7


@pytest.mark.parametrize("guard", [True, False])
def test_e6_other_content_is_noticed_only_by_its_digest(in_database, monkeypatch, guard):
    household = a_household()
    other = a_household(id=household.id, label="Lý Thị Mẫu")
    if not guard:
        monkeypatch.setattr(log, "digest", lambda _: b"0" * 16)

    assert taken(in_database, [household], [other])[1] == ["mismatch" if guard else "duplicate"]


@pytest.mark.parametrize("guard", [True, False])
def test_e12_work_under_a_lease_that_is_over_is_accepted_for_every_lease_counts(
    in_database, monkeypatch, guard
):
    def end_leases(connection):
        over = {"last_day": (NOW - timedelta(days=1)).date()}
        connection.execute(sa.update(AssignmentRow).values(**over))

    if not guard:
        running = lookups.hamlets_under(
            col(AssignmentRow.province_code) == sa.bindparam("province"),
            col(AssignmentRow.person_id).in_(any_of("ids")),
            col(AssignmentRow.last_day) >= NOW.date(),
        )
        monkeypatch.setattr(lookups, "EVER_ASSIGNED", running)

    recorded_before = a_household(hamlet_id=HAMLET, recorded_at=NOW - timedelta(days=2))

    assert taken(in_database, [recorded_before], first=end_leases) == [["accepted" if guard else "parked"]]


@pytest.mark.parametrize("guard", [True, False])
def test_e15_old_payloads_are_taken_only_because_they_are_brought_up_to_date(in_database, monkeypatch, guard):
    said = (ROOT / "tests/golden/payloads/schema-1.json").read_text().replace("HAMLET", str(HAMLET))
    sent = [msgspec.convert(one, Operation) for one in json.loads(said)]
    if not guard:
        monkeypatch.setattr(kinds, "upcast", lambda _kind, _schema, body: body)

    (answers,) = taken(in_database, sent)

    assert (set(answers) == {"accepted"}) is guard
    assert set(answers) <= {"accepted", "parked", "held"}, "even then nothing is lost"


@pytest.mark.parametrize("guard", [True, False])
def test_e22_a_lock_is_waited_for_only_as_long_as_the_limit_says(database_url, monkeypatch, guard):
    """Off: the limit is lifted to more than a phone waits; it is still without an answer."""
    patience = 0.3 if guard else 5.0
    monkeypatch.setattr(database, "LONGEST_WAIT_SECONDS", patience)
    monkeypatch.setitem(database.SQLITE_OPENED, "timeout", patience)

    async def deliver():
        async with opened(database_url) as ours:
            taking = asyncio.ensure_future(ours.writing_at_once(lambda c: outcomes(c, a_household())))
            done, _ = await asyncio.wait([taking], timeout=3)
            return bool(done), await asyncio.gather(taking, return_exceptions=True)

    with locked(database_url):
        is_answered, (answer,) = asyncio.run(deliver())

    assert is_answered is guard
    assert database.is_fault_of_the_database(answer), "the phone is asked to come back, nothing is put aside"


@pytest.mark.parametrize("guard", [True, False])
def test_e2_a_repeat_is_a_success_only_because_what_is_kept_is_looked_up(in_database, monkeypatch, guard):
    """Off: the primary key still keeps it once, but its phone never hears that it has arrived."""
    household = a_household()
    if not guard:
        monkeypatch.setattr(log, "kept_before", lambda *_: {})

    assert taken(in_database, [household], [household])[1] == ["duplicate" if guard else "retry"]


@pytest.mark.parametrize("guard", [True, False])
def test_e9_two_values_are_noticed_only_because_a_change_says_what_it_knew(in_database, monkeypatch, guard):
    """Off: the later value stands, and the earlier is gone without a word."""
    household = a_household()
    if not guard:
        monkeypatch.setattr(household_rules, "_clashes", lambda *_: [])

    def changed(count):
        body = {"household_id": household.id, "people_count": count, "base": {"people_count": None}}
        return an_operation("household_change", body, schema=2)

    async def work(database):
        for sent in ([household], [changed(4)], [changed(6)]):
            await database.writing_at_once(lambda c, sent=sent: outcomes(c, *sent))
        async with database.reading() as db:
            return [(clash.stood, clash.said) for clash in await open_clashes(db, SCOPES[MINH])]

    assert in_database(work) == ([(4, 6)] if guard else [])


@pytest.mark.parametrize("guard", [True, False])
def test_e28_a_character_that_cannot_be_stored_is_set_aside_before_the_database_sees_it(
    in_database, monkeypatch, guard
):
    """Off: PostgreSQL refuses it, SQLite keeps it for every reader to stumble over."""
    household = a_household()
    if not guard:
        monkeypatch.setattr(kinds, "_has_control", lambda _: False)

    odd = a_visit(household.id, note="a\x00b")

    assert (taken(in_database, [household, odd])[0][1] == "parked") is guard


@pytest.mark.parametrize("guard", [True, False])
def test_e28_one_unreadable_operation_does_not_spoil_the_delivery(monkeypatch, guard):
    """Off: the whole delivery is an error, and what could be read of it is not taken."""
    household = a_household()
    raws = [
        msgspec.Raw(msgspec.json.encode(household)),
        msgspec.Raw(b'{"id": "%s", "seq": []}' % str(LANS_PHONE).encode()),
    ]
    arrival = Arrival("token", LANS_PHONE, "test", NOW)
    if not guard:
        monkeypatch.setattr(deliveries, "UNREADABLE", ())

    try:
        arrival.read(raws, lambda raw: (msgspec.json.decode(raw, type=Operation), None))
    except msgspec.ValidationError:
        assert not guard
    else:
        assert guard and (len(arrival.operations), len(arrival.unread)) == (1, 1)


@pytest.mark.parametrize("guard", [True, False])
def test_e26_phones_notice_a_restore_only_by_the_epoch(sqlite_url, tmp_path, monkeypatch, guard):
    """Off: the server says it is the same as before, and phones believe that it has everything."""
    if not guard:
        monkeypatch.setattr(restore, "next_epoch", lambda _now, *known: max(known))
    settings = an_installation(sqlite_url, tmp_path)

    async def epoch():
        async with opened(sqlite_url) as ours, ours.writing() as db:
            return (await server_facts(db)).epoch

    before = asyncio.run(epoch())
    copy = make.make(settings, tmp_path / "copies", NOW)
    restore.restore(settings, copy, NOW + timedelta(days=1))

    assert (asyncio.run(epoch()) > before) is guard
