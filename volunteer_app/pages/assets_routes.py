"""Files for browsers, by their address with the hash in it."""

from pathlib import Path

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException

from volunteer_app import asset_archive
from volunteer_app.assets import Assets
from volunteer_app.pages.public.answering import FOR_EVER


@get("/assets/{path:path}")
async def asset(request: Request, state: State) -> Response[bytes]:
    """One file. It may be kept for ever: other content would have another address."""
    assets: Assets = state.assets
    address = request.scope["path"]
    found = assets.at(address) or asset_archive.find(Path(state.settings.asset_archive), address)
    if found is None:
        raise NotFoundException
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    if found.compressed and "br" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "br"
        return Response(found.compressed, media_type=found.media_type, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)
