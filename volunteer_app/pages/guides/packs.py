"""Guides as phones carry them: one file for each guide and citizen's language."""

from functools import cache
from pathlib import Path

from volunteer_app.assets import as_json
from volunteer_app.domain.guides.files import load_guides, load_pictures
from volunteer_app.domain.guides.guide import Guide
from volunteer_app.domain.guides.packs import guide_pack
from volunteer_app.i18n import LANGUAGES, catalog

FOLDER = Path(__file__).parents[2] / "guides"


@cache
def all_guides() -> list[Guide]:
    """Every guide of this release. Raises BrokenGuide for a file that does not fit the format."""
    return load_guides(FOLDER)


@cache
def all_pictures() -> dict[str, str]:
    """Every picture that guides show, by name."""
    return load_pictures(FOLDER)


def translated(language: str, text: str) -> str | None:
    """A guide's Vietnamese sentence in a language; None when nobody has translated it yet."""
    if language == "vi":
        return text
    found = catalog(language, "guides").gettext(text)
    return None if found == text else found


def all_packs() -> dict[str, bytes]:
    """Every guide in every language of the interface, and the pictures of all, by the address they are served at."""
    pictures = {"/guides/packs/pictures.json": as_json(all_pictures())}
    return pictures | {
        f"/guides/packs/{guide.slug}.{language}.json": as_json(
            guide_pack(guide, lambda text, to=language: translated(to, text))
        )
        for guide in all_guides()
        for language in LANGUAGES
    }


def listing() -> list[dict[str, object]]:
    """What a phone shows before a guide is opened."""
    return [
        {
            "slug": guide.slug,
            "number": guide.number,
            "service": guide.service,
            "version": guide.version,
            "minutes": guide.minutes,
            "kind": guide.kind,
            "title": {language: translated(language, guide.title) or guide.title for language in LANGUAGES},
            "flags": sorted({flag for step in guide.steps for flag in step.flags}),
        }
        for guide in all_guides()
    ]
