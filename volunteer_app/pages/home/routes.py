"""The public start page: what this is, what volunteers never ask for, whom to call."""

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from volunteer_app.dependencies import CurrentPerson
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.pages.answers import desk_page
from volunteer_app.settings import Settings

SHOWN_HOTLINES = ("vneid", "portal", "police")


@get("/")
async def home(request: Request, state: State, me: CurrentPerson) -> Template:
    """For citizens: is this real, and whom to call. For those who work with it: sign in."""
    settings: Settings = state.settings
    return desk_page(
        request,
        me,
        "home/home.html",
        is_demo=settings.is_demo,
        hotlines=[HOTLINES[slug] for slug in SHOWN_HOTLINES],
    )
