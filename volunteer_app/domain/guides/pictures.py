"""What a guide's picture may be: a small plain SVG; its colours come from the page, so dark mode fits."""

import re
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from volunteer_app.domain.problems import N_, Problem

PICTURE_BYTES = 1600
COLOURS = frozenset(f"var(--p-{name})" for name in ("ink", "paper", "leaf", "sun", "clay", "sky", "line"))
ELEMENTS = frozenset({"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
GEOMETRY = "viewBox d x y x1 y1 x2 y2 cx cy r rx ry width height points transform"
PAINT = "fill stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray opacity"
ATTRIBUTES = frozenset(f"{GEOMETRY} {PAINT}".split())
VIEW_BOX = "0 0 200 150"


def picture_problems(svg: str) -> list[Problem]:
    """Why a picture does not belong in the family; empty when it does."""
    problems = []
    size = len(svg.encode())
    if size > PICTURE_BYTES:
        values = {"line": 1, "size": size, "most": PICTURE_BYTES}
        problems.append(Problem("picture.large", N_("%(size)s bytes are too many; at most %(most)s"), values))
    try:
        root = fromstring(svg, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        return [*problems, Problem("picture.not_svg", N_("This is not a well-formed SVG"), {"line": 1})]
    if root.get("viewBox") != VIEW_BOX:
        problems.append(
            Problem("picture.view_box", N_("The viewBox should be %(box)s"), {"line": 1, "box": VIEW_BOX})
        )
    for element in root.iter():
        name = re.sub(r"^\{http://www\.w3\.org/2000/svg\}", "", str(element.tag))
        strange = [] if name in ELEMENTS else [f"<{name}>"]
        strange += [key for key in element.attrib if key not in ATTRIBUTES]
        strange += [
            value
            for key, value in element.attrib.items()
            if key in ("fill", "stroke") and value not in COLOURS and value != "none"
        ]
        if (element.text or "").strip() or (element.tail or "").strip():
            strange.append("text")
        problems += [
            Problem("picture.strange", N_("%(what)s may not stand in a picture"), {"line": 1, "what": what})
            for what in strange
        ]
    return problems
