"""A14: hamlets that are given to somebody else cost only what moved."""

import gzip
from datetime import timedelta

from tests.people import COMMUNE, LAN, MINH, NOW, PROVINCE, SCOPES, a_household, id_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.operations.senders import Sender
from volunteer_app.storage.operations.taking import take_all
from volunteer_app.storage.places import HamletRow

HAMLETS = [id_of(f"hamlet {n}") for n in range(13)]
HOUSEHOLDS = 60
MOST_BYTES = 40 * 1024


def of(hamlet: int) -> list:
    """The families of a hamlet, with names as people have them."""
    return [
        a_household(hamlet_id=HAMLETS[hamlet], code=f"H{hamlet}-{n}", label=f"Nông Văn Mẫu {hamlet} {n}")
        for n in range(HOUSEHOLDS)
    ]


async def ten_hamlets(database) -> None:
    """Thirteen hamlets with sixty families each; Lan has the first ten."""
    today = local_day(NOW)
    async with database.writing() as db:
        for position, id_ in enumerate(HAMLETS):
            place = {"province_code": PROVINCE, "id": id_, "commune_code": COMMUNE, "name": f"Nà {position}"}
            db.add(HamletRow(**place, kind="thôn", position=9 + position))
        await db.flush()
        for hamlet in range(10):
            db.add(lease(hamlet, today))
        minhs = Sender(SCOPES[MINH], id_of("Minh's phone"), "test")
        for hamlet in range(len(HAMLETS)):
            families = of(hamlet)
            for start in (0, 30):
                await take_all(db, minhs, families[start : start + 30], NOW)


def lease(hamlet: int, today) -> AssignmentRow:
    days = {"first_day": today - timedelta(days=30), "last_day": today + timedelta(days=400)}
    mine = {"province_code": PROVINCE, "commune_code": COMMUNE, "person_id": LAN}
    return AssignmentRow(**mine, **days, id=id_of(f"lease {hamlet}"), hamlet_id=HAMLETS[hamlet])


def fetched(phone, cursors: dict[str, int]) -> tuple[list[dict], int]:
    """Every page until nothing is left, as a phone asks; and how many bytes they are when packed."""
    pages, size = [], 0
    while not pages or pages[-1]["left"]:
        since = ",".join(f"{id_}:{number}" for id_, number in cursors.items())
        answer = phone.get("/api/v1/field-pack", params={"since": since})
        pages.append(answer.json())
        size += len(gzip.compress(answer.content, 5))
        cursors.clear()
        cursors |= pages[-1]["cursors"]
    return pages, size


def test_a14_three_hamlets_of_ten_that_move_cost_what_moved_and_nothing_comes_twice(signed_in, in_database):
    in_database(ten_hamlets)
    lan, cursors = signed_in(LAN), {}
    first, whole = fetched(lan, cursors)
    assert sum(len(page["households"]) for page in first) >= 10 * HOUSEHOLDS

    async def move(database):
        today = local_day(NOW)
        async with database.writing() as db:
            for hamlet in range(3):
                gone = await db.get(AssignmentRow, (PROVINCE, id_of(f"lease {hamlet}")))
                gone.last_day = today - timedelta(days=1)
                db.add(lease(10 + hamlet, today))

    in_database(move)
    pages, size = fetched(lan, cursors)

    came = [household for page in pages for household in page["households"]]
    assert {household["hamlet_id"] for household in came} == {str(id_) for id_ in HAMLETS[10:]}
    assert len(came) == len({household["id"] for household in came}) == 3 * HOUSEHOLDS
    assert {moved["hamlet_id"] for moved in pages[0]["moved"]} == {str(id_) for id_ in HAMLETS[:3]}
    assert size <= MOST_BYTES and size < whole / 2
    again, _ = fetched(lan, cursors)
    assert [page["households"] for page in again] == [[]]
