"""Duplicates at the leader's desk: pairs that look alike, merged, told apart, and mergers taken back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.duplicates import SAME, pairs
from volunteer_app.domain.households import shown_name
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import may_lead
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.answers import desk_page, go_to
from volunteer_app.pages.households.named import names_of_members
from volunteer_app.storage import audit, households, merging, people, places
from volunteer_app.storage.households import HouseholdRow

MOST_PAIRS = 50

SaidId = Annotated[str, msgspec.Meta(max_length=36)]


class PairForm(msgspec.Struct):
    """What a pair's form sends. what: "merge" or "apart"."""

    kept: SaidId = ""
    lost: SaidId = ""
    what: SaidId = ""


@get("/duplicates")
async def duplicates_desk(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    one: FromQuery[str] = "",
    other: FromQuery[str] = "",
) -> Template:
    """Pairs that look alike, and the latest mergers. one, other: house codes of two that a leader knows to be one."""
    require(may_lead(my_scope))
    codes = (tidy(one).upper()[:20], tidy(other).upper()[:20])
    return await _page(request, db, me, my_scope, "", codes=codes)


@post("/duplicates", status_code=303)
async def settle_pair(
    request: Request,
    db: Db,
    me: CurrentPerson,
    my_scope: CurrentScope,
    data: URLEncodedBody[PairForm],
) -> Template | Redirect:
    """One door: merge them. Two doors: never ask again."""
    require(may_lead(my_scope) and data.what in ("merge", "apart"))
    kept, lost = [await _household(db, my_scope, id_) for id_ in (data.kept, data.lost)]
    if (kept is None or lost is None) and await merging.was_merged(db, my_scope, _ids(data.kept, data.lost)):
        return _back("already")
    require(kept is not None and lost is not None)
    if kept is None or lost is None or kept.id == lost.id:
        return await _page(request, db, me, my_scope, sentence_of(SAME), status_code=422)
    now = datetime.now(UTC)
    if data.what == "apart" and {kept.id, lost.id} in [
        set(pair) for pair in await merging.told_apart(db, my_scope)
    ]:
        return _back("already")
    if data.what == "merge":
        await merging.merge(db, my_scope, kept, lost, now)
        await audit.note(db, my_scope, "household.merged", kept.id, now=now, reason=str(lost.id))
    else:
        await merging.tell_apart(db, my_scope, (kept.id, lost.id), now)
        await audit.note(db, my_scope, "households.told_apart", kept.id, now=now, reason=str(lost.id))
    return _back("merged" if data.what == "merge" else "apart")


@post("/duplicates/{merger_id:uuid}/undo", status_code=303)
async def undo_merger(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, merger_id: FromPath[UUID]
) -> Template | Redirect:
    """Take a merger back: everything goes where it was."""
    require(may_lead(my_scope))
    merger = await merging.merger_of(db, my_scope, merger_id)
    if merger is None:
        require(await merging.was_undone(db, my_scope, merger_id))
        return _back("already")
    now = datetime.now(UTC)
    if problem := await merging.undo(db, my_scope, merger, now):
        return await _page(request, db, me, my_scope, sentence_of(problem), status_code=422)
    await audit.note(db, my_scope, "merger.undone", merger.kept_id, now=now, reason=str(merger.lost_id))
    return _back("undone")


async def _household(db: Any, scope: Any, text: str) -> HouseholdRow | None:
    try:
        return await households.household_of(db, scope, UUID(text))
    except ValueError:
        return None


async def _page(
    request: Request,
    db: Db,
    me: CurrentPerson,
    scope: Any,
    problem: str,
    *,
    codes: tuple[str, str] = ("", ""),
    status_code: int = 200,
) -> Template:
    rows = await households.households_in(db, scope)
    found = pairs(rows, await merging.told_apart(db, scope))
    chosen, problems = two_of(rows, codes)
    if chosen:
        ids = {one.id for one in chosen[0]}
        found = [*chosen, *(pair for pair in found if {one.id for one in pair} != ids)]
    if problems:
        status_code = 422
    mergers = await merging.mergers_in(db, scope, MOST_PAIRS)
    ids = [one.id for pair in found[:MOST_PAIRS] for one in pair]
    members: dict[UUID, list[str]] = {}
    people_there = await households.members_of(db, scope, ids)
    named = names_of_members(people_there)
    for row in people_there:
        members.setdefault(row.household_id, []).append(named[row.id])
    return desk_page(
        request,
        me,
        "duplicates/list.html",
        status_code=status_code,
        pairs=found[:MOST_PAIRS],
        count=len(found),
        members=members,
        standings={row.household_id: row for row in await households.standings_in(db, scope)},
        hamlets={one.id: one.name for one in await places.all_hamlets_of(db, scope.commune_code or "")},
        mergers=mergers,
        names={row.id: shown_name(row) for row in rows},
        people=await people.names_of(db, scope, {row.person_id for row in mergers}),
        shown_name=shown_name,
        problem=problem,
        codes=codes,
        problems=problems,
        chosen=bool(chosen),
    )


def two_of(
    rows: Sequence[HouseholdRow], codes: tuple[str, str]
) -> tuple[list[tuple[HouseholdRow, HouseholdRow]], dict[str, str]]:
    """The two with these house codes, the older one first; and what is wrong with the codes."""
    problems: dict[str, str] = {}
    if not all(codes):
        return [], problems
    found = []
    for field, code in zip(("one", "other"), codes, strict=True):
        there = [row for row in rows if row.code.upper() == code]
        if len(there) != 1:
            problems[field] = _(
                "No household of the commune has this code. It stands on its card, such as NM-012."
            )
        found += there
    if not problems and codes[0] == codes[1]:
        problems["other"] = sentence_of(SAME)
    if problems:
        return [], problems
    first, second = sorted(found, key=lambda row: (row.recorded_at, row.id.bytes))
    return [(first, second)], problems


def _ids(*texts: str) -> set[UUID]:
    found = set()
    for text in texts:
        with suppress(ValueError):
            found.add(UUID(text))
    return found


def _back(done: str) -> Redirect:
    return go_to("/duplicates", done)
