"""Every text of this release that can be spoken, by its key."""

from functools import cache

from volunteer_app.domain.glossary import TERMS
from volunteer_app.domain.households import CONSENT_TEXT, CONSENT_TEXT_VERSION
from volunteer_app.domain.languages import SOURCE
from volunteer_app.domain.problems import N_
from volunteer_app.domain.spoken_texts import SpokenText, spoken_texts
from volunteer_app.i18n import catalog
from volunteer_app.pages.guides.packs import all_guides

CONSENT_TITLE = N_("The question before a name is written down")


@cache
def all_texts() -> dict[str, SpokenText]:
    """Consent, each step of each guide, each word of the list."""
    vietnamese = catalog(SOURCE).gettext
    texts = spoken_texts(
        all_guides(), TERMS, vietnamese(CONSENT_TEXT), CONSENT_TEXT_VERSION, vietnamese(CONSENT_TITLE)
    )
    return {text.key: text for text in texts}
