"""People and their places of duty."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.problems import N_


class Role(StrEnum):
    """What somebody comes for (vai trò)."""

    VOLUNTEER = "volunteer"  # tình nguyện viên
    LEADER = "leader"  # đội trưởng, tổ trưởng
    REVIEWER = "reviewer"  # cán bộ Mặt trận: figures only
    EDITOR = "editor"  # người biên soạn hướng dẫn
    ADMIN = "admin"  # quản trị


ROLE_NAMES = {
    Role.VOLUNTEER: N_("Volunteer"),
    Role.LEADER: N_("Team leader"),
    Role.REVIEWER: N_("Fatherland Front officer"),
    Role.EDITOR: N_("Guide editor"),
    Role.ADMIN: N_("Administrator"),
}


class Person(SQLModel):
    """Somebody who signs in (người dùng): never a citizen.

    languages: tags of the languages that they offer to guide in; a skill, told by themselves.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    name: str = Field(min_length=1, max_length=80)
    languages: list[str] = []


class Team(SQLModel):
    """A youth-union team or community digital technology team (đội, tổ công nghệ số cộng đồng)."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    name: str = Field(min_length=1, max_length=120)


class Membership(SQLModel):
    """A person's role in a place, for a time (tư cách thành viên). A person may hold several."""

    province_code: str = Field(max_length=2)
    id: UUID
    person_id: UUID
    role: Role
    commune_code: str | None = Field(default=None, max_length=5)  # None: the whole province
    team_id: UUID | None = None
    first_day: date
    last_day: date | None = None


def is_active(membership: Membership, day: date) -> bool:
    """Does the membership hold on that day?"""
    return membership.first_day <= day and (membership.last_day is None or day <= membership.last_day)
