"""What a phone carries of each household: the newest as the newest, all that is open, and of what is over only the last."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.field_work import deliver
from tests.people import (
    COMMUNE,
    HAMLET,
    HOA,
    LAN,
    MINH,
    PROVINCE,
    a_household,
    a_member,
    a_visit,
    an_operation,
    id_of,
)
from volunteer_app.domain.calendar import local_day
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.notes import NoteDoneRow, NoteRow
from volunteer_app.storage.people import MembershipRow

NOW = datetime.now(UTC)
HOME = a_household(recorded_at=NOW - timedelta(days=40))
MEMBER = a_member(HOME.id, recorded_at=NOW - timedelta(days=40))


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def kept(in_database):
    """Have the household and what else was recorded there, and rows of any table: `kept(operations, rows)`."""

    def run(operations=(), rows=(), of=LAN):
        async def work(database):
            async with database.writing() as db:
                for row in rows:
                    db.add(row)

        in_database(lambda database: deliver(database, [HOME, MEMBER], of=of, now=NOW))
        in_database(work)
        in_database(lambda database: deliver(database, [*operations], of=of, now=NOW))

    return run


def carried(signed_in, of=LAN):
    (home,) = signed_in(of).get("/api/v1/field-pack").json()["households"]
    return home


def notes(count, *, done):
    """A leader's notes, one a day, the last of `count` yesterday; each done on the day after, or none."""
    for number in range(count):
        at = NOW - timedelta(days=count - number)
        what = {"province_code": PROVINCE, "household_id": HOME.id}
        yield NoteRow(
            **what,
            id=id_of(f"note {number} {done}"),
            commune_code=COMMUNE,
            hamlet_id=HAMLET,
            text=f"{'xong' if done else 'mở'} {number}",
            person_id=MINH,
            written_at=at,
        )
        if done:
            when = {"person_id": LAN, "done_at": at + timedelta(hours=1)}
            yield NoteDoneRow(
                **what, **when, id=id_of(f"done {number}"), note_id=id_of(f"note {number} True")
            )


def test_every_open_note_and_the_last_three_done_ones_are_carried(signed_in, kept):
    kept(rows=[*notes(5, done=True), *notes(5, done=False)])

    texts = [note["text"] for note in carried(signed_in)["notes"]]

    assert {text for text in texts if text.startswith("mở")} == {f"mở {number}" for number in range(5)}
    assert [text for text in texts if text.startswith("xong")][:3] == ["xong 4", "xong 3", "xong 2"][
        : sum(text.startswith("xong") for text in texts)
    ]


def test_done_notes_alone_are_three_the_newest_first(signed_in, kept):
    kept(rows=notes(6, done=True))

    found = carried(signed_in)["notes"]

    assert [note["text"] for note in found] == ["xong 5", "xong 4", "xong 3"]
    assert all(note["done_at"] for note in found)


def test_the_last_visit_is_the_newest_and_whether_they_were_met_counts_all(signed_in, kept):
    kept(
        a_visit(HOME.id, outcome=outcome, recorded_at=NOW - timedelta(days=days))
        for days, outcome in ((3, "later"), (9, "met"), (1, "nobody_home"), (5, "later"))
    )

    home = carried(signed_in)

    assert home["last_outcome"] == "nobody_home" and home["is_met"]
    assert datetime.fromisoformat(home["last_visit_at"]) == NOW - timedelta(days=1)


def test_the_last_five_papers_are_carried_with_what_came_of_them_last(signed_in, kept):
    papers = [
        an_operation(
            "dossier",
            {
                "household_id": HOME.id,
                "member_id": MEMBER.id,
                "service": "spot-scams",
                "result_on": local_day(NOW).isoformat(),
            },
            recorded_at=NOW - timedelta(days=days),
        )
        for days in range(7, 0, -1)
    ]
    results = [
        an_operation(
            "dossier_result",
            {"household_id": HOME.id, "dossier_id": papers[-1].id, "result": result},
            recorded_at=NOW - timedelta(hours=hours),
        )
        for hours, result in ((9, "more_needed"), (3, "received"), (6, "refused"))
    ]
    kept([*papers, *results])

    found = carried(signed_in)["dossiers"]

    assert [one["id"] for one in found] == [str(one.id) for one in papers[:1:-1]]
    assert [one["result"] for one in found] == ["received", None, None, None, None]


@pytest.mark.parametrize("reader", [LAN, MINH])
def test_a_late_visit_is_told_to_all_but_who_made_it(signed_in, kept, in_database, reader):
    """Lan's lease was over when her visit came; it runs again today. She knows of her own visit."""
    today = local_day(NOW)

    async def lease(database, last_day):
        ends = sa.update(AssignmentRow).where(AssignmentRow.person_id == LAN).values(last_day=last_day)
        await database.writing_at_once(lambda c: c.execute(ends))

    kept()
    in_database(lambda database: lease(database, today - timedelta(days=1)))
    visit = a_visit(HOME.id, recorded_at=NOW - timedelta(days=2))
    in_database(lambda database: deliver(database, [visit], of=LAN, now=NOW))
    in_database(lambda database: lease(database, today + timedelta(days=9)))

    late = signed_in(reader).get("/api/v1/field-pack").json()["late"]

    assert [one["household_id"] for one in late] == ([] if reader == LAN else [str(HOME.id)])


def test_the_team_is_who_works_in_the_commune_today_without_oneself(signed_in, kept, in_database):
    async def one_more(database):
        async with database.writing() as db:
            mate = await db.get(MembershipRow, (PROVINCE, HOA))
            mate.commune_code = COMMUNE

    kept()
    in_database(one_more)

    team = signed_in(LAN).get("/api/v1/field-pack").json()["team"]

    assert [mate["person_id"] for mate in team] == [str(HOA)]
