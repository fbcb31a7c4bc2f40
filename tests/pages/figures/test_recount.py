"""Figures of every map, list, board and export equal a recount in plain SQL (`tests/recount.py`).

Histories are random: two communes, on both engines, seen by the commune's leader and by the Front, for whom small cells
are hidden: what they can read is right, and no count from 1 to 4 can be read.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from itertools import product
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from openpyxl import load_workbook

from tests.pages.counted import (
    HAMLETS,
    HIDDEN,
    OFFICIAL,
    READERS,
    SERVICE,
    SPOKEN,
    TODAY,
    Counted,
    as_text,
    assert_says,
    from_outside,
    places_json,
    tight,
    weave_of,
)
from tests.people import COMMUNE, MINH, PROVINCE, THE_FRONT
from tests.recount import chosen_in_plain_sql
from volunteer_app.domain.periods import Span
from volunteer_app.domain.places import Signal
from volunteer_app.domain.public_services import core_slugs


class Seen(NamedTuple):
    """What somebody chooses to see of a place: its query, and what plain SQL counts for it (names → hamlets)."""

    query: dict[str, str]
    counted: Counted
    names: dict[str, list[UUID]]
    hides: bool

    def right(self, name: str) -> dict[str, Any]:
        """What must be said of a place, or of all together."""
        named = (self.query.get("service", SERVICE), self.query.get("blocker") or "any")
        if self.hides:
            narrowed = bool({"signal", "spoken"} & self.query.keys())
            return from_outside(self.counted, self.of[name], *named, adds_up=narrowed)
        found = places_json(self.counted, self.of[name], *named)
        ladder = [found[f"households_{one}"] for one in ("alone", "with_help", "done_for")]
        return found | {"not_started": found["households_needing"] - sum(ladder)}

    @property
    def of(self) -> dict[str, list[UUID]]:
        """The rows of its table."""
        return self.names | {"Together": [id_ for some in self.names.values() for id_ in some]}


def assert_exports_say(seen: Seen, place: dict[str, str], visitor: Any) -> None:
    """Every file of figures by place says what plain SQL counts."""
    query = place | seen.query | {"language": "en"}
    ask = lambda kind: visitor.get(f"/api/v1/figures/places/{kind}", params=query).content  # noqa: E731
    sheet = [list(row) for row in load_workbook(io.BytesIO(ask("xlsx"))).worksheets[0].values]
    exports = {
        "json": json.loads(ask("json")),
        "geojson": [one["properties"] for one in json.loads(ask("geojson"))["features"]],
        "csv": [dict(row) for row in csv.DictReader(io.StringIO(ask("csv").decode("utf-8-sig")))],
        "xlsx": [dict(zip(sheet[0], row, strict=True)) for row in sheet[1:]],
    }
    for kind, found in exports.items():
        assert {row["name"] for row in found} == seen.names.keys()
        for row in found:
            right = seen.right(row["name"])
            for name in right.keys() - {"not_started"}:
                cell = None if row[name] == "" else as_text(row[name])
                if cell is None and right[name] is None:
                    continue
                about_days = str(right[name]) if name == "days_without_visit" else right[name]
                if name == "last_visit_when":
                    about_days = BY_WORD[right[name]]
                assert_says(cell, about_days, (kind, query, row["name"], name), hides=seen.hides)


BY_WORD = {
    "this month": "this_month", "1–3 months ago": "three_months", "longer ago": "longer", "never": "never",
}  # fmt: skip
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


def assert_figure(seen: Seen, measure: str, name: str, figure: str, note: str) -> None:
    """A measure's figure and what it was made from."""
    column, right, where = MEASURES[measure][0], seen.right(name), (seen.query, measure, name)
    is_whole = name == "Together"
    if measure in WHOLES and figure not in HIDDEN:
        part, whole = right[column], right[WHOLES[measure]]
        if seen.hides and is_whole and whole != 0:
            shown = note.removesuffix(" households").split("/")
            assert_says(shown[0], part, where, hides=True, is_whole=True)
            assert_says(shown[1], whole, where, hides=True, is_whole=True)
            part, whole = map(int, shown)
        assert note == (f"{part}/{whole} households" if whole else "nobody met yet"), where
        assert figure == (f"{round(100 * part / whole)} %" if whole else "–"), where
        assert not seen.hides or not 0 < part < 5, where
    elif column == "days_without_visit" and seen.hides:
        assert (figure, note) == (right["last_visit_when"], "no visit yet" if figure == "never" else ""), (
            where
        )
    elif column == "days_without_visit":
        assert figure == ("never" if right[column] is None else str(right[column])), where
        last = date.fromisoformat(right["last_visit"]) if right["last_visit"] else None
        assert note == (f"{last:%d/%m/%Y}" if last else "no visit yet"), where
    else:
        assert_says(figure, right[column], where, hides=seen.hides, is_whole=is_whole)


def rows_of(text: str) -> dict[str, list[tuple[str, str]]]:
    """A table's rows: the place's name → each cell's figure and note."""
    rows = re.findall(r'<tr[^>]*><th scope="row">(.*?)</th>(.*?)</tr>', text, re.DOTALL)
    cell = r"<td[^>]*>([^<]*)(?:<small[^>]*>([^<]*)</small>)?</td>"
    return {re.sub(r"<[^>]+>", "", name): re.findall(cell, row) for name, row in rows}


def assert_map_says(seen: Seen, text: str) -> None:
    """A page's table, its picture, its headline and its list of the quiet ones say what plain SQL counts."""
    measure, of_communes = seen.query["measure"], "Minh Tân" in seen.names or "Bình Xa" in seen.names
    text = tight(text)
    rows = rows_of(text)
    assert rows.keys() == seen.of.keys()
    for name, cells in rows.items():
        assert_figure(seen, measure, name, *cells[0])
        for (figure, _note), column in zip(cells[1:], MEASURES[measure][1:], strict=False):
            where = (seen.query, name, column)
            assert_says(
                figure, seen.right(name)[column], where, hides=seen.hides, is_whole=name == "Together"
            )
    drawn = {
        name: (number, weave)
        for name, number, weave in re.findall(
            r"<title>([^<]*): ([^<]*)</title><path d=\"[^\"]*\"(?: fill=\"url\(#weave-(\w+)\)\"| class=\"unknown\")", text
        )
        or re.findall(
            r'class="name">([^<]+)</span><b>([^<]+)</b>.*?<rect[^>]*?(?: fill="url\(#weave-(\w+)\)"| fill="none")', text, re.DOTALL
        )
    }  # fmt: skip
    shown = {name: cells[0][0] for name, cells in rows.items() if name != "Together"}
    assert drawn == {
        name: (figure, weave_of(measure, figure, of_communes=of_communes)) for name, figure in shown.items()
    }
    right = {name: seen.right(name) for name in shown}
    ago: Any = {None: "no visit yet", 0: "today", 1: "1 day ago"}
    if seen.hides:
        ago = {"never": "no visit yet"}
        when = {name: one["last_visit_when"] for name, one in right.items()}
        quiet: dict[str, Any] = {name: some for name, some in when.items() if some != "this month"}
    else:
        days = {name: one["days_without_visit"] for name, one in right.items()}
        quiet = {name: some for name, some in days.items() if some is None or some >= 14}
    headline = re.findall(r'<p class="stat"><b>([^<]+)</b>', text)[0]
    assert headline == (str(len(quiet)) if measure == "staleness" else rows["Together"][0][0])
    facts, together = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text)), seen.right("Together")
    for fact, column in FACTS.items():
        assert_says(facts[fact], together[column], (seen.query, fact), hides=seen.hides, is_whole=True)
    listed = re.findall(r'<b>([^<]+)</b> ?<span class="numeral">([^<]+)</span>', text)
    as_days = (lambda some: some) if seen.hides else (lambda some: f"{some} days ago")
    assert dict(listed) == {name: ago.get(some, as_days(some)) for name, some in quiet.items()}


FACTS = {
    "Visits (turns)": "turns", "Households visited": "households_visited", "Households met": "households_met",
    "Independent households": "independent_households",
}  # fmt: skip


def so_many_before(span: Span, back: int) -> date:
    """A day in the span so many before today's; the last day of the month, for the time from the beginning."""
    if span in (Span.DAY, Span.WEEK):
        return TODAY - timedelta(days=back * (7 if span is Span.WEEK else 1))
    months = TODAY.year * 12 + TODAY.month - 1 - back * (3 if span is Span.QUARTER else 1)
    first_of_next = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return min(first_of_next - timedelta(days=1), TODAY)


def some_views(
    counted: Any, chosen: Any, chance: Random, names: dict[str, list[UUID]], *, hides: bool
) -> Iterator[Seen]:
    """Every measure in periods of every kind, now and so many before, and inside the commune in chosen days; of all hamlets,
    or of those with a signal or a language; of every core service and blocker."""
    periods: list[tuple[dict[str, str], Counted]] = []
    for span, furthest in {Span.ALL: 3, Span.WEEK: 12, Span.MONTH: 4, Span.QUARTER: 2, Span.DAY: 13}.items():
        if span is not Span.DAY or not hides:
            for back in {0, chance.randrange(1, furthest)}:
                c = counted(span, so_many_before(span, back))
                periods.append(({"span": span.value, "back": str(back)}, c))
    weeks_ago = () if hides else range(3, 10)
    mondays = [TODAY - timedelta(days=TODAY.weekday() + 7 * weeks) for weeks in weeks_ago]
    visits_on = lambda day: (c := counted(Span.DAY, day)).sum(c.now, list(OFFICIAL), "turns")  # noqa: E731
    for monday in [one for one in chance.sample(mondays, k=len(mondays)) if visits_on(one)][:1]:
        sunday = monday + timedelta(days=13)
        days = {"first_day": monday.isoformat(), "last_day": sunday.isoformat()}
        periods.append(({"span": "dates"} | days, counted(Span.DATES, sunday, monday)))
    narrowings = [{"signal": one.value} for one in Signal] + [{"spoken": tag} for tag in SPOKEN]
    choices = [(period, narrowed) for period in periods for narrowed in ({}, *chance.sample(narrowings, k=2))]
    for turn, ((period, c), narrowed) in enumerate(choices):
        measure = list(MEASURES)[(turn + turn // 3) % len(MEASURES)]
        passing = chosen(**narrowed)
        kept = {name: [id_ for id_ in of if id_ in passing] for name, of in names.items()}
        query = {"measure": measure} | period | narrowed
        if measure == "alone":
            query["service"] = chance.choice(core_slugs())
        if measure == "blockers":
            query["blocker"] = chance.choice(["", "no_signal", "sim_not_own", "level_2_not_issued"])
        yield Seen(query, c, {name: of for name, of in kept.items() if of}, hides)


@pytest.fixture
def chosen(in_database) -> Any:
    """The hamlets that plain SQL finds: `chosen(signal="none")`."""
    return lambda **narrowed: in_database(lambda database: chosen_in_plain_sql(database, **narrowed))


def test_m1_m5_m6_x1_x2_x3_maps_and_exports_of_any_period_and_choice_say_what_plain_sql_counts(
    signed_in, counted, chosen, request
):
    chance, united = Random(request.node.name), 0
    for reader, place, names in READERS:
        visitor = signed_in(reader)
        in_api = {"province": PROVINCE} | ({"commune": COMMUNE} if names is HAMLETS else {})
        for number, seen in enumerate(some_views(counted, chosen, chance, names, hides=reader == THE_FRONT)):
            text = unescape(visitor.get(f"/en/coverage/{place}", params=seen.query).text)
            if seen.names:
                assert_map_says(seen, text)
            else:
                assert "There is no such hamlet here." in text
            if number % 4 == 0:
                assert_exports_say(seen, in_api, visitor)
            united += len(seen.names.get("Minh Tân", [])) == 2
    assert united > 5, "some hamlets of a commune, and not all of them, must be added up"


def test_m2_maps_side_by_side_say_what_plain_sql_counts(signed_in, counted, chosen):
    for (reader, place, names), span, measure in product(
        READERS, [Span.ALL, Span.WEEK, Span.MONTH], ["coverage", "independent", "staleness"]
    ):
        backs = range(7, 1, -1)
        query = {"measure": measure, "span": span.value}
        periods = [
            Seen(query, counted(span, so_many_before(span, back)), names, reader == THE_FRONT)
            for back in backs
        ]
        text = (
            signed_in(reader)
            .get(f"/en/coverage/{place}", params=query | {"back": "2", "beside": "time"})
            .text
        )
        assert_panels_say(dict.fromkeys(backs, measure), periods, text)
    for (reader, place, names), narrowed in product(READERS, [{}, {"signal": "none"}, {"spoken": "hmn"}]):
        passing = chosen(**narrowed)
        kept = {name: [id_ for id_ in of if id_ in passing] for name, of in names.items()}
        query = {"span": "month", "back": "1"} | narrowed
        seen = Seen(
            query, counted(Span.MONTH, so_many_before(Span.MONTH, 1)),
            {name: of for name, of in kept.items() if of}, reader == THE_FRONT,
        )  # fmt: skip
        text = signed_in(reader).get(f"/en/coverage/{place}", params=query | {"beside": "measures"}).text
        assert_panels_say({one: one for one in BESIDE}, [seen] * len(BESIDE), text)


BESIDE = ("coverage", "independent", "alone", "gap", "staleness", "blockers")
"""The measures in the order in which they stand beside one another."""


def assert_panels_say(measures: dict[Any, str], seen: list[Seen], text: str) -> None:
    """Each small map, its figure, how each place is woven, and its column of the table. measures: of each map."""
    text = tight(text)
    panels = re.findall(
        r"<figcaption>.*?<b>(.*?)</b><small>(.*?)</small></figcaption>.*?<svg[^>]*>(.*?)</svg>",
        text,
        re.DOTALL,
    )
    shapes = [re.findall(r'<use href="#s(\d+)"(?: fill="url\(#weave-(\w+)\)")?', svg) for _, _, svg in panels]
    rows = rows_of(unescape(text))
    assert len(panels) == len(measures) == len(seen)
    places = list(seen[0].names)
    order = [name for name in rows if name != "Together"]
    assert sorted(order) == sorted(places)
    for column, (measure, one) in enumerate(zip(measures.values(), seen, strict=True)):
        for name, cells in rows.items():
            assert_figure(one, measure, name, *cells[column])
        assert panels[column][:2] == rows["Together"][column]
        woven = dict(shapes[column])
        assert len(woven) == len(places)
        of_communes = "Minh Tân" in places or "Bình Xa" in places
        assert [woven[number] for number in sorted(woven, key=int)] == [
            weave_of(measure, rows[name][column][0], of_communes=of_communes) for name in order
        ]


def test_the_leaders_overview_says_what_plain_sql_counts(signed_in, counted):
    c = counted(Span.ALL)
    text = signed_in(MINH).get("/en/desk").text

    for name, (hamlet_id,) in HAMLETS.items():
        said = re.findall(rf">{name}</a></th>.*?(\d+) of (\d+) met.*?<td>([^<]+)</td>", text, re.DOTALL)[0]
        last = c.last([hamlet_id])
        day = f"{last:%d/%m/%Y}" if last else "never"
        assert said == (str(c.sum(c.so_far, [hamlet_id], "first_met")), str(OFFICIAL[hamlet_id]), day)


def test_the_list_of_visits_has_every_visit(signed_in, counted):
    c = counted(Span.ALL)
    place = {"province": PROVINCE, "commune": COMMUNE}
    text = signed_in(MINH).get("/api/v1/figures/visits.csv", params=place).content.decode("utf-8-sig")

    found = Counter(row["hamlet"] for row in csv.DictReader(io.StringIO(text)))

    assert found == {name: c.sum(c.now, of, "turns") for name, of in HAMLETS.items()}
