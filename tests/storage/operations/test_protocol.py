"""Old payloads, edits that meet, gaps, mismatches, what is parked and taken later, and the way back from a backup."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlmodel import select

from tests.conftest import ROOT, opened
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
    id_of,
)
from volunteer_app.copies import make, restore
from volunteer_app.domain.operations import kinds
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.envelope import OperationOutcome as Outcome
from volunteer_app.domain.operations.ways_on import LeftOut
from volunteer_app.storage.audit import AuditRow
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.database import at_once
from volunteer_app.storage.device_reports import device_report
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.operations import parked, senders
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.operations.senders import Contact, Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.settling import settle_clash
from volunteer_app.storage.visit_requests import VisitRequestRow
from volunteer_app.storage.visits import VisitRow

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
MINHS = Sender(SCOPES[MINH], id_of("Minh's phone"), "test")
GOLDEN = sorted((ROOT / "tests/golden/payloads").glob("*.json"))


async def deliver(database, *sent, sender=LANS):
    async with database.writing() as db:
        return [answer.outcome for answer in await take_all(db, sender, list(sent), NOW)]


async def rows(database, table):
    async with database.reading() as db:
        return list(await db.exec(select(table)))


def change(household, base, sender_seq=1, **fields):
    body = {"household_id": household.id, **fields, "base": base}
    return an_operation("household_change", body, schema=2, seq=sender_seq)


async def a_leaders_note(database, done) -> None:
    """The note that a phone says is done: it has it from the desk."""
    async with database.writing() as db:
        db.add(
            NoteRow(
                province_code="08",
                id=UUID(done.body["note_id"]),
                commune_code=SCOPES[MINH].commune_code,
                hamlet_id=HAMLET,
                household_id=UUID(done.body["household_id"]),
                text="Nhờ mang theo mẫu đơn",
                person_id=MINH,
                written_at=NOW,
            )
        )


async def an_asked_visit(database, answered) -> None:
    """The citizen's request that a phone says is done: its person was sent from the desk."""
    async with database.writing() as db:
        db.add(
            VisitRequestRow(
                province_code="08",
                id=UUID(answered.body["request_id"]),
                commune_code=SCOPES[MINH].commune_code,
                name="Bà Mẫu",
                phone="0912345678",
                received_at=NOW,
                person_id=LAN,
                visit_on=NOW.date(),
            )
        )


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_e15_payloads_of_every_release_are_taken(in_database, path):
    said = json.loads(path.read_text().replace("HAMLET", str(HAMLET)))
    sent = [msgspec.convert(one, Operation) for one in said]

    async def work(database):
        registered = await deliver(database, sent[0])
        for one in sent:
            if one.kind == "note_done":
                await a_leaders_note(database, one)
            if one.kind == "request_answered":
                await an_asked_visit(database, one)
        return (
            registered + await deliver(database, *sent[1:]),
            await rows(database, HouseholdRow),
            await rows(database, MemberRow),
        )

    outcomes, (household,), (member,) = in_database(work)

    assert outcomes == [Outcome.ACCEPTED] * len(sent)
    if path == GOLDEN[-1]:
        assert {one.kind for one in sent} == set(kinds.KINDS), "every kind has its golden payload"
    assert (household.people_count, member.vneid_level) == (5, 2)


def test_there_are_golden_payloads_of_every_schema():
    assert [path.stem for path in GOLDEN] == [f"schema-{n}" for n in range(1, kinds.SCHEMA + 1)]


def test_e9_edits_of_different_fields_merge_in_any_order(in_database):
    for first_is_lans in (True, False):
        household = a_household(people_count=3)
        edits = [
            (change(household, {"people_count": 3}, people_count=4), LANS),
            (change(household, {"label": "Nông Văn Mẫu"}, label="Nông Văn Mẫu Hai"), MINHS),
        ]

        async def work(database, household=household, edits=edits, first_is_lans=first_is_lans):
            await deliver(database, household)
            for edit, sender in edits if first_is_lans else reversed(edits):
                await deliver(database, edit, sender=sender)
            async with database.reading() as db:
                row = (await db.exec(select(HouseholdRow).where(HouseholdRow.id == household.id))).one()
                return row.people_count, row.label, await open_clashes(db, SCOPES[MINH], [household.id])

        assert in_database(work) == (4, "Nông Văn Mẫu Hai", [])


def test_e9_edits_of_the_same_field_keep_both_values_until_the_leader_settles_it(in_database):
    household = a_household(people_count=3)

    async def work(database):
        await deliver(database, household)
        await deliver(database, change(household, {"people_count": 3}, people_count=4))
        await deliver(database, change(household, {"people_count": 3}, people_count=5), sender=MINHS)
        async with database.writing() as db:
            (clash,) = await open_clashes(db, SCOPES[LAN])
            both = (clash.field, clash.stood, clash.said)
            settled = await settle_clash(db, SCOPES[MINH], clash.id, clash.field, keep_said=False, now=NOW)
        async with database.reading() as db:
            left = await open_clashes(db, SCOPES[MINH])
        return both, settled, left, (await rows(database, HouseholdRow))[0]

    both, settled, left, row = in_database(work)

    assert both == ("people_count", 4, 5)
    assert (settled, left, row.people_count) == (True, [], 4)
    assert row.feed_seq > 3, "phones fetch the household again"


def test_a_withdrawal_is_never_undone_by_somebody_who_did_not_know_of_it(in_database):
    household = a_household()

    async def work(database):
        await deliver(database, household)
        await deliver(database, change(household, {"consent": "given"}, consent="withdrawn", label=""))
        late = change(household, {"consent": "not_asked", "label": ""}, consent="given", label="Nông Văn Mẫu")
        await deliver(database, late, sender=MINHS)
        async with database.reading() as db:
            clashes = await open_clashes(db, SCOPES[MINH])
        return (await rows(database, HouseholdRow))[0], [clash.field for clash in clashes]

    row, fields = in_database(work)

    assert (row.consent, row.label) == ("withdrawn", "")
    assert fields == ["consent"], "the name is in no clash either"


def test_i7_gaps_and_a_lost_tail_show(in_database):
    household = a_household(seq=1)

    async def work(database):
        await deliver(database, household, a_visit(household.id, seq=2), a_visit(household.id, seq=5))
        async with database.writing() as db:
            await at_once(db, senders.note_contacts, [Contact(LANS, 5, 8)], NOW)
        async with database.reading() as db:
            return await device_report(db, SCOPES[MINH], LAN)

    (phone,) = in_database(work)

    assert (phone.gaps, phone.highest, phone.made, phone.received) == ([(3, 4)], 5, 8, 3)
    assert (phone.missing, phone.tail) == (5, 3)


def test_e6_other_content_under_a_known_id_is_kept_beside_it_once(in_database):
    household = a_household()
    other = a_household(id=household.id, label="Lý Thị Mẫu")

    async def work(database):
        await deliver(database, household)
        outcomes = await deliver(database, other) + await deliver(database, other)
        return outcomes, await rows(database, OperationRow), await rows(database, HouseholdRow)

    outcomes, log, households = in_database(work)

    assert outcomes == [Outcome.MISMATCH] * 2
    kept = [row for row in log if row.outcome is Outcome.MISMATCH]
    assert len(kept) == 1 and "Lý Thị Mẫu" in kept[0].body
    assert [row.label for row in households] == ["Nông Văn Mẫu"]


def test_e15_what_was_too_new_is_taken_after_the_upgrade(in_database, monkeypatch):
    household = a_household()
    household.schema = kinds.SCHEMA + 1
    visit = a_visit(household.id)

    async def work(database):
        before = await deliver(database, household, visit)
        monkeypatch.setattr(kinds, "SCHEMA", kinds.SCHEMA + 1)
        accepted = await database.writing_at_once(lambda c: parked.replay_after_upgrade(c, NOW))
        again = await deliver(database, household, visit)
        return before, accepted, again, len(await rows(database, VisitRow))

    before, accepted, again, visits = in_database(work)

    assert before == [Outcome.PARKED, Outcome.HELD]
    assert (accepted, again, visits) == (1, [Outcome.DUPLICATE] * 2, 1)


def test_a_parked_operation_is_mended_or_discarded_with_a_reason(in_database):
    household = a_household()
    bad, worse = a_visit(household.id, note="001 234 567 890"), a_visit(household.id, note="009 876 543 210")

    async def work(database):
        await deliver(database, household, bad, worse)
        async with database.writing() as db:
            waiting = [row.id for row in await parked.parked_in(db, SCOPES[MINH])]
            mended = await parked.replay(
                db, SCOPES[MINH], bad.id, NOW, mended=bad.body | {"note": "đã bỏ số"}
            )
            discarded = await parked.discard(db, SCOPES[MINH], worse.id, NOW, reason=LeftOut.WRONG_HOUSE)
        again = await deliver(database, bad, worse)
        return waiting, mended.outcome, discarded, again, await rows(database, AuditRow)

    waiting, mended, discarded, again, audit = in_database(work)

    assert set(waiting) == {bad.id, worse.id}
    assert (mended, discarded) == (Outcome.ACCEPTED, True)
    assert again == [Outcome.DUPLICATE] * 2, "the phone lets both go"
    assert "wrong_house" in [row.reason for row in audit]


def test_x7_o19_e26_i9_after_a_restore_phones_send_again_and_the_state_is_the_same(sqlite_url, tmp_path):
    first, later = a_household(), a_household()
    visit = a_visit(later.id)
    settings = an_installation(sqlite_url, tmp_path)
    key = next(Path(settings.keys_folder).iterdir())
    pem = key.read_text()

    async def work(url, *sent):
        async with opened(url) as database:
            outcomes = await deliver(database, *sent)
            async with database.writing() as db:
                epoch = (await server_facts(db)).epoch
            state = {row.id for table in (HouseholdRow, VisitRow) for row in await rows(database, table)}
            return outcomes, epoch, state

    asyncio.run(work(sqlite_url, first))
    copy = make.make(settings, tmp_path / "copies", NOW)
    _, before_epoch, before = asyncio.run(work(sqlite_url, later, visit))
    key.unlink()
    restore.restore(settings, copy, NOW + timedelta(days=1))
    outcomes, epoch, after = asyncio.run(work(sqlite_url, first, later, visit))

    assert outcomes == [Outcome.DUPLICATE, Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert epoch > before_epoch
    assert after == before
    assert key.read_text() == pem


def test_what_was_set_aside_is_found_by_its_own_index(in_database):
    """Or the desk would read a million deliveries to show two entries."""

    async def plan(database) -> str:
        async with database.reading() as db:
            query = parked._in_scope(SCOPES[MINH])
            text = query.compile(db.get_bind(), compile_kwargs={"literal_binds": True})
            explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            if not database.is_sqlite:
                await (await db.connection()).exec_driver_sql("SET LOCAL enable_seqscan = off")
            return str((await (await db.connection()).exec_driver_sql(f"{explain} {text}")).all())

    assert "ix_operations_aside" in in_database(plan)
