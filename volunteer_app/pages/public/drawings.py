"""Pictures inside a public page: each drawn once as a symbol, shown wherever it is named; no request of its own."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from volunteer_app.assets import Assets
from volunteer_app.pages.guides.packs import all_pictures

ICONS = "icons/sprite.svg"
ICON = re.compile(r'<symbol id="([\w-]+)" viewBox="0 0 24 24">(.*?)</symbol>', re.DOTALL)
ICON_BOX = Markup(' viewBox="0 0 24 24"')
"""Icons are used without a frame of their own; a picture's frame stands where it is shown (`macros.html`)."""

DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def symbols(assets: Assets, *, pictures: Iterable[str] = (), icons: Iterable[str] = ()) -> Markup:
    """The drawings that a page names, as symbols `p-NAME` (guide pictures) and `i-NAME` (icons).

    Raises KeyError for a drawing that is not there.
    """
    drawn_icons = dict(ICON.findall(assets.source(ICONS).body.decode()))
    drawn = [
        *(("p-" + name, "", _inside(all_pictures()[name])) for name in dict.fromkeys(pictures)),
        *(("i-" + name, ICON_BOX, drawn_icons[name]) for name in dict.fromkeys(icons)),
    ]
    inside = Markup().join(
        Markup('<symbol id="{}"{}>{}</symbol>').format(name, box, Markup(drawing))  # noqa: S704
        for name, box, drawing in drawn
    )
    return Markup("<svg hidden>{}</svg>").format(inside)


def _inside(svg: str) -> str:
    """A picture without its frame."""
    found = DRAWING.search(svg)
    return found[1] if found else ""
