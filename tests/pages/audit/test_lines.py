"""Each look at a household and each decision at the desk leaves one line of who did what. No line: the test fails."""

from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from tests.field_work import deliver
from tests.pages.hand_in.test_routes import file_of, hand_in
from tests.pages.sync.test_deposit import box_of, key
from tests.people import (
    COMMUNE,
    HOA,
    LAN,
    LANS_PHONE,
    MINH,
    PROVINCE,
    a_household,
    a_member,
    id_of,
)
from volunteer_app.storage import audit
from volunteer_app.storage.audit import AuditRow

__all__ = ["key"]

NOW = datetime.now(UTC)
ONE = a_household(label="Nông Văn Mẫu", recorded_at=NOW)
OTHER = a_household(label="Nong Van Mau", code="NT-002", recorded_at=NOW)
GRANDMOTHER = a_member(ONE.id, recorded_at=NOW)
PAIR = {"kept": str(ONE.id), "lost": str(OTHER.id)}


@pytest.fixture
def minh(signed_in, in_database):
    """Minh at the desk, with one family registered twice."""
    in_database(lambda database: deliver(database, [ONE, OTHER, GRANDMOTHER], of=LAN, now=NOW))
    return signed_in(MINH)


@pytest.fixture
def lines(in_database):
    """What Minh did, in order, without signing in; the chain must hold."""

    async def look(database):
        async with database.reading() as db:
            assert await audit.broken(db) == []
            query = select(AuditRow).where(AuditRow.person_id == MINH).order_by(col(AuditRow.seq))
            rows = [row for row in await db.exec(query) if row.action != "sign_in.began"]
            assert {row.commune_code for row in rows} <= {COMMUNE}
            return [(row.action, row.object_id, row.reason) for row in rows]

    return lambda: in_database(look)


def test_opening_a_households_history_leaves_a_line(minh, signed_in, lines):
    minh.get(f"/en/households/{ONE.id}")
    minh.get(f"/en/households/{id_of('nobody')}")

    assert lines() == [("household.opened", str(ONE.id), "")]
    assert "Household opened at the desk" in minh.get("/en/audit").text
    assert signed_in(HOA).get(f"/en/households/{ONE.id}").status_code == 404
    assert len(lines()) == 1


def test_merging_and_taking_it_back_leave_lines(minh, lines):
    merged = minh.post_from_us("/en/duplicates", data=PAIR | {"what": "merge"}).text
    address = merged.partition('action="/en/duplicates/')[2].partition('"')[0]
    minh.post_from_us(f"/en/duplicates/{address}")
    minh.post_from_us("/en/duplicates", data=PAIR | {"what": "apart"})

    assert lines() == [
        (action, str(ONE.id), str(OTHER.id))
        for action in ("household.merged", "merger.undone", "households.told_apart")
    ]


def test_deciding_a_level_leaves_a_line_without_the_reason_typed(minh, lines):
    said = {"member": str(GRANDMOTHER.id), "service": "spot-scams", "level": "3"}
    minh.post_from_us(f"/en/households/{ONE.id}/levels", data=said | {"reason": ""})
    assert not [line for line in lines() if line[0] == "level.decided"]

    minh.post_from_us(f"/en/households/{ONE.id}/levels", data=said | {"reason": "Bà tự cúp máy"})

    assert ("level.decided", str(ONE.id), "spot-scams") in lines()
    assert "cúp máy" not in str(lines())


def test_handing_in_a_file_leaves_a_line(signed_in, lines, key):
    minh = signed_in(MINH)
    hand_in(minh, b"not ours")
    assert lines() == []

    hand_in(minh, file_of(box_of(key, person_id=LAN)))

    assert lines() == [("file.handed_in", str(LANS_PHONE), "")]


@pytest.mark.parametrize("what", ["places/csv", "report/xlsx", "visits.csv"])
def test_taking_figures_as_a_file_leaves_a_line(minh, lines, what):
    place = {"province": PROVINCE, "commune": COMMUNE}
    assert minh.get(f"/api/v1/figures/{what}", params=place).status_code == 200

    assert lines() == [("export.made", COMMUNE, what.replace("/", "."))]


@pytest.mark.parametrize("typed", ["Bà Mẩy đã ghi hai lần", "Nam", "x" * 81])
def test_no_line_takes_what_somebody_typed(in_database, typed):
    """No line is ever taken out again: what is said in it of a family would outlive its no and its erasure."""

    async def write(database):
        async with database.writing() as db:
            await audit.note_for(db, PROVINCE, MINH, "operation.discarded", now=NOW, reason=typed)

    with pytest.raises(ValueError, match="a word of ours"):
        in_database(write)
