"""What a row names by an id is there, in the same province and of the same household: the database holds it too, should a
rule forget it. Which columns are tied, and why the others are not."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import sqlmodel
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from tests.people import (
    HAMLET,
    LAN,
    LANS_PHONE,
    MINH,
    NOW,
    PROVINCE,
    SCOPES,
    a_household,
    a_member,
    a_visit,
    a_walk_through,
    an_operation,
    id_of,
)
from volunteer_app.domain.operations import claims
from volunteer_app.domain.operations.kinds import SCHEMA
from volunteer_app.storage import households, merging, privacy
from volunteer_app.storage.badges import BadgeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.database import Id
from volunteer_app.storage.dossiers import DossierRow
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.migrations import bring_up_to_date
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.schema import schema
from volunteer_app.storage.screen_reports import ScreenPhotoRow
from volunteer_app.storage.visit_requests import VisitRequestRow

schema()
TABLES = SQLModel.metadata.tables
LANS = Sender(SCOPES[LAN], LANS_PHONE, "test")

WHO = "whoever was signed in or is shown with it, read from their session and never from a body; nobody is ever deleted"
COPIED = "where the household that was judged stands; copied, never sent"
COUNTED = "counts on after an erasure, under a number of nobody (`privacy.STILL_COUNTED`)"
KEPT_AS_SENT = "the log keeps what came as it came, also what is never taken"
NOBODY = "a number that leads nowhere once the household is erased"
COUNTED_TABLES = ("visits", "walk_throughs", "observations", "standings")

UNTIED: dict[tuple[str, str], str] = {
    **{(table, "household_id"): COUNTED for table in COUNTED_TABLES},
    **{(table, "member_id"): COUNTED for table in ("walk_throughs", "observations")},
    **{
        (table, "hamlet_id"): COPIED
        for table in (
            *COUNTED_TABLES, "dossiers", "notes", "follow_ups", "ratings", "clashes", "mergers", "feeds", "gone",
            "taken_back",
        )
    },
    ("operations", "device_id"): KEPT_AS_SENT,
    ("operations", "waits_for"): KEPT_AS_SENT,
    ("operations", "mends"): "the entry that is put right may come after its correction",
    ("operations", "delivered_by"): KEPT_AS_SENT,
    ("operations", "signed_with"): KEPT_AS_SENT,
    ("signing_keys", "device_id"): "a phone may be named before it is met",
    ("signing_keys", "sign_in_id"): "the session at which it was made; sessions go, keys stay",
    ("settlements", "follow_up_id"): "a return has the number of a visit, a walk-through or a row of its own",
    **{(table, "visit_id"): "a visit tapped by mistake is taken back, what was done at it stands" for table in ("ratings", "walk_throughs")},
    ("taken_back", "record_id"): "a visit, a smiley or a note ticked off",
    ("merger_arrivals", "operation_id"): "the number of a record of any kind",
    ("mergers", "lost_id"): "the household that is no longer there",
    ("mergers", "kept_id"): "may be merged into another one later",
    ("gone", "household_id"): "what phones are told to let go",
    ("privacy_requests", "household_id"): "whom it was about, until the page that erases takes it out",
    ("told_apart", "one_id"): NOBODY,
    ("told_apart", "other_id"): NOBODY,
    ("spending", "id"): "a person, or a phone that nobody has signed in on",
    ("device_people", "device_id"): "a phone may be named before it is met",
    ("sign_ins", "membership_id"): "the seat that signs in, found with the person's key",
    ("endings", "membership_id"): "the duty of the page on which it was pressed",
    ("invites", "membership_id"): "made together with the duty that it will give",
    ("invites", "team_id"): "the inviting leader's own",
    ("memberships", "team_id"): "the inviting leader's own",
    **{(table, "invite_id"): "old invitations go, keys stay" for table in ("passkeys", "pins", "sign_ins")},
}  # fmt: skip
"""Columns that hold an id and have no foreign key, each with its reason; those that name a person: `WHO`."""

PEOPLE = {
    "person_id", "revoked_by", "asked_by", "settled_by", "issued_by", "confirmed_by", "seconded_by", "undone_by",
    "made_by", "recorded_by", "reviewed_by", "handled_by", "translated_by",
}  # fmt: skip


def naming() -> set[tuple[str, str]]:
    """Every column that holds the id of something else."""
    found = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if isinstance(column.type, Id) and column.name != "id"
    }
    return found | {("spending", "id")}


def tied() -> set[tuple[str, str]]:
    return {
        (table.name, key.parent.name)
        for table in TABLES.values()
        for key in table.foreign_keys
        if isinstance(key.parent.type, Id)
    }


def test_every_column_that_names_something_is_tied_or_says_why_not():
    persons = {(table, column) for table, column in naming() if column in PEOPLE}

    assert naming() - tied() - persons == UNTIED.keys()
    assert not tied() & UNTIED.keys()
    assert WHO and ("assignments", "person_id") in tied(), "what a form names of people is tied"


CONSTRAINTS = {
    constraint.name: constraint
    for table in TABLES.values()
    for constraint in table.foreign_key_constraints
    if constraint.deferrable
}

STAY = {"hamlets", "people", "memberships", "outreach_sessions", "screen_reports"}
"""What is tied to and never deleted."""


def test_what_names_something_that_can_be_erased_is_found_by_an_index():
    """Else erasing a household looks through everything that there is, while phones wait."""
    found = {
        name: [
            index
            for index in one.table.indexes
            if (columns := [column.name for column in index.columns if column.name != "province_code"])
            and columns[0] in {column.name for column in one.columns}
        ]
        or one.table.primary_key.columns.keys()[1] in one.column_keys
        for name, one in CONSTRAINTS.items()
        if one.referred_table.name not in STAY
    }

    assert len(found) > 12
    assert [name for name, indexes in found.items() if not indexes] == []


def a_home(code: str, letter: str) -> tuple[dict, list]:
    """A household with one of everything that names something: ids by name, and its operations."""
    home = a_household(code=code, recorded_at=NOW - timedelta(days=20))
    member = a_member(home.id, recorded_at=NOW - timedelta(days=20))
    visit = a_visit(home.id, recorded_at=NOW - timedelta(days=19))
    about = {"household_id": home.id, "member_id": member.id}
    papers = an_operation("dossier", about | {"service": "spot-scams", "result_on": "2026-12-01"})
    ids = {
        "household": home.id,
        "member": member.id,
        "visit": visit.id,
        "dossier": papers.id,
        "note": id_of(letter),
    }
    rest = [
        an_operation("household_change", {"household_id": home.id, "people_count": 4, "base": {}}),
        an_operation("member_change", about | {"own_phone": True, "base": {}}),
        a_walk_through(home.id, visit.id, member.id),
        an_operation("dossier_result", {"household_id": home.id, "dossier_id": papers.id, "result": "received"}),
        an_operation("note_done", {"household_id": home.id, "note_id": ids["note"]}),
        an_operation("rating", {"household_id": home.id, "visit_id": visit.id, "smiley": 3}),
        an_operation("follow_up_settled", {"household_id": home.id, "follow_up_id": visit.id, "settled_as": "done"}),
        an_operation("taken_back", {"household_id": home.id, "record_id": visit.id}),
        an_operation("screen_changed", {"guide": "activate-level-2", "guide_version": 1, "step": "open-app"}),
    ]  # fmt: skip
    ticked = [{k: str(v) for k, v in about.items()} | {"id": str(uuid4()), "level": 1}]
    session = {"hamlet_id": str(HAMLET), "place": "market", "service": "spot-scams", "people_count": 9}
    rest.append(an_operation("outreach_session", session | {"ticked": ticked}, schema=SCHEMA))
    return ids, [home, member, visit, papers, *rest]


ONE, ONES = a_home("NT-001", "one's note")
OTHER, OTHERS = a_home("NT-002", "other's note")


def by_hand(of: dict, report_id) -> list[SQLModel]:
    """What no phone sends."""
    here = {"province_code": PROVINCE, "commune_code": SCOPES[LAN].commune_code, "hamlet_id": HAMLET}
    home = {"household_id": of["household"]}
    said = {"member_id": of["member"], "field": "label", "stood": "a", "said": "b", "person_id": LAN}
    due = {"due_from": NOW.date(), "due_to": NOW.date(), "reason": "recheck", "created_at": NOW}
    asked = {"name": "Bà Mẫu", "phone": "0912345678", "received_at": NOW}
    return [
        ClashRow(**here, **home, **said, id=uuid4(), recorded_at=NOW, received_at=NOW),
        FollowUpRow(**here, **home, **due, id=uuid4()),
        VisitRequestRow(**here, **asked, id=uuid4()),
        ScreenPhotoRow(province_code=PROVINCE, report_id=report_id, jpeg=b"x"),
        BadgeRow(province_code=PROVINCE, code=f"CODE{of['note'].hex[:8]}", membership_id=LAN, issued_at=NOW),
    ]


def a_note(of: dict) -> NoteRow:
    return NoteRow(
        province_code=PROVINCE,
        id=of["note"],
        commune_code=SCOPES[LAN].commune_code,
        hamlet_id=HAMLET,
        household_id=of["household"],
        text="Nhờ mang theo mẫu đơn",
        person_id=MINH,
        written_at=NOW,
    )


@pytest.fixture
def filled(in_database):
    """Two households with one of everything, and a third that was merged into the first."""
    lost = a_household(code="NT-003")

    async def begin(database):
        for of, made in ((ONE, ONES), (OTHER, OTHERS)):
            async with database.writing() as db:
                assert [one.outcome for one in await take_all(db, LANS, [made[0]], NOW)] == ["accepted"]
                db.add(a_note(of))
            async with database.writing() as db:
                answers = await take_all(db, LANS, made[1:], NOW)
                assert {one.outcome for one in answers} == {"accepted"}, answers
                db.add_all(by_hand(of, made[-2].id))
        async with database.writing() as db:
            await take_all(db, LANS, [lost], NOW)
            pair = [
                await households.household_of(db, SCOPES[MINH], id_) for id_ in (ONE["household"], lost.id)
            ]
            await merging.merge(db, SCOPES[MINH], *pair, NOW)
        async with database.writing() as db:
            assert [one.outcome for one in await take_all(db, LANS, [a_visit(lost.id)], NOW)] == ["accepted"]

    in_database(begin)


NOBODYS = UUID(int=1)


async def set_in_one_row(database, constraint, column, value, *, is_held=True, but=NOBODYS) -> int:
    """Let one row name something else, not the one that names `but`. How many rows were changed."""
    table = constraint.table
    async with database.writing() as db:
        connection = await db.connection()
        row = (await connection.execute(sa.select(table).where(its_id(constraint) != but))).mappings().first()
        this = sa.and_(*(key == row[key.name] for key in table.primary_key))
        changed = (
            await connection.execute(sa.update(table).where(this).values({column.name: value}))
        ).rowcount
        if not is_held:
            await connection.exec_driver_sql("PRAGMA defer_foreign_keys=OFF")  # which forgets what was owed
        return changed


def its_id(constraint) -> sa.Column:
    """The last column of a tie: the id of what is named."""
    return list(constraint.columns)[-1]


def test_there_is_a_row_to_try_for_every_tie(filled, in_database):
    async def empty(database):
        async with database.reading() as db:
            connection = await db.connection()
            return [
                name
                for name, one in CONSTRAINTS.items()
                if not (
                    await connection.execute(sa.select(1).where(its_id(one).is_not(None)).limit(1))
                ).first()
            ]

    assert in_database(empty) == [] and len(CONSTRAINTS) == 25


def test_a_row_that_names_what_is_not_there_is_refused(filled, in_database):
    """Each tie: a number that nothing has, one of another province, and what belongs to another household."""

    async def work(database):
        taken = []
        for name, one in CONSTRAINTS.items():
            wrong = {"nothing": (its_id(one), uuid4()), "elsewhere": (one.table.c.province_code, "01")}
            if len(one.columns) == 3:
                wrong["another household's"] = (one.table.c.household_id, OTHER["household"])
            for what, (column, value) in wrong.items():
                try:
                    await set_in_one_row(database, one, column, value)
                except DBAPIError as error:
                    taken += [] if "foreign key" in str(error).lower() else [(name, what, error)]
                else:
                    taken.append((name, what, None))
        return taken

    assert in_database(work) == []


def test_without_the_ties_such_a_row_would_be_taken(filled, sqlite_url, in_database, database_url):
    """The guard off, on SQLite: what a row owes is forgotten before it ends."""
    if database_url != sqlite_url:
        return
    one = CONSTRAINTS["fk_dossiers_province_code_household_id_member_id"]

    assert (
        in_database(
            lambda db: set_in_one_row(db, one, DossierRow.__table__.c.member_id, uuid4(), is_held=False)
        )
        == 1
    )


def test_should_a_rule_forget_an_id_only_its_entry_is_put_aside(filled, in_database, monkeypatch):
    """The rule off: the database refuses the one entry, and takes all that came with it."""
    monkeypatch.setitem(claims.TIES, claims.Thing.MEMBER, lambda *_: None)
    about = {"household_id": ONE["household"], "service": "spot-scams", "result_on": "2026-12-01"}
    bad = an_operation("dossier", about | {"member_id": OTHER["member"]})
    visit = a_visit(ONE["household"])

    async def work(database):
        async with database.writing() as db:
            return [one.outcome for one in await take_all(db, LANS, [bad, visit], NOW)]

    assert in_database(work) == ["retry", "accepted"]
    assert in_database(work) == ["parked", "duplicate"]


def test_what_was_said_of_somebody_since_a_merger_goes_back_with_them(filled, in_database):
    """Papers of a person, handed in under the number of the kept household, when that is taken back."""
    about = {"household_id": ONE["household"], "member_id": OTHER["member"]}
    papers = an_operation("dossier", about | {"service": "spot-scams", "result_on": "2026-12-01"})

    async def work(database):
        async with database.writing() as db:
            pair = [await households.household_of(db, SCOPES[MINH], of["household"]) for of in (ONE, OTHER)]
            merger_id = await merging.merge(db, SCOPES[MINH], *pair, NOW)
        async with database.writing() as db:
            assert [one.outcome for one in await take_all(db, LANS, [papers], NOW)] == ["accepted"]
        async with database.writing() as db:
            merger = await merging.merger_of(db, SCOPES[MINH], merger_id)
            assert await merging.undo(db, SCOPES[MINH], merger, NOW) is None
        async with database.writing() as db:
            return (await db.get(DossierRow, (PROVINCE, papers.id))).household_id

    assert in_database(work) == OTHER["household"]


def test_a_household_with_everything_in_it_can_be_erased(filled, in_database):
    async def work(database):
        async with database.writing() as db:
            row = await households.household_of(db, SCOPES[MINH], ONE["household"])
            await privacy.erase(db, row)
        async with database.reading() as db:
            return await households.household_of(db, SCOPES[MINH], ONE["household"])

    assert in_database(work) is None


def without_ties(connection: sa.Connection) -> None:
    """As it was before migration 0189."""
    names = {name: one.table.name for name, one in CONSTRAINTS.items()}
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        for name, sql in connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type='table'"
        ).all():
            kept = re.sub(
                r", \n\tCONSTRAINT (\w+) FOREIGN KEY \([^)]*\) REFERENCES \w+ \([^)]*\) DEFERRABLE INITIALLY IMMEDIATE",
                lambda m: "" if m[1] in names else m[0],
                sql,
            )
            connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE name = ?", (kept, name))
        version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
        connection.exec_driver_sql("PRAGMA writable_schema=RESET")
    else:
        for name, table in names.items():
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in ("members", "dossiers", "notes", "follow_ups"):
        connection.exec_driver_sql(f"DROP INDEX ix_{table}_household")
    connection.exec_driver_sql("CREATE INDEX ix_members_household_id ON members (household_id)")
    for table in ("dossiers", "notes"):
        connection.exec_driver_sql(
            f"CREATE INDEX ix_{table}_household ON {table} (province_code, household_id)"
        )
    connection.exec_driver_sql("DROP TABLE so_far")
    connection.exec_driver_sql("DROP TABLE cohorts")
    connection.exec_driver_sql("DROP INDEX ix_operations_mends")
    for table, column in (
        ("operations", "mends"),
        ("operations", "field"),
        ("changes", "outdated"),
        ("changes", "knew"),
        ("visit_requests", "person_id"),
        ("visit_requests", "visit_on"),
        ("translations", "published"),
        ("device_people", "cards"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0188'")


def test_an_older_row_that_names_nothing_stays_and_a_new_one_is_refused(filled, in_database):
    """A database that was filled before there were ties, with papers of somebody who is not there."""
    one = CONSTRAINTS["fk_dossiers_province_code_household_id_member_id"]
    lost = uuid4()

    async def begin(database):
        async with database.writing() as db:
            await (await db.connection()).run_sync(without_ties)
        await set_in_one_row(database, one, DossierRow.__table__.c.member_id, lost)

    async def migrate(database):
        await bring_up_to_date(database)
        await bring_up_to_date(database)

    async def work(database):
        async with database.reading() as db:
            kept = {row.member_id for row in await db.exec(sqlmodel.select(DossierRow))}
        filled_before = [other for other in CONSTRAINTS.values() if other.table.name != "so_far"]
        for other in filled_before:
            with pytest.raises(DBAPIError):
                await set_in_one_row(database, other, its_id(other), uuid4(), but=lost)
        return kept

    for piece in (begin, migrate):
        in_database(piece)
    assert lost in in_database(work)
