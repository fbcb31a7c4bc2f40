"""Public services (dịch vụ công): what a citizen can do digitally, and what must hold before."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from volunteer_app.domain.problems import N_


@dataclass(frozen=True)
class PublicService:
    """One thing a citizen can do digitally.

    slug: our own stable name; national procedure codes move and are not used as keys.
    name: English source sentence. guide: slug of the guide that teaches it, or None.
    level_needed: VNeID level (0, 1, 2) the citizen must hold before starting.
    core: counts for the independence of a household (see `independence.py`).
    framework_code: code in Decision 757/QĐ-BKHCN once it is known (`framework_codes.toml`); never guessed.
    """

    slug: str
    name: str
    guide: str | None
    level_needed: int = 0
    core: bool = False
    framework_code: str | None = None


CODES_FILE = Path(__file__).parent.parent / "framework_codes.toml"
_CODES: dict[str, str] = tomllib.loads(CODES_FILE.read_text(encoding="utf-8"))["codes"]

PUBLIC_SERVICES: dict[str, PublicService] = {
    service.slug: replace(service, framework_code=_CODES.get(service.slug))
    for service in (
        PublicService("activate-level-2", N_("Activate VNeID level 2"), "activate-level-2", core=True),
        PublicService("file-on-portal", N_("Sign in and file on the portal"), "file-on-portal", 2, core=True),
        PublicService("integrate-papers", N_("Papers in VNeID"), "integrate-papers", 2, core=True),
        PublicService(
            "benefit-account", N_("Bank account for social benefits"), "benefit-account", 2, core=True
        ),
        PublicService("spot-scams", N_("Spot scam calls and messages"), "spot-scams", core=True),
        PublicService("install-vneid", N_("Install VNeID, level 1"), "install-vneid"),
        PublicService("get-level-2", N_("Get VNeID level 2 at the police"), "get-level-2"),
        PublicService("recover-account", N_("Recover the VNeID account, new phone"), "recover-account", 1),
        PublicService(
            "register-birth", N_("Birth, with residence and health insurance"), "register-birth", 2
        ),
        PublicService("register-death", N_("Death, with funeral allowance"), "register-death", 2),
        PublicService("marriage-status", N_("Marriage-status certificate"), "marriage-status", 2),
        PublicService("register-residence", N_("Temporary or permanent residence"), "register-residence", 2),
        PublicService("stay-notice", N_("Overnight-stay notice"), "stay-notice", 2),
        PublicService("confirm-residence", N_("Confirmation of residence"), "confirm-residence", 2),
        PublicService("criminal-record", N_("Criminal-record certificate"), "criminal-record", 2),
        PublicService(
            "renew-health-insurance", N_("Household health insurance renewal"), "renew-health-insurance", 2
        ),
        PublicService("social-pension", N_("Social pension"), "social-pension"),
        PublicService("send-feedback", N_("Feedback to the authorities"), "send-feedback"),
        PublicService("certified-copy", N_("Certified copies and extracts"), "certified-copy"),
        PublicService("child-id-card", N_("ID card for a child under 14"), "child-id-card", 2),
        PublicService("new-electricity", N_("New electricity supply"), "new-electricity", 2),
        PublicService("land-tax", N_("Tax on housing land"), "land-tax"),
        PublicService("traffic-fine", N_("Camera traffic fines"), "traffic-fine"),
        PublicService("school-enrolment", N_("School enrolment"), "school-enrolment"),
        PublicService("renew-id-card", N_("ID card for an adult"), "renew-id-card"),
        PublicService("own-number", N_("Telephone number and SIM in one's own name"), "own-number"),
        PublicService(
            "disability-allowance", N_("Disability certificate and allowance"), "disability-allowance"
        ),
        PublicService("state-insurance", N_("Health insurance that the State pays"), "state-insurance"),
        PublicService("plastic-licence", N_("Driving licence as a plastic card"), "plastic-licence"),
        PublicService("after-merger", N_("Papers after the merger of communes"), "after-merger"),
        PublicService("marriage", N_("Registration of a marriage"), "marriage"),
        PublicService("correct-birth", N_("Correcting a birth certificate"), "correct-birth"),
        PublicService("poverty-review", N_("Review as a poor household"), "poverty-review"),
        PublicService("land-certificate", N_("Land certificate"), "land-certificate"),
    )
}


def core_services() -> list[PublicService]:
    """The services that decide whether a household is independent, in teaching order."""
    return [service for service in PUBLIC_SERVICES.values() if service.core]


def core_slugs() -> list[str]:
    """Slugs of the core services."""
    return [service.slug for service in core_services()]


def framework_codes() -> dict[str, str]:
    """Service → its code in the framework, of those whose code is known."""
    return {slug: one.framework_code for slug, one in PUBLIC_SERVICES.items() if one.framework_code}
