"""The page that shows a fresh invitation, of somebody new, of a lost phone, or of one more phone of one's own."""

import time
from datetime import datetime
from typing import Any

from litestar.datastructures import State
from litestar.response import Template

from volunteer_app.domain.invites import CODE_LETTERS, CODE_LETTERS_IN_A_FLOOD, GOOD_FOR, shown_code
from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.short_links import JOIN_PATH
from volunteer_app.i18n import language_now
from volunteer_app.limits import WrongCodes
from volunteer_app.qr_codes import svg_of
from volunteer_app.shell import prefixed
from volunteer_app.storage import invites
from volunteer_app.storage.invites import Made

LARGEST_CODE = 8
"""An invitation's QR code is shown on a bright screen, not printed small: it may be finer than a poster's."""


def code_letters(state: State) -> int:
    """How long a code is now: longer while very many guess."""
    wrong_codes: WrongCodes = state.wrong_codes
    return CODE_LETTERS_IN_A_FLOOD if wrong_codes.is_flood(time.monotonic()) else CODE_LETTERS


def may_be_shown_again(made: Made, scope: Scope, now: datetime) -> bool:
    """A page that is loaded again shows its invitation: to who made it, as long as nobody used it."""
    return made.invite.issued_by == scope.person_id and invites.can_be_used(made.invite, now)


def shown_once(state: State, me: Any, made: Made, what_for: str, back: str = "/team") -> Template:
    """The page that shows a fresh invitation. Its secrets are kept nowhere; the page is not kept either."""
    address = f"{state.settings.origin}{prefixed(language_now.get(), JOIN_PATH)}#{made.secret}"
    context = {
        "me": me,
        "path": "/team",
        "qr": svg_of(address, largest=LARGEST_CODE),
        "code": shown_code(made.code),
        "minutes": int(GOOD_FOR.total_seconds() // 60),
        "what_for": what_for,
        "kind": made.invite.kind,
        "typed": f"{state.settings.origin.partition('://')[2]}{prefixed(language_now.get(), JOIN_PATH)}",
        "back": back,
    }
    return Template("team/invitation.html", context=context)
