"""Every text of this release that can be spoken, by its key."""

from functools import cache

from volunteer_app.assets import as_json
from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.guides.figures import filled
from volunteer_app.domain.guides.figures import said as said_in_vietnamese
from volunteer_app.domain.guides.guide import DOUBT
from volunteer_app.domain.households import (
    COMMUNE_UNNAMED,
    CONSENT_ANSWERS_TEXT,
    CONSENT_TEXT,
    CONSENT_TEXT_VERSION,
)
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.privacy_notice import NOTICE
from volunteer_app.domain.problems import N_
from volunteer_app.domain.spoken_texts import (
    DOUBT_KEY,
    NEVER_KEY,
    NEVER_TEXT,
    SpokenText,
    answers_key,
    consent_key,
    mark_of,
    spoken_texts,
)
from volunteer_app.domain.translations import Part, words_of
from volunteer_app.i18n import LANGUAGES, catalog
from volunteer_app.pages.guides.packs import all_guides, translated

CONSENT_TITLE = N_("The question before a name is written down")
ANSWERS_TITLE = N_("How to answer it without reading; it is heard right after the question")
NEVER_TITLE = N_("What helpers never ask for")
DOUBT_TITLE = N_("After everything that is to be checked with an officer")
NOTICE_TITLE = N_("The public page about privacy")

SAID_AT_THE_DOOR = (
    (consent_key(CONSENT_TEXT_VERSION), CONSENT_TEXT, CONSENT_TITLE),
    (answers_key(CONSENT_TEXT_VERSION), CONSENT_ANSWERS_TEXT, ANSWERS_TITLE),
    (NEVER_KEY, NEVER_TEXT, NEVER_TITLE),
)
"""Key, words and title of each; the words come from the catalog of the interface."""

DOOR, TERMS_GROUP = "door", "terms"
"""Groups of texts that stand in no guide: what is said at the door, and the word list."""


def _at_any_door(tag: str, said: str) -> str:
    """What is said at the door, as somebody records it once for every commune."""
    say = catalog(tag).gettext
    return say(said).replace("{commune}", say(COMMUNE_UNNAMED))


@cache
def all_texts() -> dict[str, SpokenText]:
    """What is said at the door, what the privacy page says, all that each guide tells, each word of the list."""
    vietnamese = catalog(SOURCE).gettext
    door = [
        SpokenText(key, _at_any_door(SOURCE, said), vietnamese(title))
        for key, said, title in SAID_AT_THE_DOOR
    ]
    door.append(SpokenText(DOUBT_KEY, DOUBT, vietnamese(DOUBT_TITLE)))
    door += [
        SpokenText(section.text_key, section.spoken(vietnamese), vietnamese(NOTICE_TITLE))
        for section in NOTICE
    ]
    return {text.key: text for text in spoken_texts(all_guides(), TERMS, door)}


@cache
def texts_to_say() -> dict[str, SpokenText]:
    """Each wording once, under the key where it is met first: what there is to record."""
    by_mark: dict[str, SpokenText] = {}
    for text in all_texts().values():
        by_mark.setdefault(text.mark, text)
    return {text.key: text for text in by_mark.values()}


@cache
def sentences() -> dict[str, str]:
    """Every Vietnamese sentence that somebody may speak or translate, by its mark."""
    said = {words_of(text, part) for text in all_texts().values() for part in Part} - {""}
    return {mark_of(sentence): sentence for sentence in said}


@cache
def groups() -> dict[str, list[SpokenText]]:
    """What is worked on together: at the door, guide by guide, the word list; in a group nothing stands twice."""
    found: dict[str, dict[tuple[str, str], SpokenText]] = {}
    for text in all_texts().values():
        found.setdefault(group_of(text), {}).setdefault((text.text, text.more), text)
    return {name: list(texts.values()) for name, texts in found.items()}


def group_of(text: SpokenText) -> str:
    """The group of a text: a guide's slug, the door, or the word list."""
    kind, _, rest = text.key.partition(".")
    if kind == "term":
        return TERMS_GROUP
    slug = rest.partition(".")[0]
    return slug if any(guide.slug == slug for guide in all_guides()) else DOOR


def of_release(tag: str, source: str) -> str:
    """What the release's own catalogs say for a Vietnamese text; empty when they have no words of their own."""
    if tag not in LANGUAGES or tag == SOURCE:
        return ""
    return _own_words(tag).get(source) or translated(tag, source) or ""


@cache
def _own_words(tag: str) -> dict[str, str]:
    """The release's own words for what stands in no catalog as it is said: at the door, figures, the word list."""
    own = {_at_any_door(SOURCE, said): _at_any_door(tag, said) for _, said, _ in SAID_AT_THE_DOOR}
    own |= {
        section.spoken(catalog(SOURCE).gettext): section.spoken(catalog(tag).gettext) for section in NOTICE
    }
    for term in TERMS:
        title, text = translated(tag, term.title) or term.title, translated(tag, term.text)
        own |= {term.spoken: f"{title}: {text}"} if text else {}
    for figure in (figure for guide in all_guides() for figure in guide.figures):
        if text := translated(tag, figure.text):
            own[said_in_vietnamese(figure)] = filled(figure, text, tag)
    return own


def words_pack() -> dict[str, bytes]:
    """What phones keep of texts that stand in no guide (the question for consent, the word list), and the guides."""
    own = [text for name in (DOOR, TERMS_GROUP) for text in groups()[name]]
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
