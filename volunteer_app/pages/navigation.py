"""Where each role can go: one grouped list for the side rail (wide screens) and the menu (phones) of desk pages."""

from dataclasses import dataclass

from volunteer_app.dependencies import Me
from volunteer_app.domain.permissions import (
    may_answer_privacy_requests,
    may_answer_requests,
    may_edit_guides,
    may_give_badges,
    may_keep_facilities,
    may_lead,
    may_make_posters,
    may_review_voices,
    may_second_recovery,
    may_see_audit,
    may_see_figures,
    may_see_team,
    may_watch_the_server,
    may_work_in_the_field,
)
from volunteer_app.i18n import gettext as _
from volunteer_app.i18n import language_now
from volunteer_app.shell import prefixed


@dataclass(frozen=True)
class Way:
    """A page that the signed-in person may open."""

    address: str
    label: str
    is_current: bool


@dataclass(frozen=True)
class Group:
    """Ways that belong together, under one heading and pictogram."""

    label: str
    picture: str
    ways: list[Way]


def navigation(me: Me | None, path: str) -> list[Group]:
    """What this person may open, by what they come for. Empty when nobody is signed in."""
    if me is None:
        return []
    scope = me.scope
    offered = [
        (_("Team"), "team", [
            ("/field/today", _("Field work"), may_work_in_the_field(scope)),
            ("/desk", _("Overview"), may_lead(scope)),
            ("/review", _("To be decided"), may_lead(scope)),
            ("/assignments", _("Assignments"), may_lead(scope)),
            ("/follow-ups", _("Returns"), may_lead(scope)),
            ("/households", _("Households"), may_lead(scope)),
            ("/duplicates", _("Duplicates"), may_lead(scope)),
            ("/outreach", _("Outreach sessions"), may_lead(scope)),
            ("/team", _("People and phones"), may_see_team(scope)),
            ("/audit", _("Who did what"), may_see_audit(scope)),
            ("/server", _("The server"), may_watch_the_server(scope)),
            ("/recoveries", _("Lost phones"), may_second_recovery(scope)),
            ("/hand-in", _("Hand in a file"), may_see_team(scope)),
        ]),
        (_("Figures"), "map", [
            ("/coverage", _("Coverage"), may_see_figures(scope)),
            ("/lasting", _("Lasting skills"), may_see_figures(scope)),
            ("/left-behind", _("Left behind"), may_see_figures(scope)),
            ("/blockers", _("Blockers"), may_see_figures(scope)),
            ("/reports", _("Reports"), may_see_figures(scope)),
        ]),
        (_("Citizens"), "households", [
            ("/requests", _("Visit requests"), may_answer_requests(scope)),
            ("/privacy-requests", _("Privacy requests"), may_answer_privacy_requests(scope)),
            ("/posters", _("Posters"), may_make_posters(scope)),
            ("/badges", _("Badges"), may_give_badges(scope)),
            ("/facilities", _("Places of help"), may_keep_facilities(scope)),
        ]),
        (_("Guides"), "guide", [
            ("/guides", _("All guides"), may_edit_guides(scope)),
            ("/voices", _("Voices and translations"), may_review_voices(scope)),
        ]),
    ]  # fmt: skip
    groups = [
        Group(
            label,
            picture,
            [Way(prefixed(language_now.get(), a), said, _is_at(path, a)) for a, said, may in ways if may],
        )
        for label, picture, ways in offered
    ]
    return [group for group in groups if group.ways]


def _is_at(path: str, address: str) -> bool:
    return path == address or path.startswith(f"{address}/")
