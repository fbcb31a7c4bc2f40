"""Taking a commune's household list in.

Private by construction: a head's name becomes the household's label only where the list says that the family
agrees; otherwise the house code stands for it. Names serve to know a line again and to find duplicates while the
list is read; what remains of them is a keyed hash that nobody can turn back without this installation's secret.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import Consent
from volunteer_app.domain.names import folded, initials
from volunteer_app.domain.people import Role
from volunteer_app.domain.permissions import member_scope
from volunteer_app.domain.places import Hamlet, full_hamlet_name, predecessors_of
from volunteer_app.domain.problems import N_, Problem
from volunteer_app.importing.files import ImportPlan
from volunteer_app.importing.hamlet_names import HamletNames
from volunteer_app.importing.household_lists import Listed, read_household_list
from volunteer_app.importing.spreadsheets import sheets_of
from volunteer_app.storage.feeds import GoneRow
from volunteer_app.storage.households import HouseholdRow, households_in
from volunteer_app.storage.imports import ImportChange
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.places import CommuneRow, all_hamlets_of, predecessor_links

UNKNOWN_COMMUNE = Problem("list.unknown_commune", N_("No commune has this code. Were the units imported?"))
NO_HAMLETS = Problem(
    "list.no_hamlets", N_("This commune has no hamlets yet. Please import its hamlets first.")
)
SAME_NAME = N_("Line %(line)s has the same name as line %(first)s, in the same hamlet. Two households?")
ERASED = N_("Line %(line)s was erased before: only a house code is kept, until the family is asked again.")
PERHAPS_KEPT = N_("Line %(line)s has the name of household %(code)s, registered before. Is it the same?")


NOBODY = UUID(int=0)
"""Stands for the installation itself where no person acts."""


async def plan_households(db: AsyncSession, content: bytes, commune_code: str, now: datetime) -> ImportPlan:
    """Households of the list that are not kept yet are added; those that are stay as they are by now."""
    sheets = sheets_of(content)
    if isinstance(sheets, Problem):
        return ImportPlan([], 0, [sheets], [])
    commune = await db.get(CommuneRow, commune_code)
    if commune is None:
        return ImportPlan([], 0, [UNKNOWN_COMMUNE], [])
    hamlets = await all_hamlets_of(db, commune_code)
    if not hamlets:
        return ImportPlan([], 0, [NO_HAMLETS], [])
    links = await predecessor_links(db, commune.province_code)
    read = read_household_list(sheets, HamletNames(hamlets, links, local_day(now)))
    scope = member_scope(NOBODY, Role.ADMIN, commune.province_code, commune_code)
    kept = {row.id: row for row in await households_in(db, scope)}
    secret = (await server_facts(db)).secret
    codes = _Codes(row.code for row in kept.values())
    changes: list[ImportChange] = []
    questions: list[Problem] = []
    unclaimed = set(kept)
    new: list[Listed] = []
    merged, erased = await _no_longer_kept(db, commune.province_code, [hamlet.id for hamlet in hamlets])
    lines: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for listed in read.rows:
        same = lines[listed.hamlet.id, folded(listed.name)]
        if same:
            values = {"line": listed.line, "first": same[0]}
            questions.append(Problem("list.same_name", SAME_NAME, values))
        same.append(listed.line)
        hamlet_ids = [listed.hamlet.id, *sorted(predecessors_of(listed.hamlet.id, links))]
        known = [
            id_
            for n in range(1, len(same) + 1)
            for hamlet_id in hamlet_ids
            if (id_ := household_id(secret, hamlet_id, listed.name, n)) in unclaimed
        ]
        if known:
            unclaimed.remove(known[0])
            continue
        id_ = household_id(secret, listed.hamlet.id, listed.name, len(same))
        if id_ in merged:
            continue  # it is kept under its duplicate's number, with the answer given there
        if id_ in erased and listed.consent is Consent.GIVEN:
            read.remarks.append(Problem("list.erased", ERASED, {"line": listed.line}))
            unasked = listed._replace(consent=Consent.NOT_ASKED)
            changes.append(ImportChange(None, _row(unasked, id_, codes.next(listed.hamlet), commune, now)))
            continue
        new.append(listed)
        changes.append(ImportChange(None, _row(listed, id_, codes.next(listed.hamlet), commune, now)))
    questions += _perhaps_kept(new, [kept[id_] for id_ in unclaimed])
    return ImportPlan(changes, len(read.rows), read.problems, read.remarks, questions)


async def _no_longer_kept(
    db: AsyncSession, province_code: str, hamlet_ids: list[UUID]
) -> tuple[set[UUID], set[UUID]]:
    """Households of these hamlets that phones let go: those merged into another, and those erased (or moved away)."""
    gone = select(GoneRow.household_id).where(
        GoneRow.province_code == province_code, col(GoneRow.hamlet_id).in_(hamlet_ids)
    )
    lost = select(MergerRow.lost_id).where(
        MergerRow.province_code == province_code,
        col(MergerRow.undone_at).is_(None),
        col(MergerRow.lost_id).in_(gone),
    )
    merged = set(await db.exec(lost))
    return merged, set(await db.exec(gone)) - merged


def household_id(secret: bytes, hamlet_id: UUID, name: str, occurrence: int) -> UUID:
    """The id of a line of a list: always the same for the n-th household of this name in this hamlet.

    A keyed hash (HMAC-SHA-256) as a UUID of version 8: without the secret no name can be tried against it.
    """
    said = f"{hamlet_id}|{folded(name)}|{occurrence}"
    raw = bytearray(hmac.digest(secret, said.encode(), "sha256")[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


class _Codes:
    """House codes of a commune: the hamlet's initials and the next free number."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._last: dict[str, int] = defaultdict(int)
        for code in taken:
            prefix, _, number = code.rpartition("-")
            if number.isdecimal():
                self._last[prefix] = max(self._last[prefix], int(number))

    def next(self, hamlet: Hamlet) -> str:
        prefix = initials(hamlet.name)
        if prefix.isdecimal():
            prefix = initials(full_hamlet_name(hamlet))
        self._last[prefix] += 1
        return f"{prefix[:14]}-{self._last[prefix]:03}"


def _row(listed: Listed, id_: UUID, code: str, commune: CommuneRow, now: datetime) -> HouseholdRow:
    return HouseholdRow(
        province_code=commune.province_code,
        id=id_,
        commune_code=commune.code,
        hamlet_id=listed.hamlet.id,
        code=code,
        label=listed.name if listed.consent is Consent.GIVEN else "",
        people_count=listed.people_count,
        consent=listed.consent,
        consent_at=None if listed.consent is Consent.NOT_ASKED else now,
        recorded_at=now,
        received_at=now,
    )


def _perhaps_kept(new: Iterable[Listed], kept: Iterable[HouseholdRow]) -> list[Problem]:
    """New lines with the name of a household that was registered otherwise."""
    by_name = {(row.hamlet_id, folded(row.label)): row.code for row in kept if row.label}
    return [
        Problem("list.perhaps_kept", PERHAPS_KEPT, {"line": listed.line, "code": by_name[key]})
        for listed in new
        if (key := (listed.hamlet.id, folded(listed.name))) in by_name
    ]
