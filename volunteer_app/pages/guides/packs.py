"""Guides as phones carry them: one file for each guide and citizen's language."""

from functools import cache
from pathlib import Path
from typing import Any

from volunteer_app.assets import as_json
from volunteer_app.domain.guides.files import load_acts, load_guides, load_pictures, load_sources
from volunteer_app.domain.guides.guide import Act, Claim, Confidence, Guide, GuideSource, claims_of
from volunteer_app.domain.guides.packs import guide_pack
from volunteer_app.domain.problems import N_
from volunteer_app.i18n import LANGUAGES, catalog, format_day, language_now
from volunteer_app.i18n import gettext as _

HOW_SURE: dict[Confidence, str] = {
    Confidence.HIGH: N_("Two sources or more say so, or the text of the law."),
    Confidence.MEDIUM: N_("One source says so."),
    Confidence.LOW: N_("Nobody official has confirmed it."),
}
"""How sure something is, as people read it who tap on it."""

FOLDER = Path(__file__).parents[2] / "guides"


@cache
def all_guides() -> list[Guide]:
    """Every guide of this release. Raises BrokenGuide for a file that does not fit the format."""
    return load_guides(FOLDER)


@cache
def all_pictures() -> dict[str, str]:
    """Every picture that guides show, by name."""
    return load_pictures(FOLDER)


@cache
def all_sources() -> dict[str, GuideSource]:
    """Where facts were read, by key."""
    return load_sources(FOLDER)


@cache
def all_acts() -> dict[str, Act]:
    """The legal acts on which facts hang, by key."""
    return load_acts(FOLDER)


def about(claim: Claim) -> str:
    """What a claim rests on: act and article, where and when it was read, how sure it is. In the page's language."""
    acts = [all_acts()[key].name for key in claim.acts]
    said = [", ".join([*acts, *([claim.article] if claim.article else [])]) + "."] if acts else []
    if source := all_sources().get(claim.source or ""):
        said.append(_("Read in: %(source)s, %(day)s.") % {"source": source.publisher, "day": source.date})
        if source.read_on:
            said.append(_("We read it on %(day)s.") % {"day": format_day(source.read_on)})
    if claim.confidence:
        said.append(_(HOW_SURE[claim.confidence]))
    elif source and source.lead:
        said.append(_(HOW_SURE[Confidence.LOW]))
    return " ".join(said)


def made_from(guide: Guide) -> str:
    """Of when the texts are from which a guide was written, and whether anybody has seen its screens."""
    keys = {*guide.sources, *(claim.source for claim in claims_of(guide) if claim.source)}
    years = sorted(all_sources()[key].date[-4:] for key in keys)
    texts = {"first": years[0], "last": years[-1]}
    said = (
        _("Written from texts published in %(last)s.")
        if years[0] == years[-1]
        else _("Written from texts published between %(first)s and %(last)s.")
    ) % texts
    if guide.seen_on:
        return f"{said} " + _("These screens were seen on version %(version)s.") % {"version": guide.seen_on}
    return f"{said} " + _("Nobody has compared it with a real phone yet.")


def translated(language: str, text: str) -> str | None:
    """A guide's Vietnamese sentence in a language; None when nobody has translated it yet."""
    if language == "vi":
        return text
    found = catalog(language, "guides").gettext(text)
    return None if found == text else found


def all_packs() -> dict[str, bytes]:
    """Every guide in every language of the interface, and the pictures of all, by the address they are served at."""
    packs = {"/guides/packs/pictures.json": as_json(all_pictures())}
    for language in LANGUAGES:
        token = language_now.set(language)
        try:
            packs |= {
                f"/guides/packs/{guide.slug}.{language}.json": as_json(_pack(guide, language))
                for guide in all_guides()
            }
        finally:
            language_now.reset(token)
    return packs


def _pack(guide: Guide, language: str) -> dict[str, Any]:
    def in_language(text: str) -> str | None:
        return translated(language, text)

    return guide_pack(guide, in_language, language, about=about, made_from=made_from(guide))


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
