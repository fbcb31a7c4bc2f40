"""Figures on every screen, in every report and export equal a recount in plain SQL (`tests/recount.py`)."""

import asyncio
import csv
import io
import re
from datetime import UTC, datetime
from html import unescape

import pytest

from tests.conftest import opened
from tests.field_work import a_campaign, deliver
from tests.pages.blockers.test_routes import lines_of as blockers_of
from tests.pages.coverage.test_routes import table_of
from tests.pages.left_behind.test_routes import lists_of
from tests.pages.reports.test_routes import lines_of
from tests.people import COMMUNE, HAMLET, MINH, NEXT_HAMLET, PROVINCE
from tests.recount import blockers_in_plain_sql, in_plain_sql, standing_in_plain_sql
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.calendar import local_day
from volunteer_app.domain.periods import BEGINNING, Span, start_of

NOW = datetime.now(UTC)
TODAY = local_day(NOW)
PLACE = f"{PROVINCE}/{COMMUNE}"
NAMES = {"Nà Thử": (HAMLET, 40), "Khuổi Mẫu": (NEXT_HAMLET, 30)}


@pytest.mark.parametrize("seed", [1, 2])
def test_m1_m7_every_screen_report_and_export_says_what_plain_sql_counts(signed_in, database_url, seed):
    async def work():
        async with opened(database_url) as database:
            await deliver(database, a_campaign(seed, now=NOW, households=14), now=NOW)
            return (
                await in_plain_sql(database, BEGINNING, TODAY),
                await in_plain_sql(database, start_of(Span.MONTH, TODAY), TODAY),
                await standing_in_plain_sql(database, TODAY),
                await blockers_in_plain_sql(database, start_of(Span.MONTH, TODAY), TODAY),
            )

    ever, of_month, standing, blocked = asyncio.run(work())
    leader = signed_in(MINH)

    table = table_of(leader.get(f"/en/coverage/{PLACE}").text)
    independent = table_of(leader.get(f"/en/coverage/{PLACE}?measure=independent").text)
    stands = table_of(leader.get(f"/en/coverage/{PLACE}?measure=blockers").text)
    for name, (hamlet_id, official) in NAMES.items():
        counts, now = ever[hamlet_id], standing.get(hamlet_id, {})
        assert f"{counts['met']}/{official} households" in table[name]
        assert table[name][-3 if counts["turns"] else -2] == str(counts["turns"])
        assert f"{now.get('independent', 0)}/{official} households" in independent[name]
        still = blocked.get(hamlet_id, {}).get(("any", "standing"), 0)
        assert f"{still}/{counts['met']} households" in stands[name] or not counts["met"]

    def together(counts, name):
        return sum(of.get(name, 0) for of in counts.values())

    lines = lines_of(leader.get(f"/en/reports/{PLACE}?span=month").text)
    for said, name in (
        ("Visits", "turns"), ("Households visited", "attempted"), ("Households met", "met"), ("of them met for the first time", "first_met"),
        ("Walk-throughs of a service", "runs"), ("People guided", "persons"), ("Households guided", "guided"),
        ("ended alone", "alone_runs"), ("done with help", "help_runs"), ("done for them (does not count as alone)", "done_runs"),
    ):  # fmt: skip
        assert lines[said][1] == str(together(of_month, name)), said

    rows = leader.get("/api/v1/figures/places/json", params={"province": PROVINCE, "commune": COMMUNE}).json()
    for row in rows:
        hamlet_id, _official = NAMES[row["name"]]
        counts, now = ever[hamlet_id], standing.get(hamlet_id, {})
        assert (row["turns"], row["households_visited"], row["households_met"]) == (
            counts["turns"], counts["attempted"], counts["met"],
        )  # fmt: skip
        alone = now.get(("activate-level-2", 3), 0)
        assert (row["independent_households"], row["households_relapsed"], row["households_alone"]) == (
            now.get("independent", 0), now.get("relapsed", 0), alone,
        )  # fmt: skip
    visits = leader.get("/api/v1/figures/visits.csv", params={"province": PROVINCE, "commune": COMMUNE})
    found = list(csv.DictReader(io.StringIO(visits.content.decode("utf-8-sig"))))
    assert {name: sum(row["hamlet"] == name for row in found) for name in NAMES} == {
        name: ever[hamlet_id]["turns"] for name, (hamlet_id, _) in NAMES.items()
    }

    ranked = dict(lists_of(leader.get(f"/en/left-behind/{PLACE}").text)["relapse"])
    assert ranked == {
        name: str(lost)
        for name, (hamlet_id, _) in NAMES.items()
        if (lost := standing.get(hamlet_id, {}).get("relapsed", 0))
    }

    board = blockers_of(leader.get(f"/en/blockers/{PLACE}").text)
    for blocker in Blocker:
        stuck, homes, left = (
            together(blocked, (blocker.value, name)) for name in ("stuck", "households", "standing")
        )
        if stuck:
            said = f"In this period: {stuck} turns, {homes} households"
            assert board[BLOCKER_NAMES[blocker]] == (str(left), said)
    assert re.search(r"\d", unescape(str(board)))
