"""What is counted in a scope, for the map and for other programs: by communes, in a commune by hamlets."""

from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.pages.coverage.sight import Asked, Sight, sight_of
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.figures.coverage import Counted


class SeenAreas(NamedTuple):
    """counted: all places of the scope, also those that the filter leaves out of the sight."""

    sight: Sight
    counted: list[Counted]


async def seen_in(
    db: AsyncSession, scope: Scope, asked: Asked, *, hides_small_cells: bool, blocker: str | None = None
) -> SeenAreas:
    """The figures of a scope. blocker: which one is counted, whatever the map shows."""
    named = (asked.view.service, asked.period, asked.today, asked.blocker if blocker is None else blocker)
    of_communes, hamlets = scope.commune_code is None, None
    if scope.commune_code is not None:
        counted = await coverage.hamlets_with_figures(db, scope, scope.commune_code, *named)
    else:
        counted = await coverage.communes_with_figures(db, scope, *named)
        if asked.is_narrowed:
            hamlets = await coverage.hamlets_with_figures(db, scope, None, *named)
    sight = sight_of(
        asked,
        counted,
        await coverage.phones_in(db, scope, asked.now),
        of_communes=of_communes,
        hides_small_cells=hides_small_cells,
        hamlets=hamlets,
    )
    return SeenAreas(sight, counted)
