"""What the server knows of the things that operations name, looked up for many at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from volunteer_app.domain.households import Household, Member
from volunteer_app.domain.operations.claims import Thing, named
from volunteer_app.domain.operations.envelope import Body
from volunteer_app.domain.operations.known import Known, made
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import Problem
from volunteer_app.storage.assignments import AssignmentRow, hamlets_under
from volunteer_app.storage.database import any_of
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.visits import VisitRow


class Lookup(NamedTuple):
    """Where things that bodies name as `thing` are kept, and what `Known` holds of them."""

    thing: Thing
    known_as: str
    query: Any
    value: Callable[[Any], Any]


def _by_id(table: type[SQLModel], columns: Iterable[str]) -> Any:
    kept = table.__table__.c  # type: ignore[attr-defined]
    return sa.select(*(kept[name] for name in columns)).where(
        kept.province_code == sa.bindparam("province"), kept.id.in_(any_of("ids"))
    )


LOOKUPS = (
    Lookup(
        Thing.HAMLET,
        "hamlets",
        _by_id(HamletRow, ["id", "commune_code"]),
        lambda row: row["commune_code"],
    ),
    Lookup(
        Thing.HOUSEHOLD,
        "households",
        _by_id(HouseholdRow, Household.model_fields),
        lambda row: made(Household, **row),
    ),
    Lookup(
        Thing.MEMBER,
        "members",
        _by_id(MemberRow, Member.model_fields),
        lambda row: made(Member, **row),
    ),
    Lookup(
        Thing.VISIT,
        "visits",
        _by_id(VisitRow, ["id", "household_id"]),
        lambda row: row["household_id"],
    ),
)


def known(
    connection: sa.Connection,
    province_code: str,
    people: dict[UUID, Scope],
    bodies: Iterable[Body | Problem],
) -> dict[UUID, Known]:
    """What the server knows of the things named, for each person who sends: each kind with one query."""
    wanted: dict[Thing, set[UUID]] = defaultdict(set)
    for body in bodies:
        if isinstance(body, Body):
            for thing, id_ in named(body):
                wanted[thing].add(id_)
    found: dict[str, dict[UUID, Any]] = {known_as: {} for _, known_as, _, _ in LOOKUPS}
    for thing, known_as, query, value in LOOKUPS:
        if ids := wanted[thing]:
            rows = connection.execute(query, {"province": province_code, "ids": list(ids)}).mappings().all()
            found[known_as] = {row["id"]: value(row) for row in rows}
    lost = wanted[Thing.HOUSEHOLD] - found["households"].keys()
    found["merged"] = _kept_instead(connection, province_code, lost, found["households"])
    assigned = _ever_assigned(connection, province_code, people)
    return {
        person_id: Known(
            province_code=province_code,
            person_id=person_id,
            commune_code=scope.commune_code,
            assigned=assigned[person_id] if scope.role is Role.VOLUNTEER else None,
            **found,
        )
        for person_id, scope in people.items()
    }


def _kept_instead(
    connection: sa.Connection, province_code: str, lost: set[UUID], households: dict[UUID, Household]
) -> dict[UUID, list[UUID]]:
    """Late work that names a merged duplicate goes to the household that was kept. Returns lost household → mergers."""
    found = {}
    for household_id in lost:
        kept_id, mergers = household_id, []
        while merger := connection.execute(MERGED, {"province": province_code, "household": kept_id}).first():
            mergers.append(merger.id)
            kept_id = merger.kept_id
        if mergers:
            query = LOOKUPS[1].query
            row = connection.execute(query, {"province": province_code, "ids": [kept_id]}).mappings().first()
            if row is not None:
                households[kept_id] = households[household_id] = made(Household, **row)
                found[household_id] = mergers
    return found


MERGED = sa.select(col(MergerRow.id), col(MergerRow.kept_id)).where(
    col(MergerRow.province_code) == sa.bindparam("province"),
    col(MergerRow.lost_id) == sa.bindparam("household"),
    col(MergerRow.undone_at).is_(None),
)


def _ever_assigned(
    connection: sa.Connection, province_code: str, person_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, date]]:
    """Work done under a lease that is over is still theirs: every hamlet ever assigned counts. Person → hamlet → last
    day of the latest lease."""
    assigned: dict[UUID, dict[UUID, date]] = defaultdict(dict)
    rows = connection.execute(EVER_ASSIGNED, {"province": province_code, "ids": list(person_ids)})
    for person_id, hamlet_id, last_day in rows:
        assigned[person_id][hamlet_id] = max(last_day, assigned[person_id].get(hamlet_id) or last_day)
    return assigned


EVER_ASSIGNED = hamlets_under(
    col(AssignmentRow.province_code) == sa.bindparam("province"),
    col(AssignmentRow.person_id).in_(any_of("ids")),
)
