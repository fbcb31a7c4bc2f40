"""Doors to knock on and those who live behind them.

Private by construction: a household has a label, never an ID number, birth date, ethnicity, religion or position;
a member is a label with prerequisites. A name is kept only with consent (Law 91/2025/QH15).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import N_, Problem

CONSENT_TEXT_VERSION = 2
"""Version of CONSENT_TEXT: a new wording is a new version; an answer to an older one stays valid as what it was."""

CONSENT_TEXT = N_(
    "Good day. I help people with papers on the phone, as {commune} has asked us to. May I write down the name of the "
    "head of this household, what you call the people of the house, whether there are phone and card, what you can do "
    "alone, and what stands in the way? The commune keeps it, to go on helping next time. Only whoever looks after "
    "this hamlet and the commune's team leader can see it. When nobody has come for two years, it is erased. I never "
    "write down ID numbers, passwords or OTP codes, and I ask for no money. If you do not agree, I help you all the "
    "same. You may see it, correct it, erase it or change your mind at any time: tell me, or the commune."
)
"""The question that is read or played aloud before a name is written down (`pages/households/_consent.html`): what is
kept and why, who keeps and sees it, how long, and what one may ask (Law 91/2025/QH15 art. 9). {commune} is its name."""

COMMUNE_UNNAMED = N_("the commune")
"""What stands for {commune} in a recording, which is made once for every commune."""

CONSENT_ANSWERS_TEXT = N_(
    "If you agree, touch the field with the tick. If you do not agree, touch the field with the cross. "
    "Either is fine, and I help you all the same."
)
"""How to answer without reading: played after the question. It belongs to CONSENT_TEXT and shares its version."""


class Consent(StrEnum):
    """What the household said when asked whether its name and visits may be written down (đồng ý)."""

    NOT_ASKED = "not_asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentMethod(StrEnum):
    """How the question reached the family: the volunteer said it, a recorded person did, or a voice of the phone."""

    SPOKEN = "spoken"
    RECORDING = "recording"
    PHONE_VOICE = "phone_voice"


class Household(SQLModel):
    """A door to knock on (hộ).

    label: the head's name only with consent, otherwise empty; then the code is shown.
    code: house code made from the hamlet's initials and a number, e.g. "NL-012".
    people_count: how many live there, if known.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    code: str = Field(min_length=1, max_length=20)
    label: str = Field(default="", max_length=80)
    people_count: int | None = Field(default=None, ge=1, le=60)
    consent: Consent = Consent.NOT_ASKED
    consent_version: int | None = None
    consent_method: ConsentMethod | None = None
    consent_at: datetime | None = None


class Member(SQLModel):
    """Somebody behind the door (người trong hộ): a label such as "bà nội", and what a guide needs of them.

    Without the family's consent there is no label and no prerequisite: screens say "person 1" (`numbers_of`). A
    prerequisite is None while nobody has asked.
    """

    province_code: str = Field(max_length=2)
    id: UUID
    household_id: UUID
    label: str = Field(max_length=40)
    own_phone: bool | None = None
    own_sim: bool | None = None
    chip_card: bool | None = None
    vneid_level: int | None = Field(default=None, ge=0, le=2)
    signal_at_home: bool | None = None


PREREQUISITES = ("own_phone", "own_sim", "chip_card", "vneid_level", "signal_at_home")

FIELD_NAMES = {
    "label": N_("Name"),
    "people_count": N_("Number of people"),
    "consent": N_("Consent"),
    "own_phone": N_("Own smartphone"),
    "own_sim": N_("SIM in own name"),
    "chip_card": N_("Chip ID card"),
    "vneid_level": N_("VNeID level"),
    "signal_at_home": N_("Signal at home"),
}
"""What people call what can be changed of a household or a member: when it was changed, and when two changes clash."""

NAME_WITHOUT_CONSENT = Problem(
    "household.name_without_consent",
    N_("A name is kept only when the family agrees. Leave the name empty; the house code is enough."),
)


def problems_with_household(household: Household) -> dict[str, Problem]:
    """Why the household may not be kept, by field; empty means it may."""
    problems = {}
    if household.label and household.consent is not Consent.GIVEN:
        problems["label"] = NAME_WITHOUT_CONSENT
    elif found := problems_with_text(household.label):
        problems["label"] = found[0]
    return problems


def problems_with_member(member: Member) -> dict[str, Problem]:
    """Why the member may not be kept, by field; empty means they may."""
    if found := problems_with_text(member.label):
        return {"label": found[0]}
    return {}


NOBODY_BY_NAME = N_("Person %(number)s")
"""What a member without a label is called: their place in the house, by id. Phones do the same (`shownPeople`)."""


def numbers_of(members: Iterable[Member]) -> dict[UUID, int]:
    """The place of each member in their house, the first written down first."""
    found: dict[UUID, int] = {}
    counts: dict[UUID, int] = {}
    for member in sorted(members, key=lambda one: one.id.bytes):
        found[member.id] = counts[member.household_id] = counts.get(member.household_id, 0) + 1
    return found


def shown_name(household: Household) -> str:
    """What a screen calls the household: the name it agreed to, else the house code."""
    return household.label or household.code
