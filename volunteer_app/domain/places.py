"""Places: province > commune > hamlet, two levels of government since 1 July 2025 and no districts.

The hamlet is the unit of assignment and of the map. Hamlets are being merged in 2026, so each carries the
days on which it stands, and links to what it was made from.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.names import HAMLET_KINDS, sort_key
from volunteer_app.domain.problems import N_


class Signal(StrEnum):
    """Mobile signal in a hamlet (sóng di động)."""

    NONE = "none"
    WEAK = "weak"
    GOOD = "good"
    UNKNOWN = "unknown"


SIGNAL_NAMES = {
    Signal.NONE: N_("No signal"),
    Signal.WEAK: N_("Weak signal"),
    Signal.GOOD: N_("Good signal"),
    Signal.UNKNOWN: N_("Signal not known"),
}


class PlaceUnit(SQLModel):
    """What a province and a commune have in common.

    code: official code of the National Statistics Office, leading zeros kept.
    kind: as the law says today ("Tỉnh", "Thành phố"; "Xã", "Phường", …); it may change while the code stays.
    alt_names: other spellings in use ("Chiêm Hoá" beside "Chiêm Hóa").
    label_lon, label_lat: a point well inside, in degrees (WGS 84).
    """

    code: str = Field(max_length=5)
    name: str = Field(min_length=1, max_length=80)
    kind: str = Field(min_length=1, max_length=40)
    full_name: str = Field(min_length=1, max_length=120)
    alt_names: list[str] = []
    area_km2: float | None = Field(default=None, ge=0)
    population: int | None = Field(default=None, ge=0)
    label_lon: float | None = Field(default=None, ge=100, le=120)
    label_lat: float | None = Field(default=None, ge=5, le=25)


class Province(PlaceUnit):
    """A province or centrally run city (tỉnh, thành phố)."""


class Commune(PlaceUnit):
    """A commune, ward or special zone (xã, phường, đặc khu)."""

    province_code: str = Field(max_length=2)


class FormerUnit(SQLModel):
    """A commune as it was before 1 July 2025, and the commune that it went into, whole or in part."""

    former_code: str = Field(max_length=5)
    commune_code: str = Field(max_length=5)
    province_code: str = Field(max_length=2)
    former_name: str = Field(min_length=1, max_length=80)
    former_district: str = Field(default="", max_length=80)
    former_province: str = Field(default="", max_length=80)
    is_whole: bool = True


class Hamlet(SQLModel):
    """A hamlet or residential group (thôn, bản, xóm, tổ dân phố, khối phố).

    position: its place in the commune's own list.
    valid_from, valid_to: first and last day on which it stands; None while nobody said so.
    former_commune: the commune it belonged to before July 2025; tells two hamlets of one name apart.
    household_count: official number of households, the denominator of coverage, with source and date.
    languages: language tags (BCP 47) spoken there; a fact about the place, never about a household.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    name: str = Field(min_length=1, max_length=80)
    kind: str = Field(default="", max_length=40)
    position: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    former_commune: str = Field(default="", max_length=80)
    household_count: int | None = Field(default=None, ge=0, le=5000)
    household_count_source: str = Field(default="", max_length=200)
    household_count_date: date | None = None
    languages: list[str] = []
    signal: Signal = Signal.UNKNOWN


class HamletPredecessor(SQLModel):
    """One hamlet was made, wholly or partly, from another (merge, split or rename)."""

    province_code: str = Field(max_length=2)
    hamlet_id: UUID
    predecessor_id: UUID


def is_valid_on(hamlet: Hamlet, day: date) -> bool:
    """Does the hamlet stand on that day?"""
    begun = hamlet.valid_from is None or hamlet.valid_from <= day
    return begun and (hamlet.valid_to is None or day <= hamlet.valid_to)


def predecessors_of(hamlet_id: UUID, links: Iterable[HamletPredecessor]) -> set[UUID]:
    """Every hamlet that this one was made from, however many mergers ago."""
    parents: dict[UUID, set[UUID]] = {}
    for link in links:
        parents.setdefault(link.hamlet_id, set()).add(link.predecessor_id)
    return _reached(hamlet_id, parents)


def successors_of(hamlet_id: UUID, links: Iterable[HamletPredecessor]) -> set[UUID]:
    """What became of a hamlet: the last of every line that leads on from it; empty if nothing did."""
    children: dict[UUID, set[UUID]] = {}
    for link in links:
        children.setdefault(link.predecessor_id, set()).add(link.hamlet_id)
    return {heir for heir in _reached(hamlet_id, children) if heir not in children}


def usual_hamlet_kind(commune_kind: str) -> str:
    """The word for a hamlet in a commune of this kind, where nothing else is said.

    Source: dispatch 4168 of the Ministry of Home Affairs, June 2025.
    """
    return "tổ dân phố" if commune_kind.casefold() == "phường" else "thôn"


def full_hamlet_name(hamlet: Hamlet) -> str:
    """The name with its kind ("thôn Nà Lung"), unless it begins with such a word already ("Bản Ho 1")."""
    begins = hamlet.name.casefold()
    if not hamlet.kind or any(begins.startswith(kind + " ") for kind in HAMLET_KINDS):
        return hamlet.name
    return f"{hamlet.kind} {hamlet.name}"


def place_order(hamlet: Hamlet) -> tuple:
    """Order of hamlets in lists: the commune's own, then by name."""
    return hamlet.position, sort_key(hamlet.name), hamlet.former_commune


def _reached(start: UUID, steps: dict[UUID, set[UUID]]) -> set[UUID]:
    """Everything that the steps lead to from the start, the start itself left out (a circle ends there)."""
    reached: set[UUID] = set()
    ahead = [start]
    while ahead:
        new = steps.get(ahead.pop(), set()) - reached - {start}
        reached |= new
        ahead += new
    return reached
