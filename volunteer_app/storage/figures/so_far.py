"""What each household's walk-throughs and observations come to so far: a small row, kept in the transaction that adds
to them, so that a delivery costs the same after many years (`domain/figures/so_far.py`).

There is none as long as nothing was run or seen, and none after a change that does not only add (merged, taken back,
erased): the next delivery makes it from the history.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col

from volunteer_app.domain.figures.so_far import Skill, SoFar, out_of_order
from volunteer_app.storage.database import Id, any_of, tie, upsert
from volunteer_app.storage.many import Many
from volunteer_app.storage.visits import ObservationRow


class SoFarRow(SQLModel, table=True):
    """A household's `SoFar`."""

    __tablename__ = "so_far"
    __table_args__ = (tie("households", "household_id"),)
    province_code: str = Field(primary_key=True, max_length=2)
    household_id: UUID = Field(primary_key=True, sa_type=Id)
    said: dict[str, Any] = Field(sa_column=sa.Column(sa.JSON, nullable=False))


KEPT = sa.select(col(SoFarRow.household_id), sa.cast(col(SoFarRow.said), sa.Text)).where(
    col(SoFarRow.province_code) == sa.bindparam("province"), col(SoFarRow.household_id).in_(any_of("ids"))
)
_read = msgspec.json.Decoder(SoFar).decode


def kept(connection: sa.Connection, province_code: str, household_ids: Collection[UUID]) -> dict[UUID, SoFar]:
    """What is kept of these households; nothing of those without a row. Their standings are locked."""
    if not household_ids:
        return {}
    rows = connection.execute(KEPT, {"province": province_code, "ids": list(household_ids)})
    return {household_id: _read(said) for household_id, said in rows}


def keep(connection: sa.Connection, province_code: str, known: Mapping[UUID, SoFar]) -> None:
    """Keep these."""
    _keeping(connection.dialect.name).run(
        connection,
        [
            {
                "province_code": province_code,
                "household_id": id_,
                "said": msgspec.to_builtins(so_far),
            }
            for id_, so_far in sorted(known.items())
        ],
    )


@cache
def _keeping(dialect: str) -> Many:
    fresh = upsert(dialect, SoFarRow)
    key = ["province_code", "household_id"]
    return Many(fresh.on_conflict_do_update(index_elements=key, set_={"said": fresh.excluded.said}))


def forget_so_far(
    connection: sa.Connection, province_code: str, household_ids: Collection[UUID] | None = None
) -> None:
    """Forget what is known of these households, or of the whole province: their history says it anew."""
    query = sa.delete(SoFarRow).where(col(SoFarRow.province_code) == province_code)
    if household_ids is not None:
        query = query.where(col(SoFarRow.household_id).in_(household_ids))
    connection.execute(query)


def all_seen(
    connection: sa.Connection,
    province_code: str,
    known: Mapping[UUID, SoFar],
    new: Mapping[UUID, Iterable[Any]],
) -> dict[UUID, dict[Skill, list[Any]]]:
    """All observations of the skills of which the new ones (by household) are not the latest."""
    late = {
        id_: skills for id_, so_far in known.items() if (skills := out_of_order(so_far, new.get(id_, ())))
    }
    found: dict[UUID, dict[Skill, list[Any]]] = defaultdict(lambda: defaultdict(list))
    if late:
        wanted = {skill for skills in late.values() for skill in skills}
        named = {
            "province": province_code,
            "ids": list(late),
            "members": list({member_id for member_id, _ in wanted}),
            "services": list({service for _, service in wanted}),
        }
        for row in connection.execute(SEEN_OF_SKILLS, named):
            if (skill := (row.member_id, row.service)) in late[row.household_id]:
                found[row.household_id][skill].append(row)
    return found


WHAT_IS_SEEN = sa.select(
    *(
        getattr(ObservationRow, name)
        for name in (
            "id",
            "household_id",
            "member_id",
            "person_id",
            "service",
            "level",
            "basis",
            "observed_at",
        )
    )
)
"""What figures know of an observation."""

SEEN_OF_SKILLS = WHAT_IS_SEEN.where(
    col(ObservationRow.province_code) == sa.bindparam("province"),
    col(ObservationRow.household_id).in_(any_of("ids")),
    col(ObservationRow.member_id).in_(any_of("members")),
    col(ObservationRow.service).in_(sa.bindparam("services", expanding=True)),
)
