"""Every page that lists, as every role: no word of another commune or province stands in it.

Everything of `things.py` is made at each distance, with names and texts that hold a word of that distance.
"""

import asyncio
import shutil
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.authorisation.rows import PHONES, PUBLIC, ROWS, SEAT
from tests.authorisation.test_matrix import PROVINCE_WIDE, ROLES, ask, world
from tests.authorisation.things import THINGS
from tests.authorisation.where import NOW, TODAY, distances
from tests.conftest import opened
from volunteer_app.domain.outreach import SessionPlace
from volunteer_app.domain.people import Role
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.storage import audit
from volunteer_app.storage.dossiers import DossierRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.notes import NoteRow
from volunteer_app.storage.outreach import SessionRow
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.visits import VisitRow

__all__ = ["world"]

WORDS = {
    "sibling": "Ongmuoi",
    "other commune": "Ongxa",
    "the province": "Ongtinh",
    "other province": "Ongngoai",
}
UNTOLD = {
    "volunteer": {"sibling", "other commune", "the province", "other province"},
    **{role: {"other commune", "the province", "other province"} for role in ("leader", "reviewer")},
    **{role: {"other province"} for role in PROVINCE_WIDE},
}
"""Of which distances a role is told nothing; a volunteer of the hamlet beside knows the team, but none of its families."""

OF_THE_TEAM = {"GET /api/v1/field-pack": "who may come along"}
"""Where a volunteer reads names of a sibling's people, and why."""

WRITTEN = ("name", "label", "text", "what", "measures", "note", "place", "why", "said")
LISTS = [
    key
    for key, row in ROWS.items()
    if key.startswith("GET ")
    and row not in (PUBLIC, SEAT, PHONES)
    and row.thing in ("", "commune", "province")
]
"""Everything that is looked at without naming one thing; places are asked for as one's own."""


def marked(db, word: str) -> None:
    """Whatever was just made speaks with this word."""
    for row in db.new:
        for name in WRITTEN:
            if type(getattr(row, name, None)) is str:
                setattr(row, name, f"{word} {getattr(row, name)}"[:40])
        if isinstance(row, HouseholdRow):
            row.code, row.label = f"{word}-{uuid4().hex[:3]}", f"{word} Văn Mẫu"


def more_at(db, where) -> None:
    """What routes do not name and lists show: notes, sessions for many, papers, visits."""
    home, place = uuid4(), {"province_code": where.province, "commune_code": where.commune}
    place["hamlet_id"] = where.hamlet
    db.add(HouseholdRow(**place, id=home, code="x", recorded_at=NOW, received_at=NOW))
    by = {"id": uuid4(), "person_id": where.owner}
    said = {**place, **by, "household_id": home}
    db.add(NoteRow(**said, text="Gõ cửa to", written_at=NOW))
    moments = {"recorded_at": NOW, "received_at": NOW}
    db.add(VisitRow(**said, **moments, outcome="later", note="x", visited_on=TODAY))
    db.add(
        SessionRow(
            **place,
            **by,
            **moments,
            place=SessionPlace.MARKET,
            service="spot-scams",
            people_count=9,
            note="x",
        )
    )
    service = next(iter(PUBLIC_SERVICES))
    member = MemberRow(
        province_code=where.province, id=uuid4(), household_id=home, label="x", received_at=NOW
    )
    db.add(member)
    db.add(DossierRow(**said, **moments, member_id=member.id, service=service, result_on=TODAY))


ROWS_OF_PROVINCE = {
    name: any(r.thing == name and r.reaches == "province" for r in ROWS.values()) for name in THINGS
}
"""Voices, words and photos belong to a province: whoever of it may read them."""


async def everywhere(path) -> None:
    """Make one of everything at each distance; who it is of is a person of that place, and did something."""
    far = distances(uuid4())
    async with opened(f"sqlite:///{path}") as database, database.writing() as db:
        for distance, word in WORDS.items():
            where = far.get(distance, far["other commune"])._replace(owner=uuid4())
            province_only = distance == "the province"
            db.add(PersonRow(province_code=where.province, id=where.owner, name="Người mẫu"))
            db.add(
                MembershipRow(
                    province_code=where.province,
                    id=uuid4(),
                    person_id=where.owner,
                    role=Role.ADMIN if province_only else Role.VOLUNTEER,
                    commune_code=None if province_only else where.commune,
                    first_day=TODAY - timedelta(days=9),
                )
            )
            marked(db, word)
            await db.flush()
            if not province_only:
                for name, make in THINGS.items():
                    if ROWS_OF_PROVINCE[name] and distance != "other province":
                        continue
                    await make(db, where)
                    marked(db, word)
                    await db.flush()
                more_at(db, where)
                marked(db, word)
                await db.flush()
            await audit.note_for(
                db,
                where.province,
                where.owner,
                "facility.kept",
                now=NOW,
                commune_code=None if province_only else where.commune,
            )


@pytest.fixture(scope="module")
def told(world, tmp_path_factory):
    """What each list says to each role: `told[role][key]`."""
    visitor, original = world
    path = tmp_path_factory.mktemp("lists") / "lists.db"
    shutil.copy(original, path)
    asyncio.run(everywhere(path))
    own = {"province_code": "08", "commune_code": "00919"}
    return {
        role: {
            key: said.text
            for key in LISTS
            if role in ROWS[key].roles.split()
            for said in [ask(visitor, path, key, ROWS[key], role, own)]
            if said.status_code == 200
        }
        for role in ROLES
    }


@pytest.mark.parametrize("role", ROLES)
def test_i6_no_list_tells_a_role_of_places_beyond_its_own(told, role):
    found = {
        (key, distance)
        for key, text in told[role].items()
        for distance in UNTOLD[role]
        if WORDS[distance] in text and not (distance == "sibling" and key in OF_THE_TEAM)
    }

    assert found == set()


WATCHED = {
    "leader": {
        "GET /api/v1/field-pack", "GET /api/v1/figures/visits.csv", "GET /assignments", "GET /assignments/plan", "GET /audit",
        "GET /badges", "GET /breaches", "GET /desk", "GET /duplicates", "GET /facilities", "GET /figures-api",
        "GET /follow-ups", "GET /follow-ups/calendar.ics", "GET /households", "GET /outreach", "GET /posters",
        "GET /privacy-requests", "GET /recoveries", "GET /reports/{province_code}/{commune_code}/records", "GET /requests",
        "GET /review", "GET /team",
    },
    "admin": {
        "GET /audit", "GET /badges", "GET /breaches", "GET /figures-api", "GET /posters", "GET /privacy-requests",
        "GET /recoveries", "GET /requests", "GET /team",
    },
    "officer": {"GET /recoveries"},
    "reviewer": {"GET /recoveries"},
    "editor": {"GET /posters"},
    "volunteer": {"GET /api/v1/field-pack"},
}  # fmt: skip
"""Lists in which who may reads a word of a sibling, or of the province: where nobody does, nothing would be noticed."""


@pytest.mark.parametrize("role", ROLES)
def test_words_of_ones_own_place_stand_in_the_lists_that_are_watched(told, role):
    assert {key for key, text in told[role].items() if any(w in text for w in WORDS.values())} >= WATCHED[
        role
    ]
