"""Figures of every report, on its page, in its charts and in every file, equal a recount in plain SQL (`tests/recount.py`).

Histories are random: two communes, on both engines, seen by the commune's leader and by the Front, for whom small cells
are hidden: what they can read is right, and no count from 1 to 4 can be read.
"""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from html import unescape
from itertools import product
from statistics import median
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

from tests.pages.counted import (
    HAMLETS,
    HIDDEN,
    OF_COMMUNE,
    OFFICIAL,
    READERS,
    TODAY,
    Counted,
    as_text,
    assert_says,
    tight,
    told,
    when_last,
)
from tests.people import (
    COMMUNE,
    MINH,
    PROVINCE,
    THE_FRONT,
)
from volunteer_app.domain.blockers import BLOCKER_NAMES, Blocker
from volunteer_app.domain.periods import CALENDAR, Span, start_of
from volunteer_app.domain.public_services import PUBLIC_SERVICES, core_slugs

OFFICIALS = [str(OFFICIAL[id_]) for (id_,) in HAMLETS.values()]
OFFICIALS.append(str(sum(map(int, OFFICIALS))))
RESULTS = {
    "Visits": ("turns", "turns"), "Households visited": ("households", "attempted"), "Households met": ("households", "met"),
    "of them met for the first time": ("households", "first_met"), "Walk-throughs of a service": ("turns", "runs"),
    "People guided": ("persons", "persons"), "Households guided": ("households", "guided"), "ended alone": ("turns", "alone_runs"),
    "done with help": ("turns", "help_runs"), "done for them (does not count as alone)": ("turns", "done_runs"),
    "Rechecks of a skill after 14 days": ("turns", "rechecks"), "by a second person": ("turns", "second_rechecks"),
    "still alone": ("turns", "confirmed_rechecks"),
}  # fmt: skip


def results(c: Counted, all_: list[UUID], *, hides: bool) -> dict[str, list[Any]]:
    """The first table of a report."""
    by_fives = told if hides else (lambda count: count)
    columns = (c.now, c.then, c.so_far)
    rows = {
        said: [unit, *(c.sum(of, all_, name) for of in columns)] for said, (unit, name) in RESULTS.items()
    }
    pairs = [
        [by_fives(c.sum(of, all_, name)) for name in ("confirmed_rechecks", "rechecks")] for of in columns
    ]
    rows["Skills that lasted: still alone, of those rechecked"] = [
        "%",
        *("•" if "•" in pair else round(100 * pair[0] / pair[1]) if pair[1] else "–" for pair in pairs),
    ]  # fmt: skip
    waits = [[w for id_ in all_ for w in of.get(id_, [])] for of in (c.waits, c.waits_then)]
    days = [f"{median(w for _, w in some):g}" if some else "–" for some in waits]
    rows["Days from the first visit until first seen alone in a service (median)"] = [
        "days",
        *days,
        "–",
    ]
    now, then = (by_fives(c.sum(of, all_, "independent")) for of in (c.stands, c.stood))
    gained = "•" if "•" in (now, then) else now - then
    rows["Households that can use every core service alone"] = ["households", gained, "–", now]
    return rows


def services(c: Counted, all_: list[UUID]) -> dict[str, list[Any]]:
    """By service."""
    used = {service for id_ in all_ for service, _ in c.services.get(id_, {})} | set(core_slugs())
    kinds = ("runs", "persons", "alone_runs", "help_runs", "done_runs")
    met = c.sum(c.so_far, all_, "first_met")
    return {
        PUBLIC_SERVICES[service].name: [
            *(c.sum(c.services, all_, (service, kind)) for kind in kinds),
            *(
                [c.at(all_, service, 3, 4), met - c.at(all_, service, -1)]
                if service in core_slugs()
                else ["", ""]
            ),
        ]
        for service in used
    }


def framework(c: Counted, all_: list[UUID]) -> dict[str, list[Any]]:
    """By the framework's codes: none is known, so all services stand together, people once."""
    kinds = ("runs", "persons", "alone_runs", "help_runs", "done_runs")
    counts = [c.sum(c.now, all_, kind) for kind in kinds]
    return {"No code known yet": counts} if counts[0] else {}


def blockers(c: Counted, all_: list[UUID]) -> dict[str, list[Any]]:
    """What stood in the way."""
    found = {
        one: [c.sum(c.blockers, all_, (one.value, name)) for name in ("stuck", "households")]
        for one in Blocker
    }
    return {BLOCKER_NAMES[one]: counts for one, counts in found.items() if counts[0]}


def places(c: Counted, names: dict[str, list[UUID]], *, hides: bool) -> dict[str, list[Any]]:
    """By place, and together."""
    rows = {}
    for name, hamlets in (names | {"Together": [id_ for some in names.values() for id_ in some]}).items():
        official, so_far = sum(OFFICIAL[id_] for id_ in hamlets), c.sum(c.so_far, hamlets, "first_met")
        last = c.last(hamlets)
        counts = [c.sum(c.now, hamlets, what) for what in ("turns", "attempted", "met")]
        met = told(so_far) if hides else so_far
        percent = "•" if met == "•" else round(100 * met / official)
        rows[name] = [
            *counts,
            so_far,
            official,
            percent,
            c.sum(c.stands, hamlets, "independent"),
            when_last(last, c.last_day) if hides else last or "never",
        ]
    return rows


def tables_of_page(text: str) -> dict[str, dict[str, list[str]]]:
    """A report's tables as its page shows them."""
    plain = lambda html: unescape(re.sub(r"<[^>]+>", "", html)).strip()  # noqa: E731
    found = {}
    for title, body in re.findall(r"<caption>([^<]+).*?</caption>(.*?)</table>", text, re.DOTALL):
        rows = re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', body, re.DOTALL)
        found[plain(title)] = {
            plain(name): [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
            for name, row in rows
        }
    return found


def tables_of_file(kind: str, body: bytes) -> dict[str, dict[str, list[Any]]]:
    """The same of a file."""
    if kind == "xlsx":
        book = load_workbook(io.BytesIO(body))
        sheets: list[tuple[str, list[list[Any]]]] = [
            (one.title, [["" if v is None else v for v in row] for row in one.values]) for one in book
        ]
    elif kind == "json":
        sheets = [(one["title"], one["rows"]) for one in json.loads(body)]
    else:
        blocks = body.decode("utf-8-sig").split("\r\n\r\n")
        sheets = [
            (rows[0][0], rows[1:]) for rows in (list(csv.reader(io.StringIO(block))) for block in blocks)
        ]
    return {
        title: {str(row[0]): list(row[1:]) for row in rows[1:]} for title, rows in sheets if title != "About"
    }


def test_m7_m5_reports_say_what_plain_sql_counts_on_the_page_and_in_every_file(signed_in, counted):
    for span, (reader, place, names) in product(CALENDAR, READERS):
        hides = reader == THE_FRONT
        span_seen = Span.WEEK if hides and span is Span.DAY else span
        c = counted(span_seen)
        all_ = [id_ for some in names.values() for id_ in some]
        right = {
            "Results": results(c, all_, hides=hides), "By service": services(c, all_), "What stood in the way": blockers(c, all_),
            "By place": places(c, names, hides=hides), "By skill (framework)": framework(c, all_),
        }  # fmt: skip
        visitor = signed_in(reader)
        query = {"province": PROVINCE, "span": span.value, "language": "en"} | (
            {"commune": COMMUNE} if names is HAMLETS else {}
        )
        shown = {"page": tables_of_page(visitor.get(f"/en/reports/{place}?span={span.value}").text)}
        for kind in ("xlsx", "csv", "json"):
            body = visitor.get(f"/api/v1/figures/report/{kind}", params=query).content
            shown[kind] = tables_of_file(kind, body)
        read = Counter()
        for kind, tables in shown.items():
            assert tables.keys() == right.keys(), kind
            for title, rows in tables.items():
                rows.pop("Nothing was recorded in this period.", None)
                assert rows.keys() == right[title].keys(), (kind, title)
                for name, cells in rows.items():
                    assert len(cells) == len(right[title][name])
                    for number, cell in enumerate(cells):
                        expected = as_text(right[title][name][number])
                        if (kind == "page" and expected == "") or cell == "":
                            assert cell == expected
                            continue
                        place_of_cell = (kind, title, name, number)
                        is_ratio = (
                            "Skills that lasted" in name
                            or "median" in name
                            or (number == 5 and title == "By place")
                        )
                        was_hidden = assert_says(
                            as_text(cell),
                            str(expected) if is_ratio else expected,
                            place_of_cell,
                            hides=hides,
                            is_whole=hides and (name == "Together" or title == "Results") and not is_ratio,
                        )
                        read[was_hidden] += 1
        assert read[False] > 100, "something must be left to read"


def test_m8_every_total_of_a_report_opens_as_many_records_as_it_says(signed_in, counted):
    leader = signed_in(MINH)
    opened_ = 0
    for span in CALENDAR:
        text = leader.get(f"/en/reports/{OF_COMMUNE}?span={span.value}").text
        links = set(re.findall(r'<a href="([^"]*/records[^"]*)">([^<]+)</a>', text))
        assert len(links) > 12 or span is Span.DAY
        for href, said in links:
            page = leader.get(unescape(href)).text
            (number,) = re.findall(r'<b class="numeral">([^<]+)</b>', page)
            assert (number, page.count('<th scope="row">')) == (said, int(said)), href
            opened_ += 1
        cells = re.findall(
            r'<td class="number">(\d+)</td>', re.sub(r"<th.*?</th>", "", text, flags=re.DOTALL)
        )
        assert all(cell in ("0", *OFFICIALS) or is_a_ratio(text, cell) for cell in cells), (
            "a total without records"
        )
    assert opened_ > 60


def is_a_ratio(text: str, cell: str) -> bool:
    """Shares, days and differences have no records of their own: what they are made of stands beside them."""
    rows = re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</th>(.*?)</tr>", text, re.DOTALL)
    plain = f'<td class="number">{cell}</td>'
    in_rows = [
        row for name, row in rows if plain in row and ("Skills that lasted" in name or "median" in name)
    ]
    at_places = [
        row for _, row in rows if re.search(rf'<td class="number">({"|".join(OFFICIALS)})</td>{plain}', row)
    ]
    return bool(in_rows or at_places)


def test_charts_draw_what_plain_sql_counts(signed_in, counted):
    a_month_ago = start_of(Span.MONTH, TODAY) - timedelta(days=1)
    for (reader, place, names), (span, on) in product(
        READERS, [(Span.WEEK, TODAY), (Span.QUARTER, TODAY), (Span.MONTH, a_month_ago)]
    ):
        hides, all_ = reader == THE_FRONT, [id_ for some in names.values() for id_ in some]
        text = unescape(signed_in(reader).get(f"/en/reports/{place}?span={span.value}&on={on}").text)
        weeks = [start_of(Span.WEEK, on) - timedelta(weeks=ago) for ago in range(11, -1, -1)]
        of_weeks = {f"{week:%d/%m}": counted(Span.WEEK, week) for week in weeks}
        for title, name in (("Households met, by week", "met"), ("Walk-throughs, by week", "runs")):
            right = {week: c.sum(c.now, all_, name) for week, c in of_weeks.items()}
            assert_bars_draw(right, title, text, hides=hides)
        ends = [on]
        while len(ends) < 6:
            ends.insert(0, ends[0].replace(day=1) - timedelta(days=1))
        at_ends = {f"{day:%d/%m}": counted(Span.MONTH, day) for day in ends}
        right = {
            day: [sum(c.at(all_, slug, level) for slug in core_slugs()) for level in (4, 3, 2, 1, 0)]
            for day, c in at_ends.items()
        }
        assert_ladder_draws(right, text, hides=hides)


def assert_bars_draw(right: dict[str, int], title: str, text: str, *, hides: bool) -> None:
    """Bars as their words say them, as numbers stand on them, and as high as they are many."""
    text = tight(text)
    ((said, svg),) = re.findall(rf'aria-label="{title}: ([^"]+)">(.*?)</svg>', text, re.DOTALL)
    points = dict(point.rsplit(" ", 1) for point in said.split("; "))
    bars = re.findall(
        r'<title>(\S+): (\S+)</title><rect[^>]*height="(\d+)"[^>]*/>\s*<text[^>]*>(\S+)</text>', svg
    )
    assert points.keys() == right.keys()
    assert [(label, number) for label, number, _, _ in bars] == list(points.items())
    most = max([1, *(int(number) for number in points.values() if number not in HIDDEN)])
    for label, number, height, on_top in bars:
        is_hidden = assert_says(number, right[label], (title, label), hides=hides)
        count = told(right[label]) if hides else right[label]
        drawn = 0 if is_hidden else 60 * count / most
        assert on_top == number
        assert int(height) == pytest.approx(max(drawn, 4 if drawn else 2), abs=0.51), (title, label)


def assert_ladder_draws(right: dict[str, list[int]], text: str, *, hides: bool) -> None:
    """Each month's shares of the levels, from "confirmed alone" on the ground to "not started" on top."""
    found = re.findall(
        r'aria-label="Levels of the core services, by month: ([^"]+)">(.*?)</svg>', tight(text), re.DOTALL
    )
    said, svg = found[0] if found else ("", "")
    steps = dict(step.split(": ", 1) for step in said.split("; ") if step)
    shown = {
        day: counts
        for day, counts in right.items()
        if sum(counts) and not (hides and any(0 < count < 5 for count in counts))
    }
    assert list(steps) == list(shown)
    drawn = re.findall(
        r'<rect data-level="(\d)" x="(\d+)" y="(-?[\d.]+)" width="30" height="([\d.]+)"><title>(\S+):', svg
    )
    if hides:
        shown = {day: [told(count) for count in counts] for day, counts in shown.items()}
    for column, (day, counts) in enumerate(shown.items()):
        shares = [100 * count / sum(counts) for count in counts]
        assert [int(part) for part in re.findall(r"(\d+) %", steps[day])] == [
            round(share) for share in shares
        ]
        for number, share in enumerate(shares, start=1):
            heights = [
                (float(y), float(height))
                for level, x, y, height, label in drawn
                if (int(level), int(x), label) == (number, column * 34 + 2, day)
            ]
            ground = 100 - sum(shares[:number])
            assert heights == (
                [(pytest.approx(ground, abs=0.06), pytest.approx(share, abs=0.06))] if share else []
            )
