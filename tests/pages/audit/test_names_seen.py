"""Whoever sees families' names leaves a line: a list that forgets it is found here."""

import re

import pytest
import sqlalchemy as sa

from tests.pages.sync.test_routes import RECENTLY, deliver
from tests.people import COMMUNE, LAN, MINH, PROVINCE, a_household
from volunteer_app.domain.privacy_requests import RequestKind
from volunteer_app.storage.audit import AuditRow

LISTS = {
    "households": "/vi/households",
    "phone": f"/vi/team/members/{LAN}/phone",
    "requests": "/vi/requests",
    "left behind": f"/vi/left-behind/{PROVINCE}/{COMMUNE}/households?what=relapsed",
    "to look at again": f"/vi/lasting/{PROVINCE}/{COMMUNE}/households",
    "report": f"/vi/reports/{PROVINCE}/{COMMUNE}/records",
}


def seen(in_database) -> list[tuple[object, str]]:
    async def find(database):
        async with database.reading() as db:
            query = sa.select(AuditRow.__table__.c.person_id, AuditRow.__table__.c.reason)
            rows = await db.exec(query.where(AuditRow.__table__.c.action == "names.seen"))
            return [tuple(row) for row in rows]

    return in_database(find)


@pytest.mark.parametrize("which", LISTS)
def test_a_list_with_names_leaves_a_line_once_a_day(signed_in, in_database, which):
    minh = signed_in(MINH)

    for _ in range(2):
        assert minh.get(LISTS[which]).status_code == 200

    assert seen(in_database) == [(MINH, which)]


def test_the_paper_with_everything_about_a_family_leaves_a_line(signed_in, in_database):
    household = a_household(recorded_at=RECENTLY)
    deliver(signed_in(LAN), household)
    minh = signed_in(MINH)
    form = {"kind": RequestKind.SEE, "house_code": "NT-001"}
    minh.post_from_us("/vi/privacy-requests", data=form)
    paper = re.search(r"/privacy-requests/[0-9a-f-]{36}/paper", minh.get("/vi/privacy-requests").text)
    assert paper

    assert minh.get(f"/vi{paper[0]}").status_code == 200

    assert seen(in_database) == [(MINH, "paper")]


def test_who_may_not_see_a_list_leaves_no_line(signed_in, in_database):
    lan = signed_in(LAN)

    for path in LISTS.values():
        assert lan.get(path).status_code in (403, 404)

    assert seen(in_database) == []
