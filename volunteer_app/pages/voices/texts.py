"""Every text of this release that can be spoken, by its key."""

from functools import cache

from volunteer_app.assets import as_json
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.households import CONSENT_ANSWERS_TEXT, CONSENT_TEXT, CONSENT_TEXT_VERSION
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.problems import N_
from volunteer_app.domain.spoken_texts import SpokenText, answers_key, consent_key, spoken_texts
from volunteer_app.i18n import LANGUAGES, catalog
from volunteer_app.pages.guides.packs import all_guides, translated

CONSENT_TITLE = N_("The question before a name is written down")
ANSWERS_TITLE = N_("How to answer it without reading; it is heard right after the question")


@cache
def all_texts() -> dict[str, SpokenText]:
    """Consent, each step of each guide, each word of the list."""
    vietnamese = catalog(SOURCE).gettext
    consent = [
        SpokenText(key(CONSENT_TEXT_VERSION), vietnamese(said), vietnamese(title))
        for key, said, title in (
            (consent_key, CONSENT_TEXT, CONSENT_TITLE),
            (answers_key, CONSENT_ANSWERS_TEXT, ANSWERS_TITLE),
        )
    ]
    return {text.key: text for text in spoken_texts(all_guides(), TERMS, consent)}


def of_release(tag: str, source: str) -> str:
    """What the release's own catalog says for a Vietnamese text; empty when it has no words of its own."""
    return (translated(tag, source) or "") if tag in LANGUAGES and tag != SOURCE else ""


def words_pack() -> dict[str, bytes]:
    """What phones keep of texts that stand in no guide (the question for consent, the word list), and the guides."""
    own = [text for key, text in all_texts().items() if not key.startswith("step.")]
    meanings = {
        f"term.{term.key}": {
            to: {
                "title": translated(to, term.title) or term.title,
                "text": translated(to, term.text) or term.text,
            }
            for to in LANGUAGES
        }
        for term in TERMS
    }
    listed = [
        {"key": text.key, "text": text.text, "about": text.about} | {"in": meanings.get(text.key, {})}
        for text in own
    ]
    guides = [
        {"slug": guide.slug, "title": {to: translated(to, guide.title) or guide.title for to in LANGUAGES}}
        for guide in all_guides()
    ]
    return {"/guides/packs/words.json": as_json({"texts": listed, "guides": guides})}
