"""The phone's screens and the list of what a phone keeps: rendered once at start, without a person, without a request.

A screen is a shell in one language; the phone fills it from its own store. The worker's list names every file with its
mark, so a new version takes over what has not changed and fetches the rest.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import brotli
from jinja2 import Environment

from volunteer_app import __version__
from volunteer_app.assets import WORKER, Assets, as_json
from volunteer_app.domain.blockers import BLOCKER_NAMES, BLOCKER_PICTURES
from volunteer_app.domain.dossiers import RESULT_NAMES
from volunteer_app.domain.facilities import FACILITY_KIND_NAMES
from volunteer_app.domain.follow_ups import REASON_NAMES
from volunteer_app.domain.guides.guide import FLAG_NAMES
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.operations.ways_on import WRITTEN
from volunteer_app.domain.outreach import PLACE_NAMES
from volunteer_app.domain.people import ROLE_NAMES
from volunteer_app.domain.training import CARDS, SET
from volunteer_app.domain.visits import CLOSED_STAYS_DAYS, OUTCOME_NAMES
from volunteer_app.i18n import LANGUAGES, catalog, gettext, language_now
from volunteer_app.pages.coverage.scale import scales_on_phones
from volunteer_app.shell import prefixed

SCREENS = (
    "today",
    "households",
    "household",
    "visit",
    "guide",
    "outbox",
    "me",
    "lock",
    "voices",
    "ready",
    "outreach",
    "map",
    "dossiers",
)
"""Each has one word: address `/field/today`, template `pages/today/field.html`, script `static/js/today.js`."""

SCREEN_WORDS = {
    "blockers": BLOCKER_NAMES,
    "blocker_pictures": BLOCKER_PICTURES,
    "cards": CARDS,
    "cards_set": SET,
    "dossier_results": RESULT_NAMES,
    "facilities": FACILITY_KIND_NAMES,
    "flags": FLAG_NAMES,
    "hotlines": HOTLINES,
    "operations": {name: kind.words for name, kind in KINDS.items()},
    "outcomes": OUTCOME_NAMES,
    "reasons": REASON_NAMES,
    "roles": ROLE_NAMES,
    "session_places": PLACE_NAMES,
    "written": WRITTEN,
}
"""Words of the domain that screens carry as messages, by kind."""

APP_ICONS = ("icons/icon-192.png", "icons/icon-512.png", "icons/icon-maskable.png")


def app_icons(assets: Assets) -> list[dict[str, str]]:
    """The app's icons as a manifest names them."""
    return [
        {
            "src": assets.address(icon),
            "sizes": "192x192" if "192" in icon else "512x512",
            "type": "image/png",
            "purpose": "maskable" if "maskable" in icon else "any",
        }
        for icon in APP_ICONS
    ]


@dataclass(frozen=True)
class KeptAnswer:
    """One answer that phones keep: its address, what it says, and its mark (ETag)."""

    address: str
    body: bytes
    media_type: str
    mark: str

    @cached_property
    def compressed(self) -> bytes:
        """The body in brotli, made when the first phone asks: compressing all would hold up the start."""
        return brotli.compress(self.body, quality=11)


class FieldScreens:
    """Everything a phone keeps, by address; and the worker's script for each language."""

    def __init__(self, assets: Assets, templates: Environment, guide_packs: dict[str, bytes]) -> None:
        self.kept: dict[str, KeptAnswer] = {}
        self.workers: dict[str, bytes] = {}
        self.builds: dict[str, str] = {}
        for address, body in guide_packs.items():
            self._keep(address, body, "application/json")
        self._words_kb = -(
            -sum(len(brotli.compress(body, quality=4)) for body in guide_packs.values()) // 1000
        )
        for language in LANGUAGES:
            token = language_now.set(language)
            try:
                own = [self._manifest(assets, language)]
                own += [
                    self._screen(assets, templates, language, name, f"{name}/field.html") for name in SCREENS
                ]
            finally:
                language_now.reset(token)
            shown = assets.named_in(*(self.kept[address].body for address in own))
            self._worker(assets, language, [*own, *guide_packs, *shown])

    def _screen(self, assets: Assets, templates: Environment, language: str, name: str, template: str) -> str:
        modules = assets.named_in(assets.source(f"js/{name}.js").body, at_once=True)
        context = {
            "screen": name,
            "path": f"/field/{name}",
            "words": SCREEN_WORDS,
            "closed_stays_days": CLOSED_STAYS_DAYS,
            "modules": modules,
            "words_kb": self._words_kb,
            "scales": scales_on_phones(),
        }
        html = templates.get_template(template).render(context)
        return self._keep(prefixed(language, f"/field/{name}"), html.encode(), "text/html")

    def _manifest(self, assets: Assets, language: str) -> str:
        manifest = {
            "id": "/field",
            "name": catalog(language).gettext("Từng Nhà: household visits"),
            "short_name": "Từng Nhà",
            "lang": language,
            "start_url": prefixed(language, "/field/today"),
            "scope": "/",
            "display": "standalone",
            "background_color": "#f8f3e7",
            "theme_color": "#26305c",
            "icons": app_icons(assets),
            "description": gettext("Visits, guides and who can do what alone, also without signal."),
        }
        return self._keep(
            prefixed(language, "/app.webmanifest"), as_json(manifest), "application/manifest+json"
        )

    def _keep(self, address: str, body: bytes, media_type: str) -> str:
        mark = blake2b(body, digest_size=8).hexdigest()
        self.kept[address] = KeptAnswer(address, body, media_type, mark)
        return address

    def _worker(self, assets: Assets, language: str, addresses: list[str]) -> None:
        marks = {address: self.kept[address].mark if address in self.kept else "" for address in addresses}
        build = blake2b(as_json([__version__, marks]), digest_size=5).hexdigest()
        listing = as_json({"build": build, "marks": marks, "shell": prefixed(language, "/field/today")})
        name = f"service_worker/kept.{language}.js"
        assets.add(name, b"export const KEPT = " + listing + b"\n")
        script = assets.read(WORKER).replace("./kept.js", f"./kept.{language}.js")
        self.builds[language] = build
        self.workers[language] = assets.rewritten(WORKER, script)
