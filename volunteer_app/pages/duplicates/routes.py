"""Duplicates at the leader's desk: pairs that look alike, merged, told apart, and mergers taken back."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.duplicates import SAME, pairs
from volunteer_app.domain.households import shown_name
from volunteer_app.domain.permissions import may_lead
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
async def duplicates_desk(request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope) -> Template:
    """Pairs that look alike, and the latest mergers."""
    require(may_lead(my_scope))
    return await _page(request, db, me, my_scope, "")


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
    request: Request, db: Db, me: CurrentPerson, scope: Any, problem: str, *, status_code: int = 200
) -> Template:
    rows = await households.households_in(db, scope)
    found = pairs(rows, await merging.told_apart(db, scope))
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
    )


def _ids(*texts: str) -> set[UUID]:
    found = set()
    for text in texts:
        with suppress(ValueError):
            found.add(UUID(text))
    return found


def _back(done: str) -> Redirect:
    return go_to("/duplicates", done)
