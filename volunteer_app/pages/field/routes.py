"""The phone's screens, the worker, the guide packs: static answers, made at start (`field_screens.py`)."""

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery

from volunteer_app.field_screens import FieldScreens, KeptAnswer
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.shell import prefixed

LEAVING_WORKER = "service_worker/leave.js"
"""What /sw.js is while WORKER is off."""


@get(["/field/{screen:str}", "/app.webmanifest"])
async def field_screen(request: Request, state: State) -> Response[bytes]:
    """A screen's shell (or the manifest) in the language of the address."""
    screens: FieldScreens = state.field_screens
    return _answer(request, screens.kept.get(prefixed(language_now.get(), request.scope["path"])))


@get("/guides/packs/{name:str}")
async def guide_pack(request: Request, state: State) -> Response[bytes]:
    """A guide in one citizen's language, as the player reads it."""
    screens: FieldScreens = state.field_screens
    return _answer(request, screens.kept.get(request.scope["path"]))


@get("/sw.js")
async def worker(state: State, language: FromQuery[str] = "vi") -> Response[bytes]:
    """The service worker. Always asked for anew, so that a new version is found."""
    screens: FieldScreens = state.field_screens
    if language not in LANGUAGES:
        raise NotFoundException
    headers = {"cache-control": "no-cache", "service-worker-allowed": "/"}
    if state.settings.worker == "off":
        leaving = state.assets.source(LEAVING_WORKER).body
        return Response(leaving, media_type="text/javascript", headers=headers)
    return Response(screens.workers[language], media_type="text/javascript", headers=headers)


def _answer(request: Request, kept: KeptAnswer | None) -> Response[bytes]:
    if kept is None:
        raise NotFoundException
    headers = {"etag": f'"{kept.mark}"', "cache-control": "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == f'"{kept.mark}"':
        return Response(b"", status_code=304, media_type=kept.media_type, headers=headers)
    if "br" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "br"
        return Response(kept.compressed, media_type=kept.media_type, headers=headers)
    return Response(kept.body, media_type=kept.media_type, headers=headers)
