"""Facilities (điểm phục vụ): the kinds of places a citizen is sent to. Kinds are never merged."""

from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.problems import N_, Problem


class FacilityKind(StrEnum):
    """What a place does. The value is stored; never rename one."""

    ADMINISTRATION_CENTRE = "administration_centre"
    SERVICE_CENTRE = "service_centre"
    COMMUNE_POLICE = "commune_police"
    ID_POINT = "id_point"
    SUPPORT_POINT = "support_point"


FACILITY_KIND_NAMES: dict[FacilityKind, str] = {
    FacilityKind.ADMINISTRATION_CENTRE: N_("Commune public administration service centre (one-door)"),
    FacilityKind.SERVICE_CENTRE: N_("Commune public service centre (culture, media, land, farming)"),
    FacilityKind.COMMUNE_POLICE: N_("Commune police"),
    FacilityKind.ID_POINT: N_("ID card issuing point"),
    FacilityKind.SUPPORT_POINT: N_("Digital support point"),
}


LONGEST = {"name": 80, "place": 120, "hours": 80, "phone": 15}
"""Letters at most, by field of a facility."""


class Facility(SQLModel):
    """One place where citizens are helped. place: how to find it; hours: when it is open; both as people say it."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    kind: FacilityKind
    name: str
    place: str = ""
    hours: str = ""
    phone: str = ""


def problems_with(facility: Facility) -> dict[str, Problem]:
    """Why a facility cannot be kept, by field; empty when it can."""
    problems: dict[str, Problem] = {}
    if not facility.name:
        problems["name"] = Problem("facility.no_name", N_("Please write its name."))
    for field, most in LONGEST.items():
        if len(getattr(facility, field)) > most:
            problems[field] = Problem(
                "facility.long", N_("At most %(most)s letters, please."), {"most": most}
            )
    if not set(facility.phone) <= set("0123456789 "):
        problems["phone"] = Problem("facility.phone", N_("Only digits and spaces, please."))
    return problems
