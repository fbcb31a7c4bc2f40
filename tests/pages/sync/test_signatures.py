"""Whose work it is, a signature proves: nobody writes in another's name; what is not proven waits for the leader."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from tests.boxes import KEYS, SigningKey, sealed, signed_and_sealed
from tests.pages.conftest import FROM_US
from tests.pages.sync.test_routes import RECENTLY, a_delivery
from tests.people import HOA, LAN, LANS_PHONE, MINH, PROVINCE, a_household, id_of
from volunteer_app.storage import sign_ins, stopping
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.sign_ins import SignInRow

LANS_KEY, HOAS_KEY = KEYS[LAN], KEYS[HOA]
HOAS_PHONE = id_of("Hoà's phone")
TAKEN, NOT_PROVEN = ("accepted", None), ("parked", "operation.not_proven")


def as_json(operation) -> dict:
    return json.loads(msgspec.json.encode(operation))


def of_lan(**changes) -> dict:
    return as_json(a_household(recorded_at=RECENTLY, person_id=LAN, **changes))


def outcomes(answer) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(one["outcome"], (one["reason"] or {}).get("code")) for one in answer.json()["answers"]]


def send(visitor, content: bytes, signature: dict[str, str] | None = None):
    return visitor.post_from_us("/api/v1/ops", content=content, headers=signature or {})


def deliver(visitor, *operations, by=None, key=None, phone=LANS_PHONE):
    """A delivery, signed with the key of `by`."""
    content = a_delivery(*operations, device_id=str(phone), person_id=str(by) if by else None)
    return send(visitor, content, key.over(content) if key else {})


def deposit(visitor, *boxes, phone=LANS_PHONE):
    visitor.cookies.clear()
    return visitor.post("/api/v1/deposit", content=a_delivery(*boxes, device_id=str(phone)), headers=FROM_US)


@pytest.fixture
def seal_with(signed_in) -> dict[str, str]:
    """Lan and Hoà have signed in, each on her own phone, and their keys are known; what phones seal with."""
    assert deliver(signed_in(HOA), by=HOA, key=HOAS_KEY, phone=HOAS_PHONE).status_code == 200
    lan = signed_in(LAN)
    assert deliver(lan, by=LAN, key=LANS_KEY).status_code == 200
    return lan.get("/api/v1/field-pack").json()["seal_with"]


@pytest.fixture
def kept(in_database):
    """The log: `kept(id)`."""

    def read(id_):
        async def work(database):
            async with database.reading() as db:
                return (await db.exec(select(OperationRow).where(OperationRow.id == UUID(id_)))).one()

        return in_database(work)

    return read


def run_in(in_database, work):
    async def within(database):
        async with database.writing() as db:
            return await work(db)

    return in_database(within)


# The attack: one phone writes in another's name


def altered(content: bytes, **changes) -> bytes:
    said = json.loads(content)
    said["ops"][0]["body"] |= changes
    return json.dumps(said).encode()


def in_the_clear(hoa, seal_with):
    """She says that Lan recorded it, on Lan's phone."""
    return outcomes(deliver(hoa, of_lan(), by=HOA, key=HOAS_KEY))


def unsigned(hoa, seal_with):
    return outcomes(deliver(hoa, of_lan()))


def signed_in_lans_name(hoa, seal_with):
    return outcomes(deliver(hoa, of_lan(), by=LAN, key=HOAS_KEY))


def with_a_new_key_in_lans_name(hoa, seal_with):
    """A session registers keys of its own person only."""
    new = SigningKey()
    deliver(hoa, by=LAN, key=new)
    return outcomes(deliver(hoa, of_lan(), by=LAN, key=new))


def another_body_under_lans_signature(hoa, seal_with):
    content = a_delivery(of_lan(), person_id=str(LAN))
    return outcomes(send(hoa, altered(content, label="Người khác"), LANS_KEY.over(content)))


def another_order_under_lans_signature(hoa, seal_with):
    said = json.loads(a_delivery(of_lan(), of_lan(), person_id=str(LAN)))
    signature = LANS_KEY.over(json.dumps(said).encode())
    return outcomes(send(hoa, json.dumps(said | {"ops": said["ops"][::-1]}).encode(), signature))


def the_signature_of_an_operation_over_a_delivery(hoa, seal_with):
    content = a_delivery(of_lan(), person_id=str(LAN))
    signature = {"signing-key": LANS_KEY.public, "signature": LANS_KEY.signature("operation", content)}
    return outcomes(send(hoa, content, signature))


def an_unsigned_box(hoa, seal_with):
    return outcomes(deliver(hoa, sealed(seal_with, of_lan())))


def an_unsigned_box_without_a_sign_in(hoa, seal_with):
    return outcomes(deposit(hoa, sealed(seal_with, of_lan())))


def a_box_with_her_own_key(hoa, seal_with):
    return outcomes(deposit(hoa, signed_and_sealed(seal_with, of_lan(), HOAS_KEY)))


def a_box_with_an_edited_body(hoa, seal_with):
    operation = of_lan()
    inside = LANS_KEY.signed(operation)
    inside["said"] = inside["said"].replace("given", "withdrawn")
    return outcomes(deposit(hoa, sealed(seal_with, operation, inside=inside)))


def a_signature_moved_to_another_entry(hoa, seal_with):
    """What Lan once signed lies in a box with another number."""
    return outcomes(deposit(hoa, sealed(seal_with, of_lan(), inside=LANS_KEY.signed(of_lan()))))


def a_box_with_a_mended_signature(hoa, seal_with):
    operation = of_lan()
    inside = LANS_KEY.signed(operation) | {"signature": "A" * 86}
    return outcomes(deposit(hoa, sealed(seal_with, operation, inside=inside)))


def a_box_with_half_a_key(hoa, seal_with):
    operation = of_lan()
    return outcomes(
        deposit(hoa, sealed(seal_with, operation, inside=LANS_KEY.signed(operation) | {"key": "ổ"}))
    )


ATTACKS = [
    in_the_clear, unsigned, signed_in_lans_name, with_a_new_key_in_lans_name, another_body_under_lans_signature,
    another_order_under_lans_signature, the_signature_of_an_operation_over_a_delivery, an_unsigned_box,
    an_unsigned_box_without_a_sign_in, a_box_with_her_own_key, a_box_with_an_edited_body,
    a_signature_moved_to_another_entry, a_box_with_a_mended_signature, a_box_with_half_a_key,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[one.__name__ for one in ATTACKS])
def test_security_s2_nobody_writes_in_anothers_name(signed_in, seal_with, attack):
    """Hoà knows everything but Lan's key: her person id, her phone's id, which the phone's cookie says to all."""
    said = attack(signed_in(HOA), seal_with)

    assert said and set(said) == {NOT_PROVEN}
    assert signed_in(LAN).get("/api/v1/field-pack").json()["households"] == []


def test_security_s2_a_leader_does_not_forge_a_volunteers_entries(signed_in, seal_with):
    assert outcomes(deliver(signed_in(MINH), of_lan())) == [NOT_PROVEN]


def test_security_s2_a_delivery_that_is_sent_again_by_another_adds_nothing(signed_in, seal_with):
    content = a_delivery(of_lan(), person_id=str(LAN))
    first = outcomes(send(signed_in(LAN), content, LANS_KEY.over(content)))

    again = outcomes(send(signed_in(HOA), content, LANS_KEY.over(content)))

    assert (first, [outcome for outcome, _ in again]) == ([TAKEN], ["duplicate"])
    assert len(signed_in(LAN).get("/api/v1/field-pack").json()["households"]) == 1


def test_security_s2_what_waits_in_anothers_name_is_not_brought_on_by_ones_own(signed_in, seal_with):
    """First in Lan's name, not proven; then the very same as Hoà's own, well signed."""
    forged = of_lan()
    hoa = signed_in(HOA)
    assert outcomes(deliver(hoa, forged)) == [NOT_PROVEN]

    again = outcomes(deliver(hoa, forged | {"person_id": str(HOA)}, by=HOA, key=HOAS_KEY, phone=HOAS_PHONE))

    assert again == [NOT_PROVEN]
    assert signed_in(LAN).get("/api/v1/field-pack").json()["households"] == []


def end_everything(in_database) -> None:
    run_in(in_database, lambda db: stopping.stop_everything(db, PROVINCE, LAN, datetime.now(UTC)))


@pytest.mark.parametrize(
    "recorded", [RECENTLY, RECENTLY - timedelta(days=30)], ids=["lately", "said to be long ago"]
)
def test_security_s2_nothing_that_comes_after_the_key_was_stopped(
    signed_in, seal_with, in_database, recorded
):
    """The phone was lost, or she left. Whoever has it now writes any time on what they make, and sends no cookie."""
    mine = of_lan() | {"recorded_at": recorded.isoformat()}
    box = signed_and_sealed(seal_with, mine, LANS_KEY)
    end_everything(in_database)

    assert outcomes(deposit(signed_in(HOA), box)) == [NOT_PROVEN]
    assert outcomes(deliver(signed_in(HOA), box)) == [NOT_PROVEN]
    content = a_delivery(of_lan(), person_id=str(LAN))
    assert outcomes(send(signed_in(HOA), content, LANS_KEY.over(content))) == [NOT_PROVEN]


def test_security_s2_a_session_ended_from_elsewhere_ends_its_key(signed_in, seal_with, in_database):
    async def end_it(db):
        (row,) = await sign_ins.sign_ins_of(db, PROVINCE, LAN, datetime.now(UTC))
        await sign_ins.revoke_sign_ins(db, PROVINCE, LAN, datetime.now(UTC), only=row.id)

    run_in(in_database, end_it)

    assert outcomes(deposit(signed_in(HOA), signed_and_sealed(seal_with, of_lan(), LANS_KEY))) == [NOT_PROVEN]


def test_security_s2_the_key_ends_with_the_session_that_it_last_came_with(signed_in, seal_with, in_database):
    """Her first session ran out; she signed in anew on the same phone, and that session is ended from elsewhere."""

    async def begin_anew(db):
        (row,) = await sign_ins.sign_ins_of(db, PROVINCE, LAN, datetime.now(UTC))
        row.id = id_of("her second session")

    async def end_it(db):
        await sign_ins.revoke_sign_ins(db, PROVINCE, LAN, datetime.now(UTC), only=id_of("her second session"))

    lan = signed_in(LAN)
    run_in(in_database, begin_anew)
    assert outcomes(deliver(lan, of_lan(), by=LAN, key=LANS_KEY)) == [TAKEN]
    run_in(in_database, end_it)

    assert outcomes(deposit(signed_in(HOA), signed_and_sealed(seal_with, of_lan(), LANS_KEY))) == [NOT_PROVEN]


# What counts


def test_i9_one_signature_over_a_delivery_is_enough_for_its_author(signed_in, seal_with, kept):
    operation = of_lan()

    assert outcomes(deliver(signed_in(LAN), operation, by=LAN, key=LANS_KEY)) == [TAKEN]

    row = kept(operation["id"])
    assert (row.person_id, row.delivered_by, row.signed_with is not None) == (LAN, LAN, True)


def test_i9_a_signed_box_is_its_authors_whoever_brings_it(signed_in, seal_with, kept):
    theirs, nobodys = of_lan(), of_lan(code="NT-002")

    assert outcomes(deliver(signed_in(HOA), signed_and_sealed(seal_with, theirs, LANS_KEY))) == [TAKEN]
    assert outcomes(deposit(signed_in(HOA), signed_and_sealed(seal_with, nobodys, LANS_KEY))) == [TAKEN]

    rows = kept(theirs["id"]), kept(nobodys["id"])
    assert [(row.person_id, row.delivered_by) for row in rows] == [(LAN, HOA), (LAN, None)]
    assert all(row.signed_with for row in rows)


def test_i9_an_old_app_delivers_ones_own_work_and_the_log_says_unsigned(signed_in, kept):
    """Two years of apps before keys: their person is signed in, and has none."""
    operation = of_lan()

    assert outcomes(deliver(signed_in(LAN), operation)) == [TAKEN]
    assert (kept(operation["id"]).delivered_by, kept(operation["id"]).signed_with) == (LAN, None)


def test_i9_who_has_a_key_is_not_taken_at_their_sign_ins_word(signed_in, seal_with):
    """Until the phone signs it: then the same entry is taken."""
    operation = of_lan()
    lan = signed_in(LAN)
    assert outcomes(deliver(lan, operation)) == [NOT_PROVEN]

    assert [one for one, _ in outcomes(deliver(lan, operation, by=LAN, key=LANS_KEY))] == ["duplicate"]
    assert len(lan.get("/api/v1/field-pack").json()["households"]) == 1


def test_i9_work_from_before_keys_that_another_brings_waits_until_its_author_signs_it(signed_in, kept):
    lan, operation = signed_in(LAN), of_lan()
    seal_with = lan.get("/api/v1/field-pack").json()["seal_with"]
    box = sealed(seal_with, operation)
    assert outcomes(deliver(signed_in(HOA), box)) == [NOT_PROVEN]
    assert kept(operation["id"]).delivered_by == HOA

    assert [one for one, _ in outcomes(deliver(signed_in(LAN), box, by=LAN, key=LANS_KEY))] == ["duplicate"]
    assert (kept(operation["id"]).outcome, kept(operation["id"]).delivered_by) == ("accepted", LAN)


def test_i9_a_phone_that_signs_with_a_stopped_key_is_told_and_goes_on_with_another(
    signed_in, seal_with, in_database
):
    """She found her phone again, and has signed in on it anew."""
    end_everything(in_database)
    run_in(in_database, lambda db: db.exec(sa.delete(SignInRow).where(col(SignInRow.person_id) == LAN)))
    lan = signed_in(LAN)

    told = deliver(lan, by=LAN, key=LANS_KEY)
    again, new = SigningKey(), of_lan()
    assert told.json()["key_is_over"] is True
    answer = deliver(lan, new, by=LAN, key=again)
    assert outcomes(answer) == [TAKEN] and "key_is_over" not in answer.json()
    assert outcomes(deposit(lan, signed_and_sealed(seal_with, of_lan(), again))) == [TAKEN]
