"""Keys are registered, stopped and used in any order, by anybody, over anything: what is taken is proven, all else waits."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from tests.people import FAR_HAMLET, HAMLET, HOA, LAN, LANS_PHONE, NOW, PROVINCE, a_household, id_of
from volunteer_app.storage import stopping
from volunteer_app.storage.operations.deliveries import Arrival, take_together
from volunteer_app.storage.sign_ins import SignInRow, hash_of

PEOPLE = {LAN: HAMLET, HOA: FAR_HAMLET}
KEYS = [id_of(f"key {n}") for n in range(5)]
STEPS = 150


class Model:
    """What the rule says, told once more and plainly."""

    def __init__(self) -> None:
        self.owner: dict[UUID, UUID] = {}
        self.stopped: set[UUID] = set()

    def deliver(self, session, author, key, signer, own) -> str:
        """How one entry ends; a new key is its session's person's, if they say so."""
        if key and session and signer == session:
            self.owner.setdefault(key, session)
        good = {one for one, whose in self.owner.items() if whose == author and one not in self.stopped}
        is_proven = own in good or (key in good and signer == author)
        return "accepted" if is_proven or (session == author and not good) else "parked"

    def stop(self, person) -> None:
        """Everything of this person ends."""
        self.stopped |= {one for one, whose in self.owner.items() if whose == person}


def session_of(person, at) -> SignInRow:
    return SignInRow(
        token_hash=hash_of(f"{person} {at}"), province_code=PROVINCE, person_id=person, membership_id=person,
        created_at=at, expires_at=at + timedelta(days=1),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_i9_in_any_order_only_what_is_proven_is_taken(in_database, sqlite_url, seed):
    chance, model = Random(seed), Model()

    async def begin(database, person, at) -> str:
        async with database.writing() as db:
            db.add(session_of(person, at))
        return hash_of(f"{person} {at}")

    async def walk(database):
        said, expected = [], []
        tokens = {person: await begin(database, person, NOW) for person in PEOPLE}
        for step in range(STEPS):
            now = NOW + timedelta(seconds=step + 1)
            person = chance.choice(list(PEOPLE))
            if chance.random() < 0.08:
                async with database.writing() as db:
                    await stopping.stop_everything(db, PROVINCE, person, now)
                model.stop(person)
                tokens[person] = await begin(database, person, now)
                continue
            session = chance.choice([*PEOPLE, None])
            key, own = (chance.choice([*KEYS, None, None]) for _ in range(2))
            signer = chance.choice([*PEOPLE]) if key else None
            recorded = now - timedelta(days=chance.choice([0, 0, 9]))
            entry = a_household(
                person_id=person, hamlet_id=PEOPLE[person], code=f"N-{step}", recorded_at=recorded
            )
            arrival = Arrival(
                tokens[session] if session else None, LANS_PHONE, "test", now, operations=[entry],
                signed_with=key, signer=signer, keys={0: own} if own else {},
            )  # fmt: skip
            taken, _ = await database.writing_at_once(lambda c, a=arrival: take_together(c, [a]))
            if isinstance(
                taken[0], str
            ):  # nobody has ever called from this phone: nothing is taken, nothing learnt
                continue
            said.append((step, str(taken[0][0].outcome)))
            expected.append((step, model.deliver(session, person, key, signer, own)))
        return said, expected

    said, expected = in_database(walk)

    assert said == expected
    assert {"accepted", "parked"} == {outcome for _, outcome in said}
