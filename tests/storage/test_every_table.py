"""Erasing and forgetting, asked of every table and every column: what is written about a family, wherever, goes in time."""

import asyncio
import importlib
import json
import pkgutil
import shutil
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import AutoString, SQLModel

from tests.conftest import opened
from tests.people import COMMUNE, HAMLET, LAN, NOW, PROVINCE, id_of
from volunteer_app import storage
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.storage import answers, privacy, retention
from volunteer_app.storage.database import Id
from volunteer_app.storage.households import HouseholdRow

for module in pkgutil.walk_packages(storage.__path__, "volunteer_app.storage."):
    if ".migrations" not in module.name:
        importlib.import_module(
            module.name
        )  # every table, also those that the server loads only when it needs them

CANARY = "Chim Hoạ Mi"
SECOND = timedelta(seconds=1)
FAMILY = {
    name: id_of(f"family {name}")
    for name in ("household", "member", "visit", "dossier", "note", "run", "merged")
}
NAMED_BY = {
    "household_id": "household",
    "member_id": "member",
    "visit_id": "visit",
    "dossier_id": "dossier",
    "note_id": "note",
    "follow_up_id": "run",
    "kept_id": "household",
    "lost_id": "merged",
    "operation_id": "visit",
    "one_id": "household",
    "other_id": "merged",
}
"""Of the family's things, which one a column of this name names."""

OWN_ID = {
    "households": "household",
    "members": "member",
    "visits": "visit",
    "dossiers": "dossier",
    "notes": "note",
    "walk_throughs": "run",
}
NUMBERS_STAY = {
    ("gone", "household_id"): "phones are told by it what to let go",
    ("told_apart", "one_id"): "a number that leads nowhere once the household is gone",
    ("told_apart", "other_id"): "as above",
    ("privacy_requests", "household_id"): "taken out by the page that erases (tests/pages/privacy)",
    ("visits", "id"): "still counted, under a pseudonym; its own number leads nowhere",
    ("walk_throughs", "id"): "as above",
    ("walk_throughs", "visit_id"): "as above",
}
"""Where an erased family's numbers may stay, and why."""

WORDS_STAY = {
    ("privacy_requests", "house_code"): "taken out by the page that erases (tests/pages/privacy)",
    ("privacy_requests", "note"): "likewise",
    ("outreach_sessions", "service"): "a word of ours; the session itself is about many",
}
NOBODYS = {
    "assignments", "audit", "audit_heads", "badges", "blocker_tallies", "boundaries", "breaches", "challenges", "cohorts", "communes",
    "device_people", "devices", "facilities", "feeds", "former_units", "hamlet_boundaries", "hamlet_predecessors",
    "hamlets", "installation", "invites", "level_tallies", "memberships", "passkeys", "people",
    "pins", "poster_opens", "posters", "programs", "provinces", "recordings", "screen_photos", "screen_reports",
    "sign_ins", "signing_keys", "tallies", "teams", "translations",
}  # fmt: skip
"""Tables that name no family: what is written there is about places, guides or those who work."""

TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in NOBODYS]
"""A table that is made tomorrow is among them, until somebody says that it names nobody."""

OUR_WORDS = {
    ("walk_throughs", "marks"),
    ("visits", "companions"),
    ("standings", "levels"),
    ("so_far", "said"),
    *(("imports", name) for name in ("kind", "file_name", "sha256", "counts")),
}
"""Columns that hold our own words and numbers of those who work; so do texts of counted tables that are too short for a
sentence (`privacy.LONGEST_CODE`)."""

COUNTED = (*privacy.STILL_COUNTED, "operations")

SAID = {"household_id": str(FAMILY["household"]), "member_id": str(FAMILY["member"]), "label": CANARY}
GIVEN = {"province_code": PROVINCE, "commune_code": COMMUNE, "hamlet_id": HAMLET, "person_id": LAN}


def a_value(table: sa.Table, column: sa.Column):
    """The most that a column can say of the family."""
    kind, name = column.type, column.name
    if (name == "id" and isinstance(kind, Id)) or name in NAMED_BY:
        named = OWN_ID.get(table.name) if name == "id" else NAMED_BY[name]
        return FAMILY[named] if named else id_of(f"own {table.name}")
    if name in ("merger_id", "session_id"):
        return id_of("own mergers" if name == "merger_id" else "own outreach_sessions")
    if name in GIVEN:
        return GIVEN[name]
    plain = getattr(kind, "impl", kind)
    if isinstance(kind, Id):
        return id_of(f"{table.name} {name}")
    if isinstance(kind, sa.Enum):
        return next(iter(kind.enum_class))
    if isinstance(plain, sa.JSON) or type(kind).__name__ == "Plain":
        return {} if (table.name, name) in OUR_WORDS else [SAID] if table.name == "imports" else SAID
    if isinstance(kind, sa.String | AutoString):
        room = getattr(plain, "length", None)
        if (
            (table.name, name) in OUR_WORDS
            or table.name in NOBODYS
            or (table.name in COUNTED and room and room <= privacy.LONGEST_CODE)
        ):
            return "households" if table.name == "imports" else "x"
        return str(SAID) if (table.name, name) == ("operations", "body") else CANARY[:room]
    values = {sa.DateTime: NOW, sa.Date: local_day(NOW), sa.Boolean: False, sa.Integer: 0, sa.Float: 0.0}
    return next((value for type_, value in values.items() if isinstance(plain, type_)), b"x" * 16)


async def plant(db, tables) -> None:
    """A row in each of these tables that says all it can."""
    connection = await db.connection()
    for table in tables:
        row = {column.name: a_value(table, column) for column in table.columns}
        await connection.execute(sa.insert(table).values(row))


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def work(in_database):
    """Run something in one writing transaction, in a database where every table speaks of the family."""

    def run(something):
        async def all_of_it(database):
            async with database.writing() as db:
                await plant(db, TABLES)
                return await something(db)

        return in_database(all_of_it)

    return run


async def cells(db) -> dict[tuple[str, str], str]:
    """Everything that is kept, by table and column."""
    connection = await db.connection()
    return {
        (table.name, column.name): " ".join(map(str, (await connection.execute(sa.select(column))).scalars()))
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
    }


async def traces(db) -> tuple[set, set]:
    """Where a word of the family stands, and where one of its numbers."""
    kept = await cells(db)
    numbers = {form for id_ in FAMILY.values() for form in (str(id_), id_.hex)}
    return (
        {place for place, text in kept.items() if CANARY in text},
        {place for place, text in kept.items() if any(number in text for number in numbers)},
    )


def test_p6_every_column_that_can_speak_of_a_family_does_so_in_these_tests(work):
    words, numbers = work(traces)

    long = {(table.name, name) for table in TABLES for name in privacy.columns_of_words(table)}
    assert long - words <= OUR_WORDS
    assert {(table.name, "household_id") for table in TABLES if "household_id" in table.c} <= numbers
    assert {(table, column) for table, column in WORDS_STAY if table} <= words


def test_p6_erasing_a_family_leaves_no_word_and_no_number_in_any_table(work):
    async def erased(db):
        household = await db.get(HouseholdRow, (PROVINCE, FAMILY["household"]))
        household.label = CANARY
        await db.flush()
        await privacy.erase(db, household)
        await db.flush()
        return await traces(db)

    words, numbers = work(erased)

    assert words - WORDS_STAY.keys() == set()
    assert numbers - NUMBERS_STAY.keys() == set()


CODES_STAY = {
    ("clashes", "field"),
    ("consents", "purpose"),
    ("dossiers", "service"),
    ("follow_ups", "service"),
    ("households", "code"),
    ("operations", "reason"),
    ("outreach_sessions", "service"),
    ("privacy_requests", "house_code"),
}
"""Columns too short for a sentence, in which only the app itself writes."""

OTHERS_SAID = {
    (
        "visit_requests",
        "name",
    ): "a citizen asked for a visit; erased when that is done (tests/pages/requests)",
    ("visit_requests", "phone"): "as above",
    ("mergers", "moved"): "ids (test_every_list_in_a_table_about_families_is_our_own_or_looked_through)",
    ("taken_back", "said"): "an outcome or a smiley (likewise)",
    ("imports", "changes"): "digests of what was added (tests/storage/test_import_without_consent.py)",
}
"""What stays when a family says no, and why; planted here it is more than the program ever writes there."""


@pytest.mark.parametrize("answer", [Consent.REFUSED, Consent.WITHDRAWN, Consent.NOT_ASKED])
def test_p9_a_no_leaves_no_word_of_the_family_in_any_table(work, answer):
    """Whoever adds a table or a column that can hold words finds it here, without naming it anywhere."""

    async def say_no(db):
        connection = await db.connection()
        home, waiting = HouseholdRow.__table__, SQLModel.metadata.tables["operations"]
        body = json.dumps(SAID | {"strange": [{"said": CANARY, CANARY: 1}]}, ensure_ascii=False)
        await connection.execute(sa.update(home).values(consent=Consent.GIVEN))
        await connection.execute(sa.update(SQLModel.metadata.tables["clashes"]).values(field="label"))
        await connection.execute(sa.update(waiting).values(outcome="held", kind="of_tomorrow", body=body))
        change = {"id": id_of("the answer"), "household_id": FAMILY["household"], "member_id": None}
        change |= {"fields": {"consent": answer, "label": ""}, "province_code": PROVINCE, "person_id": LAN}
        change |= {"recorded_at": NOW, "received_at": NOW}
        before = await traces(db)
        await connection.run_sync(answers.note, PROVINCE, [change])
        return before, await traces(db)

    (before, _), (words, numbers) = work(say_no)

    assert {("operations", "body"), ("outreach_sessions", "note"), ("households", "label")} <= before
    assert words - CODES_STAY - OTHERS_SAID.keys() == set()
    assert ("visits", "household_id") in numbers


FORGOTTEN = {
    "notes": {
        ("visits", "note"),
        ("walk_throughs", "note"),
        ("observations", "reason"),
        ("settlements", "why"),
        ("notes", "text"),
        ("outreach_sessions", "note"),
        ("privacy_requests", "note"),
    },
    "bodies": {("operations", "body")},
    "requests": {("visit_requests", "name"), ("visit_requests", "phone")},
}
"""What each clock of retention empties once it has run out."""


CLOCKS = ("notes", "visits", "bodies", "requests", "sessions")


@pytest.fixture
def on_a_copy(work, sqlite_url, tmp_path):
    """Do something to a fresh copy of the database in which every table speaks of the family."""

    async def nothing(_db):
        return None

    work(nothing)
    numbers = count()

    def run(something):
        path = tmp_path / f"copy {next(numbers)}.db"
        shutil.copy(make_url(sqlite_url).database or "", path)

        async def all_of_it():
            async with opened(f"sqlite:///{path}") as database:
                return await something(database)

        return asyncio.run(all_of_it())

    return run


def forgotten(moments, prepare=None):
    """Let go what is older than these moments: what stood in every cell before and after, and what was counted."""

    async def run(database):
        async with database.writing() as db:
            if prepare:
                await prepare(await db.connection())
            before = await cells(db)
        done = await retention.forget_old(database, before=moments)
        async with database.reading() as db:
            return before, await cells(db), done

    return run


def test_retention_empties_what_is_older_than_its_clock_says_and_nothing_else(on_a_copy):
    """Every moment in these tables is the same: at that moment nothing goes, a second later all of it."""
    moments = dict.fromkeys(CLOCKS, NOW)
    before, after, _ = on_a_copy(forgotten(moments))
    assert before == after

    for clock, places in FORGOTTEN.items():
        before, after, _ = on_a_copy(forgotten(moments | {clock: NOW + SECOND}))
        changed = {place for place in before if before[place] != after[place]}
        assert {place for place in changed if place[0] != "feeds" and place[1] != "feed_seq"} == places
        assert (("households", "feed_seq") in changed) == (clock == "notes"), "phones forget the notes, too"
        assert not [place for place in places if CANARY in after[place]]


UNVISITED = [  # its name, days since its last visit (None: never), the clock, is it erased?
    (CANARY, None, NOW, False),  # registered at that very moment
    (CANARY, None, NOW + SECOND, True),
    ("", None, NOW + SECOND, False),  # of a list of codes: it names nobody
    (CANARY, 0, NOW + SECOND, False),  # visited on that day
    (CANARY, 1, NOW + SECOND, True),  # the day before, and known since before
    (CANARY, 1, NOW, False),  # visited long ago, changed just now
    ("", 1, NOW + SECOND, True),
]


def test_retention_erases_only_who_was_neither_visited_nor_registered_since(on_a_copy):
    standings, found = SQLModel.metadata.tables["standings"], []
    for label, visited, clock, _ in UNVISITED:

        async def prepare(connection, label=label, visited=visited):
            if visited is None:
                await connection.execute(sa.delete(standings))
            else:
                day = local_day(NOW) - timedelta(days=visited)
                await connection.execute(sa.update(standings).values(last_visit_on=day))
            await connection.execute(sa.update(HouseholdRow).values(label=label))

        moments = dict.fromkeys(CLOCKS, NOW - timedelta(days=4000)) | {"visits": clock}
        _, after, done = on_a_copy(forgotten(moments, prepare))
        found.append((label, visited, clock, done["households"] == 1))
        assert (CANARY in after["members", "label"]) == (done["households"] == 0)
        assert (CANARY in after["imports", "changes"]) == (done["households"] == 0)

    assert found == UNVISITED


def test_sessions_invitations_and_challenges_go_when_they_are_over_and_not_before(in_database):
    ends = ("sign_ins", "invites", "challenges")

    async def forget(database):
        async with database.writing() as db:
            await plant(db, [SQLModel.metadata.tables[name] for name in ends])
        moments = dict.fromkeys(CLOCKS, NOW - timedelta(days=4000))
        return [
            {name: done[name] for name in ends}
            for moment in (NOW, NOW + SECOND)
            for done in [await retention.forget_old(database, before=moments | {"sessions": moment})]
        ]

    assert in_database(forget) == [dict.fromkeys(ends, 0), dict.fromkeys(ends, 1)]
