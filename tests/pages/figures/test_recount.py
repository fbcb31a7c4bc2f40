"""Figures of every map, list, board and export equal a recount in plain SQL (`tests/recount.py`).

Histories are random: two communes, on both engines, seen by the commune's leader and by the Front, for whom small cells
are hidden: what they can read is right, and no count from 1 to 4 can be read.
"""

import csv
import io
import json
import re
from collections import Counter
from html import unescape
from itertools import product
from typing import Any
from uuid import UUID

from openpyxl import load_workbook

from tests.pages.blockers.test_routes import lines_of as blocker_lines_of
from tests.pages.counted import (
    HAMLETS,
    HIDDEN,
    OF_COMMUNE,
    OFFICIAL,
    READERS,
    SERVICE,
    Counted,
    as_text,
    assert_says,
)
from tests.pages.left_behind.test_routes import lists_of
from tests.people import (
    COMMUNE,
    FAR_HAMLET,
    HAMLET,
    MINH,
    NEXT_HAMLET,
    PROVINCE,
    THE_FRONT,
)
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.periods import Span


def places_json(c: Counted, hamlets: list[UUID]) -> dict[str, Any]:
    """A row of the figures by place."""
    official, so_far = sum(OFFICIAL[id_] for id_ in hamlets), c.sum(c.so_far, hamlets, "first_met")
    last, needing = c.last(hamlets), so_far - c.at(hamlets, SERVICE, -1)
    return {
        "official_households": official, "turns": c.sum(c.now, hamlets, "turns"),
        "households_visited": c.sum(c.now, hamlets, "attempted"), "households_met": c.sum(c.now, hamlets, "met"),
        "households_met_so_far": so_far, "independent_households": c.sum(c.stands, hamlets, "independent"),
        "gap": official - c.sum(c.stands, hamlets, "independent"), "households_needing": needing,
        "households_alone": c.at(hamlets, SERVICE, 3, 4), "households_with_help": c.at(hamlets, SERVICE, 2),
        "households_done_for": c.at(hamlets, SERVICE, 1),
        "households_blocked": c.sum(c.blockers, hamlets, ("any", "standing")),
        "households_relapsed": c.sum(c.stands, hamlets, "relapsed"), "last_visit": last.isoformat() if last else None,
        "days_without_visit": (c.last_day - last).days if last else None,
    }  # fmt: skip


def test_x1_x2_x3_figures_by_place_say_what_plain_sql_counts_in_every_export(signed_in, counted):
    for span, (reader, _place, names) in product([Span.ALL, Span.WEEK, Span.MONTH, Span.QUARTER], READERS):
        c = counted(span)
        visitor = signed_in(reader)
        query = {"province": PROVINCE, "span": span.value, "language": "en"}
        query |= {"commune": COMMUNE} if names is HAMLETS else {}

        def ask(kind: str, query=query, visitor=visitor) -> bytes:
            return visitor.get(f"/api/v1/figures/places/{kind}", params=query).content

        rows = json.loads(ask("json"))
        sheet = [list(row) for row in load_workbook(io.BytesIO(ask("xlsx"))).worksheets[0].values]
        exports = {
            "json": rows,
            "geojson": [one["properties"] for one in json.loads(ask("geojson"))["features"]],
            "csv": [dict(row) for row in csv.DictReader(io.StringIO(ask("csv").decode("utf-8-sig")))],
            "xlsx": [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]],
        }
        for kind, found in exports.items():
            assert {row["name"] for row in found} == names.keys()
            for row in found:
                for name, right in places_json(c, names[row["name"]]).items():
                    cell = None if row[name] == "" else as_text(row[name])
                    if cell is None and right is None:
                        continue
                    about_days = right if name != "days_without_visit" else str(right)
                    assert_says(cell, about_days, (kind, row["name"], name), hides=reader == THE_FRONT)


MEASURES = {
    "coverage": ["households_met", "official_households", "households_visited", "turns"],
    "independent": ["independent_households", "official_households", "households_met"],
    "alone": ["households_alone", "households_with_help", "households_done_for", "not_started"],
    "gap": ["gap", "official_households", "independent_households", "households_met"],
    "blockers": ["households_blocked", "households_relapsed"],
    "staleness": ["days_without_visit", "turns", "households_met"],
}
WHOLES = {
    "coverage": "official_households", "independent": "official_households", "alone": "households_needing",
    "blockers": "households_met_so_far",
}  # fmt: skip


def test_m1_m5_the_tables_of_every_map_say_what_plain_sql_counts(signed_in, counted):
    for span, (reader, place, names) in product([Span.ALL, Span.MONTH], READERS):
        c = counted(span)
        visitor, hides = signed_in(reader), reader == THE_FRONT
        of = names | {"Together": [id_ for some in names.values() for id_ in some]}
        for measure, columns in MEASURES.items():
            text = visitor.get(f"/en/coverage/{place}?measure={measure}&span={span.value}").text
            rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</th>(.*?)</tr>', text, re.S)
            assert len(rows) == len(of)
            for name, row in rows:
                said = unescape(re.sub(r"<[^>]+>", "", name))
                right = places_json(c, of[said])
                right["not_started"] = right["households_needing"] - sum(
                    right[one] for one in ("households_alone", "households_with_help", "households_done_for")
                )
                cells = re.findall(r"<td[^>]*>([^<]*)(?:<small[^>]*>([^<]*)</small>)?</td>", row)
                for (figure, note), column in zip(cells, columns, strict=False):
                    where = (measure, said, column)
                    if column == columns[0] and measure in WHOLES and figure not in HIDDEN:
                        part, whole = right[column], right[WHOLES[measure]]
                        assert note == (f"{part}/{whole} households" if whole else "nobody met yet"), where
                        assert figure == (f"{round(100 * part / whole)} %" if whole else "–"), where
                        assert not hides or not 0 < part < 5, where
                    elif column == "days_without_visit":
                        assert figure == ("never" if right[column] is None else str(right[column])), where
                    else:
                        assert_says(figure, right[column], where, hides=hides)


def test_m4_the_lists_of_those_left_behind_say_what_plain_sql_counts(signed_in, counted):
    c = counted(Span.ALL)
    for reader, place, names in READERS:
        hamlets = HAMLETS if names is HAMLETS else HAMLETS | {"Bản Mẫu": [FAR_HAMLET]}
        rows = {name: places_json(c, of) for name, of in hamlets.items()}
        right = {
            "quiet": {
                n: days
                for n, r in rows.items()
                if (days := r["days_without_visit"]) is not None and days >= 14
            },
            "unreached": {
                n: r["official_households"] for n, r in rows.items() if not r["households_met_so_far"]
            },
            "gap": {n: r["gap"] for n, r in rows.items() if r["gap"] > 0},
            "relapse": {n: lost for n, r in rows.items() if (lost := r["households_relapsed"])},
        }
        lists = lists_of(signed_in(reader).get(f"/en/left-behind/{place}").text)
        for key, of in right.items():
            shown = dict(lists.get(key, []))
            assert shown.keys() == of.keys(), key
            for name, number in shown.items():
                figure = number.split(" ")[0]
                assert_says(
                    figure,
                    str(of[name]) if key == "quiet" else of[name],
                    (key, name),
                    hides=reader == THE_FRONT,
                )


def test_m8_the_households_behind_lost_skills_and_blockers_are_as_many_as_said(signed_in, counted):
    c = counted(Span.ALL)
    leader = signed_in(MINH)
    codes = lambda what: set(  # noqa: E731
        re.findall(
            r'<th scope="row">([^<]+)',
            leader.get(f"/en/left-behind/{OF_COMMUNE}/households?what={what}").text,
        )
    )
    both = [HAMLET, NEXT_HAMLET]

    assert len(codes("relapsed")) == c.sum(c.stands, both, "relapsed")
    assert len(codes("blocked")) == c.sum(c.blockers, both, ("any", "standing"))
    for blocker in Blocker:
        standing = c.sum(c.blockers, both, (blocker.value, "standing"))
        assert len(codes(f"blocked/{blocker.value}")) == standing


def test_the_board_of_blockers_says_what_plain_sql_counts(signed_in, counted):
    c = counted(Span.MONTH)
    for reader, place, names in READERS:
        hides = reader == THE_FRONT
        text = signed_in(reader).get(f"/en/blockers/{place}").text
        all_ = [id_ for some in names.values() for id_ in some]
        lines = blocker_lines_of(text)
        headings = [unescape(h) for h in re.findall(r'<th scope="col" class="number">([^<]+)</th>', text)]
        rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', text, re.S)
        of_name = {BLOCKER_NAMES[one]: one.value for one in Blocker} | {"Households in all": "any"}
        for blocker in Blocker:
            stuck, homes, left = (
                c.sum(c.blockers, all_, (blocker.value, name)) for name in ("stuck", "households", "standing")
            )
            if not stuck and not left:
                continue
            standing, said = lines[BLOCKER_NAMES[blocker]]
            turns, households = re.findall(r"In this period: (\S+) turns, (\S+) households", said)[0]
            for shown, right in ((standing, left), (turns, stuck), (households, homes)):
                assert_says(shown, right, blocker, hides=hides)
        assert rows
        for name, row in rows:
            plain = unescape(re.sub(r"<[^>]+>", "", name))
            cells = re.findall(r"<td[^>]*>([^<]*)</td>", row)
            for heading, cell in zip(headings, cells, strict=True):
                right = c.sum(c.blockers, names[plain], (of_name[heading], "standing"))
                assert_says(cell, right, (plain, heading), hides=hides)


def test_the_leaders_overview_says_what_plain_sql_counts(signed_in, counted):
    c = counted(Span.ALL)
    text = signed_in(MINH).get("/en/desk").text

    for name, (hamlet_id,) in HAMLETS.items():
        said = re.findall(rf">{name}</a></th>.*?(\d+) of (\d+) met.*?<td>([^<]+)</td>", text, re.S)[0]
        last = c.last([hamlet_id])
        day = f"{last:%d/%m/%Y}" if last else "never"
        assert said == (str(c.sum(c.so_far, [hamlet_id], "first_met")), str(OFFICIAL[hamlet_id]), day)


def test_the_list_of_visits_has_every_visit(signed_in, counted):
    c = counted(Span.ALL)
    place = {"province": PROVINCE, "commune": COMMUNE}
    text = signed_in(MINH).get("/api/v1/figures/visits.csv", params=place).content.decode("utf-8-sig")

    found = Counter(row["hamlet"] for row in csv.DictReader(io.StringIO(text)))

    assert found == {name: c.sum(c.now, of, "turns") for name, of in HAMLETS.items()}
