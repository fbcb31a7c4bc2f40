"""O4, O13: what phones edit comes out the same whatever the order in which it arrives: each phone's edits stand in its own
order, and what two people say of one field without knowing of each other is kept for the leader, once."""

import random
from typing import Any, NamedTuple

import pytest
from sqlmodel import col, select

from tests.people import LAN, LANS_PHONE, MINH, NOW, SCOPES, a_household, a_member, an_operation, id_of
from volunteer_app.domain.operations.envelope import Operation
from volunteer_app.domain.operations.envelope import OperationOutcome as Outcome
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all

LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")
MINHS = Sender(SCOPES[MINH], id_of("Minh's phone"), "test")
NAMES = [f"Nông Văn Mẫu {n}" for n in range(4)]
SEQUENCES = 60


class Sequence(NamedTuple):
    """A household with somebody who lives there, and what two phones edited of them."""

    home: Operation
    member: Operation
    edits: list[tuple[Operation, Sender]]


def a_sequence(chance: random.Random, name: str) -> Sequence:
    """Each field is edited by one phone, as often as it likes; or by both, once by the other, who knew of nothing."""
    home = a_household(label=NAMES[0], people_count=1, consent="given", recorded_at=NOW, code=f"NL-{name}")
    member = a_member(home.id, recorded_at=NOW)
    owner = {field: chance.choice([LANS, MINHS]) for field in ("label", "people_count", "own_phone")}
    stands: dict[Any, Any] = {"label": NAMES[0], "people_count": 1, "own_phone": member.body.get("own_phone")}
    values = {"label": NAMES, "people_count": range(1, 9), "own_phone": [True, False, None]}
    edits: list[tuple[Operation, Sender]] = []
    for seq in range(10, 10 + chance.randint(2, 7)):
        field = chance.choice(list(owner))
        edits.append(
            (an_edit(home, member, field, stands[field], chance.choice(values[field]), seq), owner[field])
        )
        stands[field] = edits[-1][0].body[field]
    return Sequence(home, member, edits)


def an_edit(home: Operation, member: Operation, field: str, knew: Any, said: Any, seq: int) -> Operation:
    body = {"household_id": home.id, field: said, "base": {field: knew}}
    if field != "own_phone":
        return an_operation("household_change", body, schema=SCHEMA, seq=seq, recorded_at=NOW)
    body |= {"member_id": member.id}
    return an_operation("member_change", body, schema=SCHEMA, seq=seq, recorded_at=NOW)


def shuffled(
    chance: random.Random, edits: list[tuple[Operation, Sender]]
) -> list[list[tuple[Operation, Sender]]]:
    """In any order, in deliveries of any size, some twice."""
    sent = [*edits, *chance.sample(edits, len(edits) // 2)]
    chance.shuffle(sent)
    found = []
    while sent:
        size = chance.randint(1, 3)
        found.append(sent[:size])
        sent = sent[size:]
    return found


async def deliver(database, some: list[tuple[Operation, Sender]]) -> None:
    for sender in (LANS, MINHS):
        async with database.writing() as db:
            said = [edit for edit, by in some if by is sender]
            answers = await take_all(db, sender, said, NOW)
            assert {answer.outcome for answer in answers} <= {Outcome.ACCEPTED, Outcome.DUPLICATE}


async def state_of(database, one: Sequence) -> Any:
    async with database.reading() as db:
        home = (await db.exec(select(HouseholdRow).where(HouseholdRow.id == one.home.id))).one()
        member = (await db.exec(select(MemberRow).where(MemberRow.id == one.member.id))).one()
        query = select(ClashRow).where(
            ClashRow.household_id == one.home.id, col(ClashRow.settled_at).is_(None)
        )
        clashes = sorted((row.field, str(row.stood), str(row.said)) for row in await db.exec(query))
    return home.label, home.people_count, member.own_phone, clashes


def newest(one: Sequence) -> Any:
    """What the phones said last, by the words of the product: nobody else spoke of it."""
    stands = {"label": NAMES[0], "people_count": 1, "own_phone": one.member.body.get("own_phone")}
    for edit, _ in one.edits:
        stands |= {name: edit.body[name] for name in stands if name in edit.body}
    return *stands.values(), []


def test_o4_o13_edits_of_a_phone_stand_in_its_own_order_whatever_the_order_of_arrival(in_database):
    chance = random.Random(13)
    sequences = [a_sequence(chance, str(n)) for n in range(SEQUENCES)]

    async def work(database):
        found = []
        for one in sequences:
            await deliver(database, [(one.home, LANS), (one.member, LANS)])
            for some in shuffled(chance, one.edits):
                await deliver(database, some)
            found.append(await state_of(database, one))
        return found

    for one, found in zip(sequences, in_database(work), strict=True):
        assert found == newest(one)


def test_o13_a_true_clash_is_kept_once_with_the_newest_words_in_any_order(in_database):
    """Minh's one edit is there first; Lan, who knew of nothing, says three things one after the other."""
    chance = random.Random(14)
    told = []

    async def work(database):
        for n in range(SEQUENCES // 3):
            home = a_household(people_count=1, recorded_at=NOW, code=f"NC-{n}")
            member = a_member(home.id, recorded_at=NOW)
            one = Sequence(home, member, [])
            minhs = an_edit(home, member, "people_count", 1, 9, 5)
            lans = [an_edit(home, member, "people_count", 1 + turn, 2 + turn, 10 + turn) for turn in range(3)]
            await deliver(database, [(home, LANS), (member, LANS)])
            await deliver(database, [(minhs, MINHS)])
            for some in shuffled(chance, [(edit, LANS) for edit in lans]):
                await deliver(database, some)
            told.append(await state_of(database, one))
        return told

    for _, people_count, _, clashes in in_database(work):
        assert (people_count, clashes) == (4, [("people_count", "9", "4")])


@pytest.mark.parametrize("last_first", [False, True])
def test_p10_a_yes_that_comes_after_the_no_of_the_same_phone_changes_nothing(in_database, last_first):
    home = a_household(label=NAMES[1], consent="given", consent_version=1, recorded_at=NOW)
    yes = {"household_id": home.id, "consent": "given", "label": NAMES[2], "base": {"consent": "given"}}
    no = {"household_id": home.id, "consent": "withdrawn", "label": "", "base": {"consent": "given"}}
    said = [
        (an_operation("household_change", body, schema=SCHEMA, seq=seq, recorded_at=NOW), LANS)
        for seq, body in ((11, yes), (12, no))
    ]

    async def work(database):
        await deliver(database, [(home, LANS)])
        for one in reversed(said) if last_first else said:
            await deliver(database, [one])
        async with database.reading() as db:
            row = (await db.exec(select(HouseholdRow).where(HouseholdRow.id == home.id))).one()
            return row.consent, row.label, len(list(await db.exec(select(ClashRow))))

    assert in_database(work) == ("withdrawn", "", 0)
