"""Pages with figures of a place: one for a province and for a commune, and a start that leads to one's own."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import CurrentPerson, CurrentScope, Db, Me, require
from volunteer_app.domain.permissions import Scope, may_see_commune, may_see_figures
from volunteer_app.pages.answers import go_to
from volunteer_app.storage.places import CommuneRow, ProvinceRow

MakePage = Callable[
    [HTMXRequest, AsyncSession, Me | None, Scope, str, str | None], Awaitable[Response[Any] | Template]
]
"""Request, database, who reads, their scope, the province's code, the commune's or None."""


class FiguresPage(NamedTuple):
    """The three addresses of a page with figures."""

    start: HTTPRouteHandler
    of_province: HTTPRouteHandler
    of_commune: HTTPRouteHandler


def figures_page(root: str, make_page: MakePage) -> FiguresPage:
    """`/root`, `/root/{province}` and `/root/{province}/{commune}`."""

    @get(root)
    async def start(my_scope: CurrentScope) -> Redirect:
        """To the place that one answers for."""
        require(may_see_figures(my_scope))
        return go_to("/".join(filter(None, (root, my_scope.province_code, my_scope.commune_code))))

    @get(f"{root}/{{province_code:str}}")
    async def of_province(
        request: HTMXRequest,
        db: Db,
        me: CurrentPerson,
        my_scope: CurrentScope,
        province_code: FromPath[str],
    ) -> Response[Any] | Template:
        """The figures of a province, by communes."""
        return await make_page(request, db, me, my_scope, province_code, None)

    @get(f"{root}/{{province_code:str}}/{{commune_code:str}}")
    async def of_commune(
        request: HTMXRequest,
        db: Db,
        me: CurrentPerson,
        my_scope: CurrentScope,
        province_code: FromPath[str],
        commune_code: FromPath[str],
    ) -> Response[Any] | Template:
        """The figures of a commune, by hamlets."""
        return await make_page(request, db, me, my_scope, province_code, commune_code)

    return FiguresPage(start, of_province, of_commune)


async def chosen_place(
    db: AsyncSession, my_scope: Scope, province_code: str, commune_code: str | None
) -> tuple[Scope, str]:
    """One's scope looking into a place, and the place's full name; what is out of scope is *not found*."""
    require(may_see_figures(my_scope) and my_scope.province_code == province_code)
    require(my_scope.commune_code is None or commune_code is not None)
    if commune_code is None:
        province = await db.get(ProvinceRow, province_code)
        if province is None:
            raise NotFoundException
        return my_scope, province.full_name
    require(may_see_commune(my_scope, province_code, commune_code))
    commune = await db.get(CommuneRow, commune_code)
    if commune is None or commune.province_code != province_code:
        raise NotFoundException
    return my_scope.within(commune_code), commune.full_name
