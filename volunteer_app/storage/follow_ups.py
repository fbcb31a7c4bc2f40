"""Returns, as kept. A return is open until it is settled (`domain.follow_ups.is_closed_by`)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.blockers import Blocker
from volunteer_app.domain.follow_ups import WAITS_FOR_ITS_DAY, Reason, Settled
from volunteer_app.domain.independence import RECHECK_AFTER, Basis, IndependenceLevel
from volunteer_app.domain.operations.follow_ups import FollowUp
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.visits import Outcome
from volunteer_app.storage import feeds
from volunteer_app.storage.assignments import AssignmentRow
from volunteer_app.storage.database import Id, at_once, tie, words
from volunteer_app.storage.households import HouseholdRow, in_scope
from volunteer_app.storage.kept import Kept
from volunteer_app.storage.moments import local_day_number
from volunteer_app.storage.people import MembershipRow, PersonRow
from volunteer_app.storage.places import HamletRow
from volunteer_app.storage.visits import ObservationRow, VisitRow, WalkThroughRow


class FollowUpRow(SQLModel, table=True):
    """A dated return (hẹn quay lại). It carries the id of the visit, walk-through or dossier that led to it.

    person_id: whom the leader asked to go; None: whoever has the hamlet.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        sa.Index("ix_follow_ups_place", "province_code", "commune_code", "hamlet_id", "due_to"),
        sa.Index("ix_follow_ups_household", "province_code", "household_id"),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    reason: Reason = Field(sa_column=sa.Column(words(Reason), nullable=False))
    service: str | None = Field(default=None, max_length=40)
    blocker: Blocker | None = Field(default=None, sa_column=sa.Column(words(Blocker), nullable=True))
    due_from: date
    due_to: date
    created_at: datetime  # when it was recorded on the phone
    person_id: UUID | None = Field(default=None, sa_type=Id)


def follow_up_row(record: FollowUp, kept: Kept) -> dict[str, Any]:
    """A return as it is kept."""
    reason, due_from, due_to = record.proposed
    return kept.place_of(record.household_id) | {
        "id": record.id,
        "household_id": record.household_id,
        "reason": reason,
        "service": record.service,
        "blocker": record.blocker,
        "due_from": due_from,
        "due_to": due_to,
        "created_at": record.created_at,
    }


class SettlementRow(SQLModel, table=True):
    """A return that needs no visit any more (đã xong, thôi hẹn): done otherwise, or cancelled with a reason.

    The id is the operation's. Append-only; one is enough, whatever comes first.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        sa.Index("ix_settlements_follow_up", "province_code", "follow_up_id"),
        sa.Index("ix_settlements_household", "province_code", "household_id"),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    follow_up_id: UUID = Field(sa_type=Id)
    settled_as: Settled = Field(sa_column=sa.Column(words(Settled), nullable=False))
    why: str = Field(default="", max_length=300)
    person_id: UUID = Field(sa_type=Id)
    recorded_at: datetime


class Due(NamedTuple):
    """An open return with the names that a leader reads."""

    follow_up: FollowUpRow
    household: HouseholdRow
    hamlet: str


def _is_open() -> Any:
    """Neither settled by word nor by meeting the family later; the same rule as `domain.follow_ups.is_closed_by`
    (`tests/storage/test_follow_ups.py` compares them by chance).
    And no recheck of what the very run that proposed it has confirmed."""
    met_later = (
        sa.select(col(VisitRow.id))
        .where(
            col(VisitRow.province_code) == FollowUpRow.province_code,
            col(VisitRow.household_id) == FollowUpRow.household_id,
            col(VisitRow.outcome) == Outcome.MET,
            col(VisitRow.recorded_at) > FollowUpRow.created_at,
            sa.or_(
                col(FollowUpRow.reason).not_in(WAITS_FOR_ITS_DAY),
                col(VisitRow.visited_on) >= FollowUpRow.due_from,
            ),
        )
        .exists()
    )
    settled = (
        sa.select(col(SettlementRow.id))
        .where(
            col(SettlementRow.province_code) == FollowUpRow.province_code,
            col(SettlementRow.follow_up_id) == FollowUpRow.id,
        )
        .exists()
    )
    return sa.and_(
        ~met_later, ~settled, ~sa.and_(col(FollowUpRow.reason) == Reason.RECHECK, _has_confirmed())
    )


def _has_confirmed() -> Any:
    """Was the walk-through that led to the return itself a recheck that confirmed "alone"? As `current_level` says:
    they were alone at least 14 days before, and it was not lost in between."""
    run: Any = aliased(WalkThroughRow)
    before: Any = aliased(ObservationRow)
    lost: Any = aliased(ObservationRow)

    def same_skill(seen: Any) -> tuple[Any, ...]:
        return (
            seen.province_code == run.province_code,
            seen.household_id == run.household_id,
            seen.member_id == run.member_id,
            seen.service == run.service,
            seen.basis != Basis.SELF_SAID,
        )

    lost_since = (
        sa.select(lost.id)
        .where(
            *same_skill(lost),
            lost.level < IndependenceLevel.ALONE_WATCHED,
            lost.observed_at > before.observed_at,
            lost.observed_at < run.recorded_at,
        )
        .exists()
    )
    return (
        sa.select(run.id)
        .join(before, sa.and_(*same_skill(before)))
        .where(
            run.province_code == FollowUpRow.province_code,
            run.id == FollowUpRow.id,
            before.level >= IndependenceLevel.ALONE_WATCHED,
            local_day_number(run.recorded_at) - local_day_number(before.observed_at) >= RECHECK_AFTER.days,
            ~lost_since,
        )
        .exists()
    )


async def open_of(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> list[FollowUpRow]:
    """The returns still to make in these households, the first due first."""
    query = (
        select(FollowUpRow)
        .where(_is_open(), col(FollowUpRow.household_id).in_(household_ids))
        .order_by(col(FollowUpRow.due_to))
    )
    return list(await db.exec(in_scope(query, FollowUpRow, scope)))


async def all_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[FollowUpRow]:
    """Every return of a household, open or not."""
    query = select(FollowUpRow).where(FollowUpRow.household_id == household_id)
    return list(await db.exec(in_scope(query, FollowUpRow, scope)))


async def settlements_of(db: AsyncSession, scope: Scope, household_id: UUID) -> list[SettlementRow]:
    """What settled returns of a household that the caller has found in the scope."""
    query = select(SettlementRow).where(
        SettlementRow.province_code == scope.province_code, SettlementRow.household_id == household_id
    )
    return list(await db.exec(query))


async def due_in(db: AsyncSession, scope: Scope, by: date, most: int) -> tuple[list[Due], int]:
    """The open returns of the scope whose window has begun by that day, the most overdue first; and how many in all."""
    same_home = sa.and_(
        col(HouseholdRow.province_code) == FollowUpRow.province_code,
        col(HouseholdRow.id) == FollowUpRow.household_id,
    )
    same_hamlet = sa.and_(
        col(HamletRow.province_code) == FollowUpRow.province_code, col(HamletRow.id) == FollowUpRow.hamlet_id
    )
    wanted = (_is_open(), col(FollowUpRow.due_from) <= by)
    query = (
        select(FollowUpRow, HouseholdRow, HamletRow.name)
        .join(HouseholdRow, same_home)
        .join(HamletRow, same_hamlet)
        .where(*wanted)
        .order_by(col(FollowUpRow.due_to), col(FollowUpRow.id))
        .limit(most)
    )
    found = [Due(*row) for row in await db.exec(in_scope(query, FollowUpRow, scope))]
    count = in_scope(select(sa.func.count()).select_from(FollowUpRow).where(*wanted), FollowUpRow, scope)
    return found, (await db.exec(count)).one()


async def handed_over(db: AsyncSession, scope: Scope, day: date) -> dict[UUID, str]:
    """Open returns whose person's account has ended, with that person's name: the leader's, until somebody is asked.

    Theirs were those that they were asked to make, and those of a hamlet leased to them that nobody else has today.
    """
    asked = select(FollowUpRow.id, PersonRow.name, FollowUpRow.created_at).join(
        PersonRow, _is_person(col(FollowUpRow.person_id))
    )
    asked = asked.where(_is_open(), ~_works_on(day, FollowUpRow))
    held: Any = aliased(AssignmentRow)
    has_holder = sa.exists().where(
        held.province_code == FollowUpRow.province_code,
        held.hamlet_id == FollowUpRow.hamlet_id,
        held.first_day <= day,
        held.last_day >= day,
        _works_on(day, held),
    )
    leased = (
        select(FollowUpRow.id, PersonRow.name, FollowUpRow.created_at)
        .join(
            AssignmentRow,
            sa.and_(
                col(AssignmentRow.province_code) == FollowUpRow.province_code,
                col(AssignmentRow.hamlet_id) == FollowUpRow.hamlet_id,
            ),
        )
        .join(PersonRow, _is_person(col(AssignmentRow.person_id)))
        .where(
            _is_open(),
            col(FollowUpRow.person_id).is_(None),
            ~_works_on(day, AssignmentRow),
            ~has_holder,
        )
        .order_by(col(AssignmentRow.first_day))
    )
    found: dict[UUID, str] = {}
    for query in (leased, asked):
        for id_, name, _when in await db.exec(in_scope(query, FollowUpRow, scope)):
            found[id_] = name
    return found


def _is_person(person_id: Any) -> Any:
    return sa.and_(col(PersonRow.province_code) == FollowUpRow.province_code, col(PersonRow.id) == person_id)


def _works_on(day: date, row: Any) -> Any:
    """Has the person of this row a membership on that day? Both are the row's: another table's would not be taken from
    the outer question, but asked anew."""
    return sa.exists().where(
        col(MembershipRow.province_code) == row.province_code,
        col(MembershipRow.person_id) == row.person_id,
        col(MembershipRow.first_day) <= day,
        sa.or_(col(MembershipRow.last_day).is_(None), col(MembershipRow.last_day) >= day),
    )


async def counts_in(db: AsyncSession, scope: Scope, today: date) -> tuple[int, int]:
    """How many open returns of the scope are due today, and how many of them are overdue."""
    overdue = sa.func.coalesce(sa.func.sum(sa.case((col(FollowUpRow.due_to) < today, 1), else_=0)), 0)
    query = select(sa.func.count(), overdue).select_from(FollowUpRow)
    query = query.where(_is_open(), col(FollowUpRow.due_from) <= today)
    due, late = (await db.exec(in_scope(query, FollowUpRow, scope))).one()
    return due, late


async def of_id(db: AsyncSession, scope: Scope, follow_up_id: UUID) -> FollowUpRow | None:
    """A return of the scope; None when there is none with this id."""
    query = in_scope(select(FollowUpRow).where(FollowUpRow.id == follow_up_id), FollowUpRow, scope)
    return (await db.exec(query)).first()


async def ask_to_go(db: AsyncSession, row: FollowUpRow, person_id: UUID | None) -> None:
    """Ask somebody to make this return; None: whoever has the hamlet. The phones are told."""
    row.person_id = person_id
    await at_once(db, feeds.note_changes, row.province_code, {row.household_id: row.hamlet_id})


async def is_settled(db: AsyncSession, row: FollowUpRow) -> bool:
    """Did somebody say already that it needs no visit any more?"""
    query = select(SettlementRow.id).where(
        SettlementRow.province_code == row.province_code, SettlementRow.follow_up_id == row.id
    )
    return (await db.exec(query.limit(1))).first() is not None


async def settle(db: AsyncSession, row: FollowUpRow, settlement: SettlementRow) -> None:
    """Settle a return at the desk. The phones are told."""
    db.add(settlement)
    await at_once(db, feeds.note_changes, row.province_code, {row.household_id: row.hamlet_id})
