"""Letting other programs read the figures, and stopping them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, require
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.ids import sent_seed
from volunteer_app.domain.names import tidy
from volunteer_app.domain.permissions import may_let_programs_in
from volunteer_app.domain.programs import LASTS_DAYS, last_day_of, problems_with
from volunteer_app.i18n import sentence_of
from volunteer_app.pages.answers import go_to
from volunteer_app.pages.figures.routes import FilledProgram, description_page
from volunteer_app.storage import programs


class ProgramForm(msgspec.Struct):
    """What the form sends."""

    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    days: int = LASTS_DAYS[0]
    fresh: str = ""


@post("/figures-api/programs", status_code=200)
async def let_program_in(
    request: Request, db: Db, me: CurrentPerson, my_scope: CurrentScope, data: URLEncodedBody[ProgramForm]
) -> Template:
    """One more program; its secret stands on the answer and nowhere else."""
    require(may_let_programs_in(my_scope))
    now = datetime.now(UTC)
    today, name, seed = local_day(now), tidy(data.name), sent_seed(data.fresh)
    if secret := await programs.allowed_before(db, my_scope, seed):
        return await description_page(request, db, me, my_scope, FilledProgram(secret=secret))
    reading = [
        one
        for one in await programs.programs_of(db, my_scope)
        if one.stopped_at is None and one.last_day >= today
    ]
    if problems := problems_with(name, data.days, len(reading)):
        said = {where: sentence_of(problem) for where, problem in problems.items()}
        return await description_page(
            request, db, me, my_scope, FilledProgram(data.name, said), status_code=422
        )
    _row, secret = await programs.allow(db, my_scope, name, last_day_of(data.days, today), now, seed=seed)
    return await description_page(request, db, me, my_scope, FilledProgram(secret=secret))


@post("/figures-api/programs/{program_id:uuid}/end", status_code=303)
async def stop_program(db: Db, my_scope: CurrentScope, program_id: FromPath[UUID]) -> Redirect:
    """It reads nothing more from now on."""
    require(may_let_programs_in(my_scope))
    require(await programs.stop(db, my_scope, program_id, datetime.now(UTC)))
    return go_to("/figures-api#programs", "ended")
