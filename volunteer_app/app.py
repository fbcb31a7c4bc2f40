"""The web application: all wiring and the site map, read from top to bottom."""

import logging
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.htmx import HTMXPlugin, HTMXRequest
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from volunteer_app import asset_archive, i18n
from volunteer_app.assets import Assets
from volunteer_app.bodies import LARGEST_FORM_BYTES, whole_bodies
from volunteer_app.dependencies import provide_db, provide_me, provide_reader, provide_scope
from volunteer_app.domain.households import COMMUNE_UNNAMED, CONSENT_TEXT, CONSENT_TEXT_VERSION
from volunteer_app.domain.ids import new_id, new_seed
from volunteer_app.domain.independence import LEVEL_MEANINGS
from volunteer_app.field_screens import FieldScreens
from volunteer_app.i18n import LANGUAGES, language_now
from volunteer_app.keys_at_hand import ensure_keys
from volunteer_app.limits import Readings, WrongCodes
from volunteer_app.log_lines import request_now
from volunteer_app.machine_voice import MachineVoice
from volunteer_app.pages.answers import done_in
from volunteer_app.pages.guides.packs import all_packs
from volunteer_app.pages.links.counting import counting_opens
from volunteer_app.pages.navigation import navigation
from volunteer_app.pages.public.answering import PUBLIC_PATHS, PublicPages
from volunteer_app.pages.public.spoken import SpokenLanguages
from volunteer_app.pages.sign_in.again import ask_to_sign_in, form_page
from volunteer_app.pages.voices.texts import words_pack
from volunteer_app.sealing import Keys
from volunteer_app.settings import Settings
from volunteer_app.shell import Shell, prefixed
from volunteer_app.site_map import SITE_MAP
from volunteer_app.storage.database import Database, is_fault_of_the_database, one_at_a_time
from volunteer_app.storage.installation import server_facts
from volunteer_app.storage.media import Media
from volunteer_app.storage.operations.deliveries import Deliveries, take_what_was_unreadable
from volunteer_app.storage.operations.parked import replay_after_upgrade
from volunteer_app.storage.posters import OpenCounter
from volunteer_app.watch import health
from volunteer_app.watch.figures import told_at

log = logging.getLogger(__name__)

FIGURES_API = OpenAPIConfig(
    title="Từng Nhà: figures",
    version="1",
    description=(
        "Coverage figures for other programs: read-only, by place, small numbers left out. A program sends its secret "
        "as `Authorization: Bearer …` (made at the desk, under “Figures for other programs”): 300 times in 15 minutes. "
        "Whoever is signed in at the desk may open the same addresses and gets what their pages show."
    ),
    components=Components(security_schemes={"program": SecurityScheme(type="http", scheme="bearer")}),
    security=[{"program": []}, {}],
    path="/api/v1/figures",
    use_handler_docstrings=True,
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
)
"""Only what other programs read is described; handlers join with include_in_schema=True."""


def create_app(settings: Settings) -> Shell:
    """The application for these settings, ready for an ASGI server. The database must be migrated."""
    assets, templates, field_screens = what_is_served()
    database = Database(settings.database_url, Path(settings.register_folder))
    state = State(
        {
            "settings": settings,
            "assets": assets,
            "database": database,
            "deliveries": Deliveries(database, settings.least_free_percent),
            "cookie_name": "__Host-session" if settings.is_https else "session",
            "field_screens": field_screens,
            "public_pages": PublicPages(),
            "spoken_languages": SpokenLanguages(),
            "open_counter": OpenCounter(),
            "sealing_keys": Keys(Path(settings.keys_folder)),
            "media": Media(Path(settings.media_folder)),
            "machine_voice": MachineVoice(settings),
            "wrong_codes": WrongCodes(),
            "readings": Readings(),
            "figure_streams": {},
            "seen_today": (None, set()),
            "phone_cookie_name": "__Host-phone" if settings.is_https else "pin_phone",
        }
    )

    answers: Counter[str] = Counter()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        async with database.writing() as db:
            app.state.server = await server_facts(db)
            await ensure_keys(db, app.state.sealing_keys, datetime.now(UTC))
        read, now = app.state.sealing_keys.read, datetime.now(UTC)
        await database.writing_at_once(lambda c: (one_at_a_time(c), replay_after_upgrade(c, now)))
        await database.writing_at_once(lambda c: (one_at_a_time(c), take_what_was_unreadable(c, read, now)))
        asset_archive.store(assets, Path(settings.asset_archive), datetime.now(UTC))
        yield
        await database.close()

    app = Litestar(
        SITE_MAP,
        state=state,
        lifespan=[lifespan, counting_opens, told_at(settings.metrics, answers)],
        dependencies={
            "db": provide_db,
            "me": provide_me,
            "my_scope": provide_scope,
            "reader": provide_reader,
        },
        middleware=[whole_bodies],
        request_max_body_size=LARGEST_FORM_BYTES,
        request_class=HTMXRequest,
        plugins=[HTMXPlugin()],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(templates)),
        compression_config=CompressionConfig(
            backend="brotli",
            brotli_quality=4,
            exclude=[
                "^/api/v1/figures/events",
                "^/assets/",
                "^/media/",
                "^/field/",
                "^/guides/packs/",
                *PUBLIC_PATHS,
            ],
        ),
        exception_handlers={HTTPException: answer_refusal, Exception: answer_fault},
        after_request=keep_off_phones,
        include_in_schema=False,
        logging_config=None,  # a configuration of its own would take the place of `log_lines.begin`
        openapi_config=FIGURES_API,
    )
    return Shell(app, origin=settings.origin, health=health.answering(state), answers=answers)


BLOCKS = (
    "article aside blockquote body br datalist dd details dialog div dl dt fieldset figcaption figure footer form g "
    "h1 h2 h3 head header html legend li link main meta nav ol option p path rect script section summary symbol table "
    "tbody td template th thead title tr ul use"
).replace(" ", "|")
BESIDE_BLOCKS = re.compile(rf"(?:\s*\n\s*)?(</?(?:{BLOCKS})(?:\s[^<>]*)?>)(?:\s*\n\s*)?")
TAG_END = re.compile(r"\s*\n\s*(/?>)")
INDENTATION = re.compile(r"\s*\n\s*")


@cache
def what_is_served() -> tuple[Assets, Environment, FieldScreens]:
    """Files, templates and phone screens: the same whatever the settings, read and compressed once per process."""
    assets = Assets()
    templates = template_environment(assets)
    return assets, templates, FieldScreens(assets, templates, all_packs() | words_pack())


class Narrow(Extension):
    """Templates are indented for people; pages go out without: less to fetch, and the white space of HTML stays."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """White space with a line's end in it: nothing beside a block or before a tag's end, else one space."""
        return INDENTATION.sub(" ", TAG_END.sub(r"\1", BESIDE_BLOCKS.sub(r"\1", source)))


def template_environment(assets: Assets) -> Environment:
    """Jinja for every page, with translated sentences and the addresses of assets."""
    root = Path(__file__).parent / "pages"
    templates = Environment(
        loader=FileSystemLoader(root),
        autoescape=True,
        extensions=["jinja2.ext.i18n", Narrow],
        undefined=StrictUndefined,
    )
    templates.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    templates.globals |= {
        "asset": assets.address,
        "url": lambda path: prefixed(language_now.get(), path),
        "languages": LANGUAGES,
        "language_of_page": language_now.get,
        "navigation": navigation,
        "done_in": done_in,
        "fresh_id": lambda: new_id(datetime.now(UTC)),
        "fresh_seed": new_seed,
        "consent_text": CONSENT_TEXT,
        "level_meanings": LEVEL_MEANINGS,
        "commune_unnamed": COMMUNE_UNNAMED,
        "consent_version": CONSENT_TEXT_VERSION,
    }
    templates.filters |= {
        "day": i18n.format_day,
        "moment": i18n.format_moment,
        "number": i18n.format_number,
        "sentence": i18n.sentence_of,
        "spoken_name": i18n.spoken_name,
    }
    return templates


async def keep_off_phones(response: Response[Any]) -> Response[Any]:
    """Pages made for one person are never kept by a browser. Not a plain function: Litestar would give it a thread."""
    response.headers.setdefault("cache-control", "no-store")
    return response


def answer_refusal(request: Request, error: HTTPException) -> Response[Any]:
    """Refused or not there: JSON for phones, a calm page for people."""
    if request.url.path.startswith("/api/"):
        said = {"detail": error.detail}
        if isinstance(error, NotAuthorizedException) and request.state.get("is_revoked"):
            said["code"] = "revoked"  # this phone must deliver what it holds and forget the rest
        return Response(said, status_code=error.status_code, headers=error.headers)
    if isinstance(error, NotAuthorizedException):
        return ask_to_sign_in(request)
    return error_page(request, error.status_code)


def answer_fault(request: Request, error: Exception) -> Response[Any]:
    """A bug: logged with a number that the page shows; nothing else of it leaves the server."""
    if is_fault_of_the_database(error):
        log.error("database.gone kind=%s", type(error).__name__)
        later = {"retry-after": "15"}
        if request.url.path.startswith("/api/"):
            return Response({"detail": "the server cannot answer now"}, status_code=503, headers=later)
        page = error_page(request, 503)
        page.headers |= later
        return page
    number = request_now.get()
    log.error("request.failed method=%s", request.method, exc_info=error)
    if request.url.path.startswith("/api/"):
        return Response({"detail": "server fault", "number": number}, status_code=500)
    return error_page(request, 500, number)


def error_page(request: Request, status_code: int, number: str = "") -> Template:
    """What happened, what is safe, what to do."""
    context = {
        "status_code": status_code,
        "number": number,
        "me": None,
        "path": request.scope["path"],
        "back": form_page(request),
    }
    return Template("error.html", context=context, status_code=status_code)
