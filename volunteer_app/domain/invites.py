"""Invitations (lời mời): how somebody comes in, or comes in again after losing their phone.

An invitation carries a secret for a QR code and a short code to read out. It is used once and soon over. Whoever uses
it gets a seat without any data until somebody who is already in has compared two digits with them.
"""

import itertools
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.ids import letters_from
from volunteer_app.domain.people import Role
from volunteer_app.domain.problems import N_, Problem

INVITE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 letters without I, L, O, U, which people mix up (Crockford's base 32)."""

SECRET_LETTERS = 26
"""130 bits, for the QR code."""

CODE_LETTERS = 8
"""40 bits, to be read out; guessing has its price (`limits.py`) …"""

CODE_LETTERS_IN_A_FLOOD = 12
"""… and while very many guess, 60 bits."""

LETTERS_OF_CODES = (CODE_LETTERS, CODE_LETTERS_IN_A_FLOOD)

GOOD_FOR = timedelta(minutes=15)
"""How long an invitation can be used."""

WAITS_FOR = timedelta(hours=24)
"""How long a used invitation waits to be confirmed."""

LONGEST_NAME = 80
PIN_DIGITS = 6
MOST_WRONG_PINS = 5


class InviteKind(StrEnum):
    """What an invitation is for."""

    JOIN = "join"  # a new person
    DEVICE = "device"  # another phone of one's own
    RECOVERY = "recovery"  # a new phone after the old one was lost
    FIRST = "first"  # the first administrator, made at the command line


CONFIRMATIONS = {InviteKind.JOIN: 1, InviteKind.DEVICE: 1, InviteKind.RECOVERY: 2, InviteKind.FIRST: 0}
"""How many different people must compare the two digits."""

NO_PERSON_NAME = Problem("person.no_name", N_("Please write your name, as people call you."))
WRONG_CODE = Problem(
    "invite.wrong",
    N_("This code is not good (any more). Nothing has happened. Please ask your team leader for a new one."),
)
WEAK_PIN = Problem(
    "pin.weak",
    N_("Please choose six digits that are hard to guess: not all the same, not 123456, not 121212."),
)
DIFFERENT_PINS = Problem("pin.different", N_("The two PINs are not the same. Please write them again."))


def secret_from(seed: str, what: str, letters: int) -> str:
    """Letters that follow from a seed (`ids.new_seed`), and that nobody can guess without it."""
    return letters_from(seed, what, INVITE_ALPHABET, letters)


def read_typed(typed: str) -> str:
    """What somebody typed, as it was meant: small letters, spaces and dashes, O for 0, I and L for 1."""
    plain = "".join(c for c in typed.upper() if c.isalnum())[:SECRET_LETTERS]
    return plain.translate(str.maketrans("OIL", "011"))


def shown_code(code: str) -> str:
    """In fours, as it is read out."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def new_match_code() -> str:
    """Two digits that both sides compare."""
    return f"{secrets.randbelow(90) + 10}"


def problems_with_name(name: str) -> Problem | None:
    """Why somebody cannot be called this; None when they can."""
    if len(name) < 2 or len(name) > LONGEST_NAME or not any(c.isalpha() for c in name):
        return NO_PERSON_NAME
    return next(iter(problems_with_text(name)), None)


def problems_with_pin(pin: str, again: str) -> Problem | None:
    """Why this PIN cannot be taken; None when it can."""
    if pin != again:
        return DIFFERENT_PINS
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return WEAK_PIN
    steps = {int(b) - int(a) for a, b in itertools.pairwise(pin)}
    return WEAK_PIN if steps in ({0}, {1}, {-1}) or pin[:3] == pin[3:] or len(set(pin)) < 3 else None


def is_open(expires_at: datetime, claimed_at: datetime | None, now: datetime) -> bool:
    """Can the invitation still be used?"""
    return claimed_at is None and now < expires_at


def may_use_pin(role: Role) -> bool:
    """Administrators come in by passkey only; everybody else may use a PIN where the phone knows no passkeys."""
    return role is not Role.ADMIN


IN_APP = (
    ("Zalo", ("zalo",)),
    ("Facebook", ("fban", "fbav", "fb_iab")),
    ("Messenger", ("messenger",)),
    ("Instagram", ("instagram",)),
    ("TikTok", ("musical_ly", "bytedancewebview", "tiktok")),
    ("LINE", (" line/",)),
)
"""Apps that open links in a window of their own, and what their windows call themselves."""


def in_app_browser(user_agent: str) -> str:
    """The app whose own window this is, or an empty text: passkeys and keeping things offline fail in there."""
    said = user_agent.lower()
    for name, marks in IN_APP:
        if any(mark in said for mark in marks):
            return name
    return "WebView" if "; wv)" in said else ""


def phone_name(user_agent: str) -> str:
    """What a browser is, in two words ("Chrome · Android"); never more of what it says about itself."""
    said = user_agent.lower()
    browsers = (("edg/", "Edge"), ("opr/", "Opera"), ("samsungbrowser", "Samsung"), ("coc_coc", "Cốc Cốc"))
    browsers += (("firefox", "Firefox"), ("chrome", "Chrome"), ("crios", "Chrome"), ("safari", "Safari"))
    systems = (("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"))
    systems += (("mac os", "Mac"), ("linux", "Linux"))
    found = [next((name for mark, name in kinds if mark in said), "") for kinds in (browsers, systems)]
    return " · ".join(word for word in found if word)
