"""What a phone carries to the field (gói đi cơ sở): only the signed-in person's hamlets."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.households import NOBODY_BY_NAME
from volunteer_app.domain.names import sort_key
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.places import Commune, Hamlet, is_valid_on, successors_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS
from volunteer_app.i18n import catalog
from volunteer_app.pages.guides.packs import listing
from volunteer_app.pages.sync.household_rows import rows_of, some
from volunteer_app.storage import (
    assignments,
    badges,
    closed_households,
    facilities,
    feeds,
    hands,
    households,
    late_work,
    people,
    places,
    team,
    visit_requests,
)
from volunteer_app.storage.households import HouseholdRow

HOUSEHOLDS_PER_PAGE = 100
"""How many households one answer carries: about 15 KB compressed, a few seconds on 2G, and a cut loses no more."""


async def field_pack(
    db: AsyncSession, scope: Scope, now: datetime, cursors: dict[UUID, int], *, language: str
) -> dict[str, Any]:
    """What has changed since the phone's cursors, hamlet by hamlet, a page at a time; rows named like its stores.

    `left` counts the households still to fetch after this page; `cursors` are what to ask with next time. A hamlet
    that the phone still holds and that is no longer its person's stands in `moved`, with those who have it now;
    `visit_requests` are citizens' requests that this person is sent on, all of them each time;
    `late` are visits that somebody else made in this person's hamlets under a lease that was over when they arrived.
    Households closed long ago are left out; each hamlet names them in `closed`, so that a phone lets them go and still
    counts them. A household's `leaves_on` lets a phone without a network do the same on that day.
    """
    day = local_day(now)
    running = {row.hamlet_id: row for row in await assignments.running(db, scope, day)}
    commune = await places.commune(db, scope.commune_code) if scope.commune_code else None
    commune_name = commune.name if commune else ""
    hamlets, shown_as = await _hamlets(db, scope, day)
    # An ended hamlet is fetched under a cursor of its own: united with another, its households are all sent again.
    asked_by = {id_: id_ if heir == id_ else uuid5(heir, id_.hex) for id_, heir in shown_as.items()}
    since = {id_: cursors.get(asked_by[id_], -1) for id_ in shown_as}
    heads = await feeds.heads(db, scope.province_code, since)
    closed = await closed_households.closed_in(db, scope, day) if shown_as else []
    left_out = {one.id for one in closed}
    page, total = await households.changed_since(db, scope, since, HOUSEHOLDS_PER_PAGE, left_out)
    left = total - len(page)
    return {
        "left": left,
        "cursors": {
            str(asked_by[id_]): cursor
            for id_, cursor in _next_cursors(since, heads, page, is_last=left == 0).items()
        },
        "gone": await feeds.gone_since(db, scope.province_code, since),
        "moved": await _moved(db, scope, day, cursors.keys() - {*shown_as, *asked_by.values()}),
        "closed_stays_days": CLOSED_STAYS_DAYS,
        "late": await _late(db, scope, now),
        "visit_requests": [
            some(one.request, "id", "name", "phone", "visit_on", "guide_number") | {"hamlet": one.hamlet}
            for one in await visit_requests.given_to(db, scope)
        ],
        "me": await _me(db, scope, day, commune)
        | ({} if hamlets else await _without_hamlets(db, scope, day)),
        "facilities": [
            some(row, "kind", "name", "place", "hours", "phone")
            for row in (await facilities.facilities_of(db, scope.commune_code) if scope.commune_code else [])
        ],
        "team": await _team(db, scope, day),
        "guides": listing(),
        "services": _services(language),
        "nobody": _nobody(language),
        "hamlets": [
            {
                **some(h, "id", "name", "kind", "commune_code", "household_count", "household_count_source"),
                **some(h, "household_count_date", "languages", "signal", "position"),
                "commune_name": commune_name,
                "assignment": some(running[h.id], "first_day", "last_day", "target")
                if h.id in running
                else None,
                "closed": [
                    some(one, "id", "is_met", "is_independent", "last_visit_on")
                    for one in closed
                    if shown_as.get(one.hamlet_id) == h.id
                ],
            }
            for h in hamlets
        ],
        **await rows_of(db, scope, page, shown_as),
    }


def _services(language: str) -> list[dict[str, Any]]:
    """Every public service by its name in the phone's language."""
    translate = catalog("en" if language.startswith("en") else "vi").gettext
    return [
        some(service, "slug", "core", "guide", "level_needed") | {"name": translate(service.name)}
        for service in PUBLIC_SERVICES.values()
    ]


def _nobody(language: str) -> str:
    """What a phone calls somebody without a name."""
    translate = catalog("en" if language.startswith("en") else "vi").gettext
    return translate(NOBODY_BY_NAME) % {"number": "{number}"}


async def _me(db: AsyncSession, scope: Scope, day: date, commune: Commune | None) -> dict[str, Any]:
    """Who is signed in, with their badge."""
    names = await people.names_of(db, scope, {scope.person_id})
    return {
        **some(scope, "person_id", "role", "province_code", "commune_code"),
        "name": names.get(scope.person_id, ""),
        "commune_name": commune.name if commune else "",
        "commune_full_name": commune.full_name if commune else "",
        "badge": await badges.own_badge(db, scope, day),
    }


async def _without_hamlets(db: AsyncSession, scope: Scope, day: date) -> dict[str, Any]:
    """Why there is nothing to show, and whom to ask."""
    until = await assignments.last_lease_ends(db, scope)
    return {
        "leaders": await hands.leaders_in(db, scope, day) if scope.commune_code else [],
        "had_hamlets_until": until.isoformat() if until and until < day else None,
    }


async def _late(db: AsyncSession, scope: Scope, now: datetime) -> list[dict[str, Any]]:
    """Visits that somebody else made here under a lease that was over when they arrived."""
    visits = await late_work.visits_after_lease(db, scope, now - late_work.TOLD_FOR)
    names = await people.names_of(db, scope, {visit.person_id for visit in visits})
    return [
        some(visit, "household_id", "recorded_at", "received_at")
        | {"person_name": names.get(visit.person_id, "")}
        for visit in visits
        if visit.person_id != scope.person_id
    ]


async def _team(db: AsyncSession, scope: Scope, day: date) -> list[dict[str, Any]]:
    """Who may come along: the other volunteers of the commune, by given name."""
    mates = await hands.volunteers_in(db, scope, day) if scope.commune_code else []
    return [
        {"person_id": mate.id, "name": mate.name}
        for mate in sorted(mates, key=lambda one: sort_key(one.name))
        if mate.id != scope.person_id
    ]


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
    """Hamlets that were once this person's and no longer are: their names, and who has them now. What a phone claims to
    hold proves nothing."""
    ever = await assignments.ever_of(db, scope) if hamlet_ids else set()
    known = await places.hamlets_by_id(db, scope.province_code, ever & set(hamlet_ids))
    now_with = await team.holders(db, scope.province_code, [hamlet.id for hamlet in known], day)
    return [
        {"hamlet_id": hamlet.id, "name": hamlet.name, "now_with": now_with.get(hamlet.id, [])}
        for hamlet in known
    ]
