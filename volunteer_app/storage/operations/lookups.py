"""What the server knows of the things that operations name, looked up for many at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from volunteer_app.domain.households import Consent, Household, Member
from volunteer_app.domain.operations.claims import Thing, named
from volunteer_app.domain.operations.envelope import Body
from volunteer_app.domain.operations.households import HouseholdChangeBody, MemberChangeBody
from volunteer_app.domain.operations.known import Edit, Known, OpenClash, made
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.problems import Problem
from volunteer_app.storage.assignments import AssignmentRow, hamlets_under
from volunteer_app.storage.changes import ChangeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.database import any_of
from volunteer_app.storage.dossiers import DossierRow
from volunteer_app.storage.feeds import GoneRow
from volunteer_app.storage.follow_ups import FollowUpRow
from volunteer_app.storage.households import HouseholdRow, MemberRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.notes import NoteDoneRow, NoteRow
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.people import MembershipRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.taken_back import TakenBackRow
from volunteer_app.storage.visit_requests import VisitRequestRow
from volunteer_app.storage.visits import RatingRow, VisitRow, WalkThroughRow


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


def _taken_back(*columns: str) -> Any:
    """The same of records that were taken back, by their own ids."""
    kept = TakenBackRow.__table__.c  # type: ignore[attr-defined]
    return sa.select(kept.record_id.label("id"), *(kept[name] for name in columns)).where(
        kept.province_code == sa.bindparam("province"), kept.record_id.in_(any_of("ids"))
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
        sa.union_all(_by_id(VisitRow, ["id", "household_id"]), _taken_back("household_id")),
        lambda row: row[
            "household_id"
        ],  # also one that counts no more: what belonged to it is not late for ever
    ),
    Lookup(
        Thing.RETURN,
        "returns",
        sa.union_all(
            *(_by_id(table, ["id", "household_id"]) for table in (VisitRow, WalkThroughRow, FollowUpRow))
        ),
        lambda row: row["household_id"],
    ),
    Lookup(
        Thing.DOSSIER,
        "dossiers",
        _by_id(DossierRow, ["id", "household_id"]),
        lambda row: row["household_id"],
    ),
    Lookup(
        Thing.NOTE,
        "notes",
        _by_id(NoteRow, ["id", "household_id"]),
        lambda row: row["household_id"],
    ),
    Lookup(
        Thing.REQUEST,
        "requests",
        _by_id(VisitRequestRow, ["id", "person_id"]),
        lambda row: row["person_id"],
    ),
    Lookup(
        Thing.RECORD,
        "records",
        sa.union_all(
            *(
                _by_id(table, ["id", "household_id", "person_id"])
                for table in (VisitRow, RatingRow, NoteDoneRow)
            ),
            _taken_back("household_id", "person_id"),
        ),
        lambda row: (row["household_id"], row["person_id"]),
    ),
)

COMMUNES_OF = sa.select(col(MembershipRow.person_id), col(MembershipRow.commune_code)).where(
    col(MembershipRow.province_code) == sa.bindparam("province"),
    col(MembershipRow.person_id).in_(any_of("ids")),
)


def known(
    connection: sa.Connection,
    province_code: str,
    people: dict[UUID, Scope],
    bodies: list[Body | Problem],
) -> dict[UUID, Known]:
    """What the server knows of the things named, for each person who sends: each kind with one query."""
    wanted: dict[Thing, set[UUID]] = defaultdict(set)
    for body in bodies:
        if isinstance(body, Body):
            for thing, id_ in named(body):
                wanted[thing].add(id_)
    found: dict[str, Any] = {known_as: {} for _, known_as, _, _ in LOOKUPS}
    for thing, known_as, query, value in LOOKUPS:
        if ids := wanted[thing]:
            rows = connection.execute(query, {"province": province_code, "ids": list(ids)}).mappings().all()
            found[known_as] = {row["id"]: value(row) for row in rows}
    lost = wanted[Thing.HOUSEHOLD] - found["households"].keys()
    found["merged"], found["lost_places"] = _kept_instead(
        connection, province_code, lost, found["households"]
    )
    found["edits"], found["clashes"] = _edits(connection, province_code, bodies, found["households"])
    found["will_agree"] = _will_agree(bodies)
    found["erased"] = _gone(connection, province_code, lost - found["merged"].keys())
    found["people"] = _communes_of(connection, province_code, wanted[Thing.PERSON])
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


def _edits(
    connection: sa.Connection,
    province_code: str,
    bodies: Iterable[Body | Problem],
    households: dict[UUID, Household],
) -> tuple[dict[UUID, list[Edit]], dict[UUID, list[OpenClash]]]:
    """What was said before of the households and members that are changed, and where two values stand."""
    changed = {
        body.household_id for body in bodies if isinstance(body, (HouseholdChangeBody, MemberChangeBody))
    }
    ids = [households[id_].id for id_ in changed if id_ in households]
    edits: dict[UUID, list[Edit]] = defaultdict(list)
    clashes: dict[UUID, list[OpenClash]] = defaultdict(list)
    if ids:
        named = {"province": province_code, "ids": ids}
        for row in connection.execute(EDITS, named).all():
            said = (row.outdated or {}) | row.fields
            edit = Edit(row.id, row.device_id, row.seq, row.knew or {}, said)
            edits[row.member_id or row.household_id].append(edit)
        for row in connection.execute(CLASHES, named).all():
            clash = OpenClash(row.id, row.field, row.stood, row.said)
            clashes[row.member_id or row.household_id].append(clash)
    return edits, clashes


EDITS = (
    sa.select(
        *(
            col(getattr(ChangeRow, name))
            for name in ("id", "household_id", "member_id", "fields", "outdated", "knew")
        ),
        col(OperationRow.device_id),
        col(OperationRow.seq),
    )
    .join(
        OperationRow,
        (col(OperationRow.province_code) == col(ChangeRow.province_code))
        & (col(OperationRow.id) == col(ChangeRow.id)),
    )
    .where(
        col(ChangeRow.province_code) == sa.bindparam("province"),
        col(ChangeRow.household_id).in_(any_of("ids")),
    )
)

CLASHES = sa.select(
    *(col(getattr(ClashRow, name)) for name in ("id", "household_id", "member_id", "field", "stood", "said"))
).where(
    col(ClashRow.province_code) == sa.bindparam("province"),
    col(ClashRow.household_id).in_(any_of("ids")),
    col(ClashRow.settled_at).is_(None),
)


def _will_agree(bodies: Iterable[Body | Problem]) -> set[UUID]:
    return {
        body.household_id
        for body in bodies
        if isinstance(body, HouseholdChangeBody) and body.consent is Consent.GIVEN
    }


def consents(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID]
) -> dict[UUID, Consent]:
    """What these families answered, also under the number of a duplicate; nothing of those that are not known."""
    query, value = LOOKUPS[1].query, LOOKUPS[1].value
    rows = connection.execute(query, {"province": province_code, "ids": list(household_ids)}).mappings()
    households = {row["id"]: value(row) for row in rows.all()}
    _kept_instead(connection, province_code, set(household_ids) - households.keys(), households)
    return {id_: household.consent for id_, household in households.items()}


def _gone(connection: sa.Connection, province_code: str, lost: set[UUID]) -> set[UUID]:
    """Those that phones were told to let go: they are not late, they come no more."""
    if not lost:
        return set()
    return set(connection.execute(GONE, {"province": province_code, "ids": list(lost)}).scalars())


GONE = sa.select(col(GoneRow.household_id)).where(
    col(GoneRow.province_code) == sa.bindparam("province"), col(GoneRow.household_id).in_(any_of("ids"))
)


def _communes_of(
    connection: sa.Connection, province_code: str, person_ids: set[UUID]
) -> dict[UUID, set[str | None]]:
    found: dict[UUID, set[str | None]] = defaultdict(set)
    if person_ids:
        for person_id, code in connection.execute(
            COMMUNES_OF, {"province": province_code, "ids": list(person_ids)}
        ):
            found[person_id].add(code)
    return found


def _kept_instead(
    connection: sa.Connection, province_code: str, lost: set[UUID], households: dict[UUID, Household]
) -> tuple[dict[UUID, list[UUID]], dict[UUID, tuple[str, UUID]]]:
    """Late work that names a merged duplicate goes to the household that was kept. Returns lost household → mergers,
    and → where it stood."""
    found, places = {}, {}
    for household_id in lost:
        kept_id, mergers, stood = household_id, [], {}
        while merger := connection.execute(MERGED, {"province": province_code, "household": kept_id}).first():
            mergers.append(merger.id)
            kept_id, stood = merger.kept_id, stood or merger.lost
        if mergers:
            query = LOOKUPS[1].query
            row = connection.execute(query, {"province": province_code, "ids": [kept_id]}).mappings().first()
            if row is not None:
                households[kept_id] = households[household_id] = made(Household, **row)
                found[household_id] = mergers
                places[household_id] = (stood["commune_code"], UUID(str(stood["hamlet_id"])))
    return found, places


MERGED = sa.select(col(MergerRow.id), col(MergerRow.kept_id), col(MergerRow.lost)).where(
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
