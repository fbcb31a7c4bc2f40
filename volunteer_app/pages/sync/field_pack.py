"""What a phone carries to the field (gói đi cơ sở): only the signed-in person's hamlets."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.follow_ups import Reason
from volunteer_app.domain.names import sort_key
from volunteer_app.domain.places import Hamlet, is_valid_on, successors_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS, Outcome
from volunteer_app.i18n import catalog
from volunteer_app.pages.guides.packs import listing
from volunteer_app.permissions import Scope
from volunteer_app.storage import (
    assignments,
    badges,
    closed_households,
    dossiers,
    facilities,
    feeds,
    follow_ups,
    hands,
    households,
    late_work,
    notes,
    people,
    places,
    team,
    visits,
)
from volunteer_app.storage.clashes import open_clashes
from volunteer_app.storage.households import HouseholdRow

DONE_NOTES = 3
DOSSIERS = 5
"""How many papers of a household a phone carries, the newest first."""
HOUSEHOLDS_PER_PAGE = 100
"""How many households one answer carries: about 15 KB compressed, a few seconds on 2G, and a cut loses no more."""


async def field_pack(
    db: AsyncSession, scope: Scope, now: datetime, cursors: dict[UUID, int], *, language: str
) -> dict[str, Any]:
    """What has changed since the phone's cursors, hamlet by hamlet, a page at a time; rows named like its stores.

    `left` counts the households still to fetch after this page; `cursors` are what to ask with next time. A hamlet
    that the phone still holds and that is no longer its person's stands in `moved`, with those who have it now;
    `late` are visits that somebody else made in this person's hamlets under a lease that was over when they arrived.
    Households closed long ago are left out; each hamlet names them in `closed`, so that a phone lets them go and still
    counts them. A household's `leaves_on` lets a phone without a network do the same on that day.
    """
    day = local_day(now)
    running = {row.hamlet_id: row for row in await assignments.running(db, scope, day)}
    commune = await places.commune(db, scope.commune_code) if scope.commune_code else None
    hamlets, shown_as = await _hamlets(db, scope, day)
    # An ended hamlet is fetched under a cursor of its own: united with another, its households are all sent again.
    asked_by = {id_: id_ if heir == id_ else uuid5(heir, id_.hex) for id_, heir in shown_as.items()}
    since = {id_: cursors.get(asked_by[id_], -1) for id_ in shown_as}
    heads = await feeds.heads(db, scope.province_code, since)
    closed = await closed_households.closed_in(db, scope, day) if shown_as else []
    left_out = {one.id for one in closed}
    page, total = await households.changed_since(db, scope, since, HOUSEHOLDS_PER_PAGE, left_out)
    ids = [row.id for row in page]
    left = total - len(page)
    latest = await visits.latest_visits(db, scope, ids)
    leaves_on = await closed_households.leaving_days(db, scope, latest)
    runs = await visits.walk_throughs_of_visits(db, scope, [visit.id for visit in latest])
    met = await households.met_of(db, scope, ids)
    late = [
        visit
        for visit in await late_work.visits_after_lease(db, scope, now - late_work.TOLD_FOR)
        if visit.person_id != scope.person_id
    ]
    marks = await late_work.marks_of(db, scope, [visit.id for visit in latest])
    named = {scope.person_id, *(visit.person_id for visit in [*latest, *late])}
    names = await people.names_of(db, scope, named)
    noted = await _notes(db, scope, ids)
    papers = await _dossiers(db, scope, ids)
    returns = await follow_ups.open_of(db, scope, ids)
    rechecks = [row.id for row in returns if row.reason is Reason.RECHECK]
    taught_by = await visits.observers_of(db, scope, rechecks)
    newest: dict[Any, Any] = {}
    clashing: dict[UUID, list[Any]] = {}
    for clash in await open_clashes(db, scope, ids):
        clashing.setdefault(clash.household_id, []).append(clash)
    for visit in latest:
        newest.setdefault(visit.household_id, visit)
    translate = catalog("en" if language.startswith("en") else "vi").gettext
    return {
        "left": left,
        "cursors": {
            str(asked_by[id_]): cursor
            for id_, cursor in _next_cursors(since, heads, page, is_last=left == 0).items()
        },
        "gone": await feeds.gone_since(db, scope.province_code, since),
        "moved": await _moved(db, scope, day, cursors.keys() - {*shown_as, *asked_by.values()}),
        "closed_stays_days": CLOSED_STAYS_DAYS,
        "late": [
            {
                **_some(visit, "household_id", "recorded_at", "received_at"),
                "person_name": names.get(visit.person_id, ""),
            }
            for visit in late
        ],
        "me": {
            "person_id": scope.person_id,
            "name": names.get(scope.person_id, ""),
            "role": scope.role,
            "province_code": scope.province_code,
            "commune_code": scope.commune_code,
            "commune_name": commune.name if commune else "",
            "badge": await badges.own_badge(db, scope, day),
        },
        "facilities": [
            _some(row, "kind", "name", "place", "hours", "phone")
            for row in (await facilities.facilities_of(db, scope.commune_code) if scope.commune_code else [])
        ],
        "team": await _team(db, scope, day),
        "guides": listing(),
        "services": [
            {
                "slug": s.slug,
                "name": translate(s.name),
                "core": s.core,
                "guide": s.guide,
                "level_needed": s.level_needed,
            }
            for s in PUBLIC_SERVICES.values()
        ],
        "hamlets": [
            {
                **_some(h, "id", "name", "kind", "commune_code", "household_count", "household_count_source"),
                **_some(h, "household_count_date", "languages", "signal", "position"),
                "commune_name": commune.name if commune else "",
                "assignment": _some(running[h.id], "first_day", "last_day", "target")
                if h.id in running
                else None,
                "closed": [
                    _some(one, "id", "is_met") for one in closed if shown_as.get(one.hamlet_id) == h.id
                ],
            }
            for h in hamlets
        ],
        "households": [
            {
                **_some(row, "id", "commune_code", "code", "label", "people_count", "consent"),
                "hamlet_id": shown_as[row.hamlet_id],
                "received_at": row.received_at,
                "is_met": row.id in met,
                "last_visit_at": newest[row.id].recorded_at if row.id in newest else None,
                "last_outcome": newest[row.id].outcome if row.id in newest else None,
                "clashes": [
                    _some(clash, "member_id", "field", "stood", "said") for clash in clashing.get(row.id, [])
                ],
                "notes": noted.get(row.id, []),
                "dossiers": papers.get(row.id, []),
                "leaves_on": leaves_on.get(row.id),
            }
            for row in page
        ],
        "members": [
            {
                **_some(row, "id", "household_id", "label"),
                **_some(row, "own_phone", "own_sim", "chip_card", "vneid_level", "signal_at_home"),
            }
            for row in await households.members_of(db, scope, ids)
        ],
        "visits": [
            {
                **_some(row, "id", "household_id", "note", "return_on", "recorded_at", "received_at"),
                "outcome": Outcome(row.outcome),
                "person_name": names.get(row.person_id, ""),
                "is_after_lease": row.id in marks and marks[row.id].is_after_lease,
            }
            for row in latest
        ],
        "walk_throughs": [
            {
                **_some(row, "id", "visit_id", "household_id", "member_id", "guide", "service", "teach_back"),
                **_some(
                    row,
                    "marks",
                    "is_needed",
                    "stuck_step",
                    "blocker",
                    "note",
                    "minutes",
                    "recorded_at",
                    "received_at",
                ),
            }
            for row in runs
        ],
        "observations": [
            _some(row, "id", "household_id", "member_id", "service", "level", "basis", "observed_at")
            for row in await visits.observations_of(db, scope, ids)
        ],
        "follow_ups": [
            {
                **_some(row, "id", "household_id", "reason", "due_from", "due_to"),
                **_some(row, "blocker", "service", "created_at", "person_id"),
                "taught_by": taught_by.get(row.id),
            }
            for row in returns
        ],
    }


async def _team(db: AsyncSession, scope: Scope, day: date) -> list[dict[str, Any]]:
    """Who may come along: the other volunteers of the commune, by given name."""
    mates = await hands.volunteers_in(db, scope, day) if scope.commune_code else []
    return [
        {"person_id": mate.id, "name": mate.name}
        for mate in sorted(mates, key=lambda one: sort_key(one.name))
        if mate.id != scope.person_id
    ]


async def _notes(
    db: AsyncSession, scope: Scope, household_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The leaders' notes on these households: open ones, and the last three that are done."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for note, done in await notes.notes_of(db, scope, household_ids):
        said = {"id": note.id, "text": note.text, "written_at": note.written_at}
        said["done_at"] = done.done_at if done else None
        of_household = found.setdefault(note.household_id, [])
        if done is None or len(of_household) < DONE_NOTES:
            of_household.append(said)
    return found


async def _dossiers(
    db: AsyncSession, scope: Scope, household_ids: list[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """The papers of these households and what came of them last."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for dossier, result in await dossiers.dossiers_of(db, scope, household_ids):
        said = _some(dossier, "id", "member_id", "service", "result_on", "recorded_at")
        said |= {
            "result": result.result if result else None,
            "result_at": result.recorded_at if result else None,
        }
        of_household = found.setdefault(dossier.household_id, [])
        if len(of_household) < DOSSIERS:
            of_household.append(said)
    return found


async def _hamlets(
    db: AsyncSession, scope: Scope, day: date
) -> tuple[list[places.HamletRow], dict[UUID, UUID]]:
    """The hamlets that a phone shows; and all whose households it carries, each with the one that they are shown under.

    A hamlet that has become part of another is shown as that one; whoever has only the ended one still sees its name.
    """
    if scope.commune_code is None:
        return [], {}
    known = [
        hamlet
        for hamlet in await places.all_hamlets_of(db, scope.commune_code)
        if scope.hamlet_ids is None or hamlet.id in scope.hamlet_ids
    ]
    standing = {hamlet.id for hamlet in known if is_valid_on(hamlet, day)}
    has_ended = [hamlet.id for hamlet in known if _has_ended(hamlet, day)]
    links = await places.predecessor_links(db, scope.province_code) if has_ended else []
    shown_as = {id_: id_ for id_ in standing}
    for id_ in has_ended:
        heirs = successors_of(id_, links) & standing
        shown_as[id_] = next(iter(heirs)) if len(heirs) == 1 else id_
    named = set(shown_as.values())
    return [hamlet for hamlet in known if hamlet.id in named], shown_as


def _has_ended(hamlet: Hamlet, day: date) -> bool:
    return hamlet.valid_to is not None and hamlet.valid_to < day


def _next_cursors(
    since: dict[UUID, int], heads: dict[UUID, int], page: list[HouseholdRow], *, is_last: bool
) -> dict[UUID, int]:
    """Where each hamlet stands after this page. The page goes hamlet by hamlet: those before its last are complete."""
    if is_last:
        return {id_: heads[id_] for id_ in since}
    after = dict(since)
    for row in page:
        after[row.hamlet_id] = row.feed_seq
    for id_ in {row.hamlet_id for row in page} - {page[-1].hamlet_id}:
        after[id_] = heads[id_]
    return after


async def _moved(
    db: AsyncSession, scope: Scope, day: date, hamlet_ids: Collection[UUID]
) -> list[dict[str, Any]]:
    """Hamlets that a phone holds and its person no longer has: their names, and who has them now."""
    known = await places.hamlets_by_id(db, scope.province_code, hamlet_ids)
    now_with = await team.holders(db, scope.province_code, [hamlet.id for hamlet in known], day)
    return [
        {"hamlet_id": hamlet.id, "name": hamlet.name, "now_with": now_with.get(hamlet.id, [])}
        for hamlet in known
    ]


def _some(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
