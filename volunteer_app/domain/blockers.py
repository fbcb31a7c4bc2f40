"""Why a step of a guide failed (vướng mắc)."""

from enum import StrEnum

from volunteer_app.domain.problems import N_


class Blocker(StrEnum):
    """What stands between a citizen and a service. The value is stored; never rename one."""

    NO_SMARTPHONE = "no_smartphone"
    NO_NFC = "no_nfc"
    SIM_NOT_OWN = "sim_not_own"
    NO_CHIP_CARD = "no_chip_card"
    LEVEL_2_NOT_ISSUED = "level_2_not_issued"
    ACCOUNT_LOCKED = "account_locked"
    DATA_MISMATCH = "data_mismatch"
    SYSTEM_DOWN = "system_down"
    NO_SIGNAL = "no_signal"
    CANNOT_READ = "cannot_read"
    FEAR_OF_SCAMS = "fear_of_scams"
    NO_BANK_ACCOUNT = "no_bank_account"
    PAPERS_MISSING = "papers_missing"
    OTHER = "other"


BLOCKER_NAMES: dict[Blocker, str] = {
    Blocker.NO_SMARTPHONE: N_("No smartphone, or it is too old"),
    Blocker.NO_NFC: N_("The phone cannot read the chip card"),
    Blocker.SIM_NOT_OWN: N_("SIM not in own name, or number changed"),
    Blocker.NO_CHIP_CARD: N_("No chip ID card, or it has expired"),
    Blocker.LEVEL_2_NOT_ISSUED: N_("VNeID level 2 not issued yet"),
    Blocker.ACCOUNT_LOCKED: N_("Account locked or password forgotten"),
    Blocker.DATA_MISMATCH: N_("The data do not match"),
    Blocker.SYSTEM_DOWN: N_("The system is busy or down"),
    Blocker.NO_SIGNAL: N_("No signal"),
    Blocker.CANNOT_READ: N_("Cannot read Vietnamese"),
    Blocker.FEAR_OF_SCAMS: N_("Afraid of scams"),
    Blocker.NO_BANK_ACCOUNT: N_("No bank account"),
    Blocker.PAPERS_MISSING: N_("Papers missing"),
    Blocker.OTHER: N_("Something else"),
}

BLOCKER_PICTURES: dict[Blocker, str] = {
    Blocker.NO_SMARTPHONE: "keypad-phone",
    Blocker.NO_NFC: "no-nfc",
    Blocker.SIM_NOT_OWN: "sim",
    Blocker.NO_CHIP_CARD: "card-bad",
    Blocker.LEVEL_2_NOT_ISSUED: "sms-waiting",
    Blocker.ACCOUNT_LOCKED: "forgot",
    Blocker.DATA_MISMATCH: "data-differs",
    Blocker.SYSTEM_DOWN: "system-down",
    Blocker.NO_SIGNAL: "no-signal",
    Blocker.CANNOT_READ: "read-aloud",
    Blocker.FEAR_OF_SCAMS: "scam-call",
    Blocker.NO_BANK_ACCOUNT: "no-bank",
    Blocker.PAPERS_MISSING: "paper-missing",
    Blocker.OTHER: "question",
}
"""One of the guides' pictures for each: an answer can be chosen without reading."""


class Remover(StrEnum):
    """Who can remove a blocker: to them the board of blockers is handed."""

    POLICE = "police"
    TELECOM = "telecom"
    SYSTEM = "system"
    CENTRE = "centre"
    BANK = "bank"
    FRONT = "front"
    TEAM = "team"


REMOVER_NAMES: dict[Remover, str] = {
    Remover.POLICE: N_("Commune police"),
    Remover.TELECOM: N_("Telecom operators"),
    Remover.SYSTEM: N_("Operators of VNeID and the portal"),
    Remover.CENTRE: N_("Public administration service centre"),
    Remover.BANK: N_("Banks"),
    Remover.FRONT: N_("Front and associations"),
    Remover.TEAM: N_("Volunteer team"),
}

REMOVED_BY: dict[Blocker, Remover] = {
    Blocker.NO_CHIP_CARD: Remover.POLICE,
    Blocker.LEVEL_2_NOT_ISSUED: Remover.POLICE,
    Blocker.DATA_MISMATCH: Remover.POLICE,
    Blocker.SIM_NOT_OWN: Remover.TELECOM,
    Blocker.NO_SIGNAL: Remover.TELECOM,
    Blocker.ACCOUNT_LOCKED: Remover.SYSTEM,
    Blocker.SYSTEM_DOWN: Remover.SYSTEM,
    Blocker.PAPERS_MISSING: Remover.CENTRE,
    Blocker.NO_BANK_ACCOUNT: Remover.BANK,
    Blocker.NO_SMARTPHONE: Remover.FRONT,
    Blocker.NO_NFC: Remover.FRONT,
    Blocker.CANNOT_READ: Remover.TEAM,
    Blocker.FEAR_OF_SCAMS: Remover.TEAM,
    Blocker.OTHER: Remover.TEAM,
}
"""Who is asked first. A team sees the others too, and does what it can on the spot."""
