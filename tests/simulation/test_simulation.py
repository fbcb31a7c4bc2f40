"""After any history five rounds of contact leave nothing stuck, lost, doubled or told in two ways (O20)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import col, select

from tests.conftest import ROOT, opened
from tests.pages.conftest import FROM_US, ORIGIN, Phone, app_for, visitor  # noqa: F401 - fixtures
from tests.people import COMMUNE, HAMLET, LAN, MINH, NEXT_HAMLET, PROVINCE, SCOPES, id_of
from tests.simulation.driver import Simulation
from volunteer_app.domain.operations.ways_on import WAYS, WayOn
from volunteer_app.domain.people import Role
from volunteer_app.storage import merging, privacy
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.sign_ins import SignInRow, hash_of

PAO = id_of("Páo")
STEPS, PHONES = 400, 6


async def _people(url):
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=30), today + timedelta(days=365)
    async with opened(url) as database, database.writing() as db:
        db.add(PersonRow(province_code=PROVINCE, id=PAO, name="Thào A Páo (mẫu)"))
        seat = {"role": Role.VOLUNTEER, "commune_code": COMMUNE, "first_day": first}
        db.add(MembershipRow(province_code=PROVINCE, id=PAO, person_id=PAO, **seat))
        await db.flush()
        for person, hamlet in ((PAO, HAMLET), (PAO, NEXT_HAMLET), (LAN, NEXT_HAMLET)):
            lease = {"hamlet_id": hamlet, "person_id": person, "first_day": first, "last_day": last}
            db.add(
                AssignmentRow(
                    province_code=PROVINCE, id=id_of(f"{person} {hamlet}"), commune_code=COMMUNE, **lease
                )
            )


async def _sign_in(url, person, token):
    now = datetime.now(UTC)
    async with opened(url) as database, database.writing() as db:
        db.add(
            SignInRow(
                token_hash=hash_of(token),
                province_code=PROVINCE,
                person_id=person,
                membership_id=person,
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )


async def _at_the_desk(url, chance):
    """The leader merges two households, takes that back, or erases one."""
    now, scope = datetime.now(UTC), SCOPES[MINH]
    async with opened(url) as database, database.writing() as db:
        there = select(HouseholdRow).order_by(col(HouseholdRow.id))
        households = (await db.exec(there)).all()
        what = chance.random()
        if what < 0.5:
            near = [one for one in households if one.hamlet_id == HAMLET]
            if len(near) < 2:
                return "nothing"
            await merging.merge(db, scope, *chance.sample(near, 2), now)
            return "merge"
        if what < 0.75:
            stand = [one for one in await merging.mergers_in(db, scope, 9) if one.undone_at is None]
            if not stand:
                return "nothing"
            refused = await merging.undo(db, scope, stand[0], now)
            return "undo refused" if refused else "undo a merger"
        if households:
            await privacy.erase(db, chance.choice(households))
            return "erase"
    return "nothing"


@pytest.fixture
def simulation(visitor, database_url, tmp_path):  # noqa: F811 - the fixture
    made, numbers = [], count()

    def make(seed, phones=PHONES, changed=None):
        asyncio.run(_people(database_url))
        owners = [LAN if number % 2 == 0 else PAO for number in range(phones)]

        def browser(person):
            found, token = Phone(visitor), f"token {next(numbers)}"
            asyncio.run(_sign_in(database_url, person, token))
            found.cookies.set("session", token, domain="localhost.local")
            return found

        def send(browser, method, path, headers, body):
            said = {"content": body.encode()} if body is not None else {}
            answer = browser.request(method, ORIGIN + path, headers=FROM_US | headers, **said)
            kept = {
                k: v
                for k, v in answer.headers.items()
                if k in ("content-type", "date", "etag", "retry-after")
            }
            return {
                "status": answer.status_code,
                "headers": kept | {"content-length": str(len(answer.content))},
                "body": answer.text,
            }

        people = [browser(person) for person in owners]

        def decide(chance):
            return asyncio.run(_at_the_desk(database_url, chance))

        one = Simulation(tmp_path, send, people, seed, int(time.time() * 1000), decide, changed)
        one.browser, one.owners = browser, owners
        made.append(one)
        return one

    yield make
    for one in made:
        one.realms.close()


def of_server(in_database):
    """Id → kind, outcome, reason, as the server keeps them."""

    async def ask(database):
        async with database.reading() as db:
            rows = (await db.exec(select(OperationRow))).all()
            return {str(row.id): row.model_dump() for row in rows}

    return in_database(ask)


KEPT = ("households", "members", "visits", "walk_throughs", "observations", "follow_ups")


def told(one, phone):
    """What a phone tells of families."""
    return {
        (store, id_): {k: v for k, v in row.items() if k != "search"}
        for store in KEPT
        for id_, row in one.rows(phone, store).items()
    }


def differences(ours, theirs):
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        mine, its = ours.get(key), theirs.get(key)
        if mine is None or its is None:
            found.append((key, "only there" if mine is None else "only here", mine or its))
        elif mine != its:
            fields = {
                k: (mine.get(k), its.get(k)) for k in mine.keys() | its.keys() if mine.get(k) != its.get(k)
            }
            found.append((key, fields))
    return found


def has_a_decider(code):
    """Somebody or something brings it on, and is named."""
    return WAYS.get(code, WayOn.WAIT) is not WayOn.WAIT


def what_is_wrong(one, in_database):
    """By the words of the public tests of sync engines; nothing where nothing is wrong."""
    there = of_server(in_database)
    rows = [row for phone in range(len(one.owners)) for row in one.rows(phone, "outbox").values()]
    aside = {
        row["id"]: (row["reason"] or {}).get("code") for row in rows if row["state"] in ("parked", "held")
    }
    wrong = {
        "stuck": [row["id"] for row in rows if row["state"] == "ready"]
        + [id_ for id_, code in aside.items() if not has_a_decider(code)],
        "lost": sorted(one.made.keys() - there.keys()),
        "out of nowhere": sorted(there.keys() - one.made.keys()),
    }
    for person in (LAN, PAO):
        new = len(one.people)
        one.people.append(one.browser(person))
        one.start(new)
        one.contact(new)
        one.quiet()
        fresh = told(one, new)
        theirs = [phone for phone, owner in enumerate(one.owners) if owner == person]
        found = {phone: differences(told(one, phone), fresh) for phone in theirs}
        wrong[f"divergent {'Lan' if person == LAN else 'Páo'}"] = {k: v for k, v in found.items() if v}
    return {name: found for name, found in wrong.items() if found}


def lived(one, steps=STEPS):
    """Some history, then five rounds of contact."""
    for _ in range(steps):
        one.step()
    one.heal()
    print(f"seed {one.seed}: {len(one.made)} entries, {one.count}, refused at the field {dict(one.refused)}")
    return one


@pytest.mark.parametrize(
    ("database_url", "seed"),
    [("sqlite", 1), ("sqlite", 3), ("sqlite", 5), ("postgresql", 1)],
    indirect=["database_url"],
)
def test_o20_five_rounds_of_contact_leave_nothing_stuck_lost_doubled_or_divergent(
    simulation, in_database, seed
):
    one = lived(simulation(seed))

    assert len(one.made) > 20 and len(one.count.faults) > 8, "much was tried"
    wrong = what_is_wrong(one, in_database)
    assert wrong == {}, "\n".join(one.story)


def text_of(path, old, new):
    """A module of the phone with one thing wrong."""
    text = (ROOT / path).read_text("utf-8")
    assert text.count(old) == 1, f"{path} no longer says so"
    return {path: text.replace(old, new)}


BROKEN = {
    "lost": text_of(
        "service_worker/delivery.js",
        "    const said = await ask(address,",
        '    for (const item of batch) await settle(item.id, { state: "received" })\n    const said = await ask(address,',
    ),
    "stuck": text_of(
        "service_worker/delivery.js",
        'its.outcome === "accepted" || its.outcome === "duplicate"',
        'its.outcome === "accepted"',
    ),
    "divergent Lan": text_of(
        "service_worker/pack.js", "  for (const id of lost) {", "  for (const id of []) {"
    ),
}


@pytest.mark.parametrize(
    ("database_url", "what"), [("sqlite", what) for what in BROKEN], indirect=["database_url"]
)
def test_o20_a_phone_that_is_wrong_is_seen_by_the_simulation(simulation, in_database, what):
    one = lived(simulation(3, changed=BROKEN[what]))

    assert what in what_is_wrong(one, in_database)


@pytest.mark.long
def test_o20_for_long(simulation, in_database, request):
    """`--steps N`: so many steps for each of ten seeds, on each database."""
    for seed in range(100, 110):
        one = lived(simulation(seed), request.config.getoption("--steps") // 10)
        assert what_is_wrong(one, in_database) == {}, "\n".join(one.story)
