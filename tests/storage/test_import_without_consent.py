"""P9: a commune's list, imported over a family's answer, brings no word back: not after a no, a merger, an erasure."""

import pytest
from sqlmodel import select

from tests.people import COMMUNE, LAN, LANS_PHONE, MINH, NOW, SCOPES
from tests.storage.test_without_consent import (
    CANARY,
    MINHS,
    Family,
    counted,
    doors,
    lines_with_the_canary,
    merge,
    traits,
)
from volunteer_app.importing.run import run_import
from volunteer_app.storage import households, privacy
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.operations import taking
from volunteer_app.storage.operations.senders import Sender

LISTS = {
    "yes": f"Chủ hộ,Thôn,Số khẩu,Đồng ý\n{CANARY},Nà Thử,5,x\n",
    "nothing": f"Chủ hộ,Thôn,Số khẩu,Đồng ý\n{CANARY},Nà Thử,5,\n",
    "no": f"Chủ hộ,Thôn,Số khẩu,Đồng ý\n{CANARY},Nà Thử,5,không\n",
}


@pytest.fixture
def send(work):
    """Deliver operations of Lan's phone together."""

    def run(*operations):
        sender = Sender(SCOPES[LAN], LANS_PHONE, "test")
        return work(lambda db: taking.take_all(db, sender, list(operations), NOW))

    return run


@pytest.fixture
def take_list(work, tmp_path):
    """Import the commune's list that says this about the family; the ids of all households then."""

    def take(said):
        file = tmp_path / f"{said}.csv"
        file.write_text(LISTS[said], "utf-8")
        how = {"preview": False, "now": NOW, "by": MINH, "largest_mb": 1, "commune_code": COMMUNE}

        async def run(db):
            report = await run_import(db, "households", file, **how)
            assert report.problems == []
            return [row.id for row in await db.exec(select(HouseholdRow))]

        return work(run)

    return take


class Imported(Family):
    """A family that came in by a list, with somebody in it, a visit, papers and words everywhere."""

    def __init__(self, household_id):
        super().__init__(1, household_id)

    def first(self):
        return super().first()[1:]


@pytest.mark.parametrize("said", ["no", "nothing"])
def test_p9_a_list_keeps_no_word_of_a_family_that_has_not_agreed(send, work, take_list, said):
    (household_id,) = take_list(said)
    family = Imported(household_id)

    send(*family.first(), *family.words())

    assert work(lines_with_the_canary) == []
    assert work(traits) == {None}
    assert work(counted) == [2, 1, 2]


@pytest.mark.parametrize("answer", ["refused", "withdrawn", "not_asked"])
@pytest.mark.parametrize("again", LISTS)
def test_p9_a_list_brings_nothing_back_over_a_no_at_the_door(send, work, take_list, answer, again):
    """The list says yes, the family says no to the volunteer, and the commune imports its list once more."""
    (household_id,) = take_list("yes")
    family = Imported(household_id)
    send(*family.first(), *family.words())
    assert len(work(lines_with_the_canary)) > 8
    send(family.answer(answer, "given"))
    before = work(doors)

    take_list(again)

    assert work(lines_with_the_canary) == []
    assert work(doors) == before and before["NT-001"] == (answer, False)


def test_p9_a_list_brings_nothing_back_over_a_merger_with_a_family_that_said_no(send, work, take_list):
    (household_id,) = take_list("yes")
    yes, no = Imported(household_id), Family(2, consent="refused", label="")
    send(*yes.first(), *no.first())
    work(lambda db: merge(db, no.home, yes.home))
    before = work(doors)

    take_list("yes")

    assert work(lines_with_the_canary) == []
    assert work(doors) == before


def test_p9_a_list_brings_nothing_back_of_a_family_that_was_erased(send, work, take_list):
    (household_id,) = take_list("yes")

    async def erase(db):
        await privacy.erase(db, await households.household_of(db, MINHS, household_id))

    work(erase)
    assert work(lines_with_the_canary) == []

    take_list("yes")

    assert work(lines_with_the_canary) == []
