"""Where each role can go: one list for the header of desk pages."""

from volunteer_app.dependencies import Me
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.permissions import (
    may_answer_requests,
    may_edit_guides,
    may_make_posters,
    may_see_figures,
    may_see_team,
    may_work_in_the_field,
)
from volunteer_app.shell import prefixed


def navigation(me: Me | None, path: str) -> list[tuple[str, str, bool]]:
    """(address, label, is this page?) for what the signed-in person may open."""
    if me is None:
        return []
    offered = [
        ("/field/today", _("Field work"), may_work_in_the_field(me.scope)),
        ("/coverage", _("Coverage"), may_see_figures(me.scope)),
        ("/team", _("Team"), may_see_team(me.scope)),
        ("/requests", _("Requests"), may_answer_requests(me.scope)),
        ("/posters", _("Posters"), may_make_posters(me.scope)),
        ("/guides", _("Guides"), may_edit_guides(me.scope)),
    ]
    return [
        (prefixed(language_now.get(), address), label, path.startswith(address))
        for address, label, may in offered
        if may
    ]
