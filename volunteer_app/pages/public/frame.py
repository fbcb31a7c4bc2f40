"""What the layout of every public page needs."""

from collections.abc import Iterable
from typing import Any

from litestar.datastructures import State

from volunteer_app.domain.blockers import BLOCKER_NAMES
from volunteer_app.domain.facilities import FACILITY_KIND_NAMES
from volunteer_app.domain.guides.guide import FLAG_NAMES, Ending
from volunteer_app.domain.hotlines import HOTLINES
from volunteer_app.domain.problems import N_
from volunteer_app.pages.public.drawings import symbols

FRAME_ICONS = ("household", "warning", "otp", "look_away", "fee", "chip_card")
"""Icons that the frame of every public page shows."""

ENDINGS = {
    Ending.DONE: N_("Done. Try it once more on your own."),
    Ending.LATER: N_("This is all for today. It goes on another day."),
    Ending.NOT_NEEDED: N_("You do not need this service."),
}

ENTER_IT_YOURSELF = N_("Enter it yourself. Show it to nobody, not even a volunteer.")
"""Said at every step whose entry is nobody else's."""

WORDS = {
    "blockers": BLOCKER_NAMES,
    "facilities": FACILITY_KIND_NAMES,
    "flags": FLAG_NAMES,
    "hotlines": HOTLINES,
}
"""Names of the rules' own words, for templates to translate."""


def frame(
    state: State, path: str, *, pictures: Iterable[str] = (), icons: Iterable[str] = ()
) -> dict[str, Any]:
    """The page's address, the drawings that it names, and the rules' own words."""
    drawings = symbols(state.assets, pictures=pictures, icons=(*FRAME_ICONS, *icons))
    return {"path": path, "origin": state.settings.origin, "drawings": drawings, "words": WORDS}
