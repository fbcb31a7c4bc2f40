"""Coverage maps: province > commune > hamlet, each with its table twin. Figures only, never a family's name."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from litestar import Response
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Template
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.dependencies import Me
from volunteer_app.domain.permissions import Scope, may_see_small_figures, may_see_team
from volunteer_app.i18n import language_now
from volunteer_app.pages.answers import desk_page
from volunteer_app.pages.coverage.areas import Land, land_of, land_of_commune, undrawn_of
from volunteer_app.pages.coverage.beside import choices_beside, land_of_hamlets, panels_of, views_beside
from volunteer_app.pages.coverage.filters import Described, filters_of
from volunteer_app.pages.coverage.shown import Asked, Shown, asked_for, asked_of, shown_in
from volunteer_app.pages.coverage.view import Beside, address
from volunteer_app.pages.coverage.words import drawn, minute_of, words_of
from volunteer_app.pages.places import chosen_place, figures_page
from volunteer_app.shell import prefixed
from volunteer_app.storage.figures import coverage
from volunteer_app.storage.places import ProvinceRow, hamlet_outlines


async def _page(
    request: HTMXRequest,
    db: AsyncSession,
    me: Me | None,
    my_scope: Scope,
    province_code: str,
    commune_code: str | None,
) -> Response[Any] | Template:
    """A map of outlines where they were imported (of a commune: all of them), else a mosaic."""
    scope, name = await chosen_place(db, my_scope, province_code, commune_code)
    hides = not may_see_small_figures(my_scope)
    asked = asked_of(request.query_params, datetime.now(UTC), by_day=not hides)
    shown, areas = await shown_in(db, scope, asked, hides_small_cells=hides)
    if answer := _without_the_map(request, shown):
        return answer
    place: dict[str, Any] = {"title": name}
    if commune_code is None:
        hamlets = await coverage.kinds_of_hamlets(db, scope)
        land = small = land_of(areas, await coverage.outlines_in(db, scope))
        place["crumbs"] = []
    else:
        hamlets = areas
        province = await db.get_one(ProvinceRow, province_code)
        up = "" if my_scope.commune_code else prefixed(language_now.get(), f"/coverage/{province_code}")
        place["crumbs"] = [(province.full_name, up)]
        outlines = await hamlet_outlines(db, province_code, commune_code, asked.today)
        land = land_of_commune(outlines)
        small = land or land_of_hamlets([one.key for one in areas])
        without = undrawn_of(outlines)
        place["undrawn"] = [one.name for one in areas if one.key in without]
    place |= {"land": land, **await _beside(db, scope, asked, small, hides=hides)}
    return _answer(request, me, shown, hamlets, place, of_communes=commune_code is None)


map_page = figures_page("/coverage", _page)


async def _beside(db: AsyncSession, scope: Scope, asked: Asked, land: Land, *, hides: bool) -> dict[str, Any]:
    """The same map several times, if that is asked for."""
    if asked.view.beside is Beside.NOTHING:
        return {"panels": []}
    several = []
    for view in views_beside(asked.view):
        asked_beside = asked_for(view, asked.now, by_day=asked.by_day)
        shown, _counted = await shown_in(db, scope, asked_beside, hides_small_cells=hides)
        several.append(shown)
    return panels_of(several, land, of_communes=scope.commune_code is None)


def _answer(
    request: HTMXRequest,
    me: Me | None,
    shown: Shown,
    hamlets: Collection[Described],
    place: dict[str, Any],
    *,
    of_communes: bool,
) -> Response[Any]:
    """The map alone for htmx, else the page around it (which is also what the browser's way back needs)."""
    land: Land | None = place["land"]
    path = request.scope["path"]
    context = {
        "shows_team": me is not None and may_see_team(me.scope),
        **place,
    }
    here = prefixed(language_now.get(), path)
    context |= words_of(shown, here, of_communes=of_communes)
    context["side_by_side"] = choices_beside(shown.asked.view, here)
    context["signals"], context["spoken"] = filters_of(here, shown.asked.view, hamlets, address)
    if land is not None:
        context["drawn"], context["left_out"] = drawn(land, context["tiles"])
        on_map = {area.key for area in land.areas}
        context["not_on_map"] = [tile.name for tile in context["tiles"] if tile.key not in on_map]
    is_piece = request.htmx and not request.htmx.history_restore_request
    return desk_page(request, me, "coverage/_map.html" if is_piece else "coverage/map.html", **context)


def _without_the_map(request: HTMXRequest, shown: Shown) -> Response[Any] | None:
    """What an open page gets that asks whether something has changed: nothing, or only the moment."""
    figures, _, minute = request.query_params.get("unless", "").partition("-")
    if figures != shown.mark:
        return None
    now, path = minute_of(shown), request.scope["path"]
    if minute == now:
        return Response(None, status_code=204)
    context = {
        "shown": shown,
        "minute": now,
        "here": address(prefixed(language_now.get(), path), shown.asked.view),
    }
    return HTMXTemplate(template_name="coverage/_as_of.html", context=context, re_target="#as-of")
