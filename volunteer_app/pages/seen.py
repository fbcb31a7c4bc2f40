"""Lists with families' names leave a line in the log of who did what, like a single household that is opened: one a
person, list and day, so that the line says something."""

from datetime import UTC, datetime
from typing import Any

from litestar import Request

from volunteer_app.dependencies import engine_of
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import audit


async def note_seen(
    request: Request, scope: Scope, which: str, object_id: object = "", *, commune_code: str | None = None
) -> None:
    """This person sees the names in this list. Written down first, in a transaction of its own: the request only reads.

    What was noted today is remembered in this process; another one notes it once more."""
    now = datetime.now(UTC)
    today, noted = request.app.state.seen_today
    if today != local_day(now):
        noted.clear()
        request.app.state.seen_today = (local_day(now), noted)
    key: tuple[Any, ...] = (scope.person_id, which, str(object_id), commune_code)
    if key in noted:
        return
    async with engine_of(request.app.state).writing() as db:
        await audit.note(db, scope, "names.seen", object_id, now=now, commune_code=commune_code, reason=which)
    noted.add(key)
